"""The canonical form of expressions."""

from __future__ import annotations

import pytest

from tests.format.holding import body, formatted, value


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("1+  2*3", "1 + 2 * 3"),
        ("- - 1", "--1"),
        ("not(a)", "not a"),
        ("a  not   in [ 1,2, ]", "a not in [1, 2]"),
        ("{ a:1 , 'b c' :2, ... m }", "{a: 1, 'b c': 2, ...m}"),
        ("{ }", "{}"),
        ("a . b ?. c [ 0 ]", "a.b?.c[0]"),
        ("f ( 1,x :2 , )", "f(1, x: 2)"),
        ("start m . desk ( 1 )", "start m.desk(1)"),
        ("start desk ( )", "start desk"),
    ],
)
def test_blanks_are_where_they_belong(written: str, canonical: str) -> None:
    assert value(written) == canonical


@pytest.mark.parametrize("text", ["2.50", "007", "60s", "'raw'", '"a\\u{41}"', "/a\\/b/im", '"""x"""'])
def test_a_literal_keeps_its_spelling(text: str) -> None:
    assert value(text) == text
    assert value(f"(( {text} ))") == text


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("(a and b) or c", "(a and b) or c"),
        ("((a and b)) or c", "(a and b) or c"),
        ("a and b or c", "a and b or c"),
        ("(a + b) + c", "(a + b) + c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a) + (1) + (f(x))", "a + 1 + f(x)"),
        ("(a or b)", "a or b"),
        ("-(-a)", "-(-a)"),
        ("(start desk).id", "(start desk).id"),
        ("[(wait for hangup)]", "[(wait for hangup)]"),
    ],
)
def test_parentheses_stay_around_an_operation_within_another(written: str, canonical: str) -> None:
    assert value(written) == canonical


def test_parentheses_stay_where_a_name_would_be_a_keyword() -> None:
    assert body("wait (until)\nwait (until.x)\nwait (a)") == "wait (until)\nwait (until.x)\nwait a\n"


def test_a_subtraction_from_a_phone_number_goes_on_in_the_next_line() -> None:
    assert value("f(+14155550100,) - 5") == "f(+14155550100) -\n          5"


def test_what_stands_in_a_template_is_formatted_and_stays_on_its_line() -> None:
    assert value('"a ${ b+c } d ${ [\n1,\n2] }"') == '"a ${b + c} d ${[1, 2]}"'


def test_a_template_with_a_comment_in_it_stays_as_it_is() -> None:
    assert value('"a ${ b+ # why\n c }"') == '"a ${ b+ # why\n c }"'


def test_arguments_fill_the_lines_below_the_first() -> None:
    long = "x" * 60
    assert value(f'f("{long}", a: "{long}", b: 1)') == f'f("{long}",\n            a: "{long}", b: 1)'


def test_a_line_end_behind_the_bracket_gives_each_item_a_line() -> None:
    assert value("[\n1, 2]") == "[\n    1,\n    2,\n]"
    assert value("[1,\n2\n]") == "[1, 2]"


def test_a_last_argument_of_several_lines_begins_on_the_line_of_the_call() -> None:
    assert value("f(1, {\na: 1})") == "f(1, {\n    a: 1,\n})"


def test_another_argument_of_several_lines_gives_each_a_line() -> None:
    assert value("f({\na: 1}, 1)") == "f(\n    {\n        a: 1,\n    },\n    1,\n)"


def test_long_operations_are_broken_behind_the_operator() -> None:
    word = "w" * 40
    assert value(f"{word} and {word} and {word}") == f"{word} and\n          {word} and\n          {word}"


def test_comments_in_brackets_stay_with_their_items() -> None:
    written = "const x = [1, # one\n# two\n2 # behind\n]\n"
    assert formatted(written) == "const x = [\n    1,  # one\n    # two\n    2,  # behind\n]\n"


def test_a_comment_behind_an_operator_stays_there() -> None:
    assert value("a + # why\n b") == "a +  # why\n          b"


def test_a_comment_whose_place_is_gone_comes_behind() -> None:
    assert value("( # why\n a)") == "a  # why"
