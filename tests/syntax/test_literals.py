"""Literals: numbers, durations, phone numbers, regexes and text."""

from __future__ import annotations

from tests.syntax.outline import codes, is_value


def test_numbers() -> None:
    is_value(
        "[0, 12, 2.50, 9223372036854775807]",
        """
        ListLiteral «[0, 12, 2.50, 9223372036854775807]»
          items: Number «0» value=0
          items: Number «12» value=12
          items: Number «2.50» value=Decimal('2.50')
          items: Number «9223372036854775807» value=9223372036854775807
        """,
    )


def test_the_lowest_integer_stands_with_its_minus_only() -> None:
    for value in ("-9223372036854775808", "- 9223372036854775808", "1 - -9223372036854775808"):
        assert codes(f"flow f {{ let x = {value} }}") == []
    for value in (
        "9223372036854775808",
        "1 - 9223372036854775808",
        "-9223372036854775809",
        "-(9223372036854775808)",
    ):
        assert codes(f"flow f {{ let x = {value} }}") == ["E115"]


def test_durations_are_in_microseconds() -> None:
    is_value(
        "[250ms, 5s, 2m, 1h, 3d]",
        """
        ListLiteral «[250ms, 5s, 2m, 1h, 3d]»
          items: DurationLiteral «250ms» microseconds=250000
          items: DurationLiteral «5s» microseconds=5000000
          items: DurationLiteral «2m» microseconds=120000000
          items: DurationLiteral «1h» microseconds=3600000000
          items: DurationLiteral «3d» microseconds=259200000000
        """,
    )


def test_a_phone_number_is_the_text_of_itself() -> None:
    is_value(
        "[+14155550100, a + 1]",
        """
        ListLiteral «[+14155550100, a + 1]»
          items: PhoneNumber «+14155550100» value='+14155550100'
          items: Binary «a + 1» operator='+'
            left: Name «a» name='a'
            right: Number «1» value=1
        """,
    )


def test_a_slash_begins_a_regex_only_where_a_value_may_begin() -> None:
    is_value(
        "a / b / c == f(/x\\/y[/]z/i)",
        r"""
        Binary «a / b / c == f(/x\/y[/]z/i)» operator='=='
          left: Binary «a / b / c» operator='/'
            left: Binary «a / b» operator='/'
              left: Name «a» name='a'
              right: Name «b» name='b'
            right: Name «c» name='c'
          right: Call «f(/x\/y[/]z/i)»
            callee: Name «f» name='f'
            arguments: Argument «/x\/y[/]z/i»
              value: Regex «/x\/y[/]z/i» pattern='x/y[/]z' flags='i'
        """,
    )


def test_words_for_truth_and_nothing() -> None:
    is_value(
        "[true, false, none]",
        """
        ListLiteral «[true, false, none]»
          items: Boolean «true» value=True
          items: Boolean «false»
          items: NoneLiteral «none»
        """,
    )


def test_escapes_are_resolved() -> None:
    is_value(
        '"a\\n\\t\\\\\\"\\\'\\$\\u{1F4DE}"',
        "Text «\"a\\n\\t\\\\\\\"\\'\\$\\u{1F4DE}\"» value='a\\n\\t\\\\\"\\'$📞'",
    )


def test_raw_text_has_no_escapes_and_no_holes() -> None:
    is_value(
        "'a\\n ${b}'",
        "Text «'a\\n ${b}'» value='a\\\\n ${b}'",
    )


def test_a_template_has_expressions_in_text() -> None:
    is_value(
        '"a ${b + 1} c${d}"',
        """
        Template «"a ${b + 1} c${d}"»
          parts: 'a '
          parts: Binary «b + 1» operator='+'
            left: Name «b» name='b'
            right: Number «1» value=1
          parts: ' c'
          parts: Name «d» name='d'
        """,
    )


def test_quotes_may_be_nested_in_a_hole() -> None:
    is_value(
        '"a ${f("b ${c}")}"',
        """
        Template «"a ${f("b ${c}")}"»
          parts: 'a '
          parts: Call «f("b ${c}")»
            callee: Name «f» name='f'
            arguments: Argument «"b ${c}"»
              value: Template «"b ${c}"»
                parts: 'b '
                parts: Name «c» name='c'
        """,
    )


def test_a_dollar_alone_is_a_dollar() -> None:
    is_value(
        '"$5 and ${x}$"',
        """
        Template «"$5 and ${x}$"»
          parts: '$5 and '
          parts: Name «x» name='x'
          parts: '$'
        """,
    )


def test_a_hash_in_text_is_no_comment() -> None:
    is_value(
        "\"# a\" == '#'",
        """
        Binary «"# a" == '#'» operator='=='
          left: Text «"# a"» value='# a'
          right: Text «'#'» value='#'
        """,
    )


def test_long_text_loses_its_indentation_and_its_first_and_last_line() -> None:
    is_value(
        '''"""
      Dear ${name},

        indented "quote"
      bye
      """''',
        r'''
        Template «"""⏎      Dear ${name},⏎⏎        indented "quote"⏎      bye⏎      """»
          parts: 'Dear '
          parts: Name «name» name='name'
          parts: ',\n\n  indented "quote"\nbye'
        ''',
    )


def test_long_text_keeps_blanks_made_by_an_escape() -> None:
    is_value(
        r'''"""
    \u{20} a
    b"""''',
        'Text «"""⏎    \\u{20} a⏎    b"""» value=\'  a\\nb\'',
    )


def test_long_text_on_one_line() -> None:
    is_value(
        '"""a "b" c"""',
        'Text «"""a "b" c"""» value=\'a "b" c\'',
    )


def test_empty_texts() -> None:
    is_value(
        '["", \'\', """"""]',
        '''
        ListLiteral «["", '', """"""]»
          items: Text «""» value=''
          items: Text «''» value=''
          items: Text «""""""» value=''
        ''',
    )
