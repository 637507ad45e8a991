"""Expressions: what binds first, calls, fields, and where a keyword is a name."""

from __future__ import annotations

from tests.syntax.outline import is_value


def test_or_binds_weaker_than_and_and_and_weaker_than_not() -> None:
    is_value(
        "a or b and not c",
        """
        Logical «a or b and not c» operator='or'
          left: Name «a» name='a'
          right: Logical «b and not c» operator='and'
            left: Name «b» name='b'
            right: Unary «not c» operator='not'
              operand: Name «c» name='c'
        """,
    )


def test_not_binds_weaker_than_a_comparison() -> None:
    is_value(
        "not a == b",
        """
        Unary «not a == b» operator='not'
          operand: Binary «a == b» operator='=='
            left: Name «a» name='a'
            right: Name «b» name='b'
        """,
    )


def test_a_comparison_binds_weaker_than_a_sum() -> None:
    is_value(
        "a < b + 1",
        """
        Binary «a < b + 1» operator='<'
          left: Name «a» name='a'
          right: Binary «b + 1» operator='+'
            left: Name «b» name='b'
            right: Number «1» value=1
        """,
    )


def test_a_sum_binds_weaker_than_a_product_and_goes_from_the_left() -> None:
    is_value(
        "a + b * c - d",
        """
        Binary «a + b * c - d» operator='-'
          left: Binary «a + b * c» operator='+'
            left: Name «a» name='a'
            right: Binary «b * c» operator='*'
              left: Name «b» name='b'
              right: Name «c» name='c'
          right: Name «d» name='d'
        """,
    )


def test_products_go_from_the_left() -> None:
    is_value(
        "a / b // c % d",
        """
        Binary «a / b // c % d» operator='%'
          left: Binary «a / b // c» operator='//'
            left: Binary «a / b» operator='/'
              left: Name «a» name='a'
              right: Name «b» name='b'
            right: Name «c» name='c'
          right: Name «d» name='d'
        """,
    )


def test_minus_binds_stronger_than_a_product_and_weaker_than_a_field() -> None:
    is_value(
        "-a.b * -c",
        """
        Binary «-a.b * -c» operator='*'
          left: Unary «-a.b» operator='-'
            operand: Field «a.b» name='b'
              value: Name «a» name='a'
          right: Unary «-c» operator='-'
            operand: Name «c» name='c'
        """,
    )


def test_in_and_not_in_are_comparisons() -> None:
    is_value(
        "a in b and c not in d",
        """
        Logical «a in b and c not in d» operator='and'
          left: Binary «a in b» operator='in'
            left: Name «a» name='a'
            right: Name «b» name='b'
          right: Binary «c not in d» operator='not in'
            left: Name «c» name='c'
            right: Name «d» name='d'
        """,
    )


def test_brackets_belong_to_the_node_inside() -> None:
    is_value(
        "(a + b) * c",
        """
        Binary «(a + b) * c» operator='*'
          left: Binary «(a + b)» operator='+'
            left: Name «a» name='a'
            right: Name «b» name='b'
          right: Name «c» name='c'
        """,
    )


def test_fields_indexes_and_calls_follow_each_other() -> None:
    is_value(
        "a.b(1)[2]?.c",
        """
        Field «a.b(1)[2]?.c» name='c' optional=True
          value: Index «a.b(1)[2]»
            value: Call «a.b(1)»
              callee: Field «a.b» name='b'
                value: Name «a» name='a'
              arguments: Argument «1»
                value: Number «1» value=1
            index: Number «2» value=2
        """,
    )


def test_a_call_takes_arguments_by_place_and_by_name() -> None:
    is_value(
        'f(1, day: "x", start: 2,)',
        """
        Call «f(1, day: "x", start: 2,)»
          callee: Name «f» name='f'
          arguments: Argument «1»
            value: Number «1» value=1
          arguments: Argument «day: "x"» name='day'
            value: Text «"x"» value='x'
          arguments: Argument «start: 2» name='start'
            value: Number «2» value=2
        """,
    )


def test_start_gives_the_id_of_a_new_activeflow() -> None:
    is_value(
        "[start hours.desk(1), start desk]",
        """
        ListLiteral «[start hours.desk(1), start desk]»
          items: Start «start hours.desk(1)»
            target: FlowTarget «hours.desk(1)» module='hours' name='desk'
              arguments: Argument «1»
                value: Number «1» value=1
          items: Start «start desk»
            target: FlowTarget «desk» name='desk'
        """,
    )


def test_keywords_are_names_in_an_expression() -> None:
    is_value(
        "wait + start + if + on.stop",
        """
        Binary «wait + start + if + on.stop» operator='+'
          left: Binary «wait + start + if» operator='+'
            left: Binary «wait + start» operator='+'
              left: Name «wait» name='wait'
              right: Name «start» name='start'
            right: Name «if» name='if'
          right: Field «on.stop» name='stop'
            value: Name «on» name='on'
        """,
    )


def test_wait_for_stands_in_brackets_inside_an_expression() -> None:
    is_value(
        "(wait for hangup within 5s)",
        """
        WaitFor «(wait for hangup within 5s)» event='hangup'
          within: DurationLiteral «5s» microseconds=5000000
        """,
    )


def test_a_list_takes_spreads_and_a_comma_at_its_end() -> None:
    is_value(
        "[1, ...xs, 2,]",
        """
        ListLiteral «[1, ...xs, 2,]»
          items: Number «1» value=1
          items: Spread «...xs»
            value: Name «xs» name='xs'
          items: Number «2» value=2
        """,
    )


def test_a_map_takes_words_and_texts_as_keys() -> None:
    is_value(
        "{name: 1, \"a b\": 2, 'c': 3, ...m}",
        """
        MapLiteral «{name: 1, "a b": 2, 'c': 3, ...m}»
          entries: Entry «name: 1» key='name'
            value: Number «1» value=1
          entries: Entry «"a b": 2» key='a b'
            value: Number «2» value=2
          entries: Entry «'c': 3» key='c'
            value: Number «3» value=3
          entries: Spread «...m»
            value: Name «m» name='m'
        """,
    )


def test_empty_list_and_map() -> None:
    is_value(
        "[{}, []]",
        """
        ListLiteral «[{}, []]»
          items: MapLiteral «{}»
          items: ListLiteral «[]»
        """,
    )


def test_a_line_goes_on_inside_brackets_and_behind_an_operator() -> None:
    is_value(
        """f(
  a
  ,
  b +
  c
)""",
        """
        Call «f(⏎  a⏎  ,⏎  b +⏎  c⏎)»
          callee: Name «f» name='f'
          arguments: Argument «a»
            value: Name «a» name='a'
          arguments: Argument «b +⏎  c»
            value: Binary «b +⏎  c» operator='+'
              left: Name «b» name='b'
              right: Name «c» name='c'
        """,
    )
