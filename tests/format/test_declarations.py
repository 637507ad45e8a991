"""The canonical form of declarations and of a whole script."""

from __future__ import annotations

import pytest

from tests.format.holding import formatted

TEST = """test "x" {
    let a = call(from: +14155550100)
    expect a hears "Hi"
    a presses "1"
    a hangs up
    let b = expect dial "sip:b@x"
    check(1)
    expect sms to "sms:+1" with subject "a" with text /b/
    expect no email
    expect http POST "https://x"
    expect stopped
    expect fault budget
    at "2026-01-01 10:00"
    after 2h
    carrier down for 30s
    http "https://x" answers {a: 1}
    http fails with 503
}"""


@pytest.mark.parametrize(
    "text",
    [
        'use "std/hours" as h',
        "const X = 1",
        'route call to +14155550100 from "+44*" via trunk when a priority 60 => m.desk(1) else sorry',
        "flow desk(a, b = 1) -> done | failed {\n    stop\n}",
        "func double(x) = x * 2",
        "func none_at_all() {\n    return 1\n}",
        'policy { allow dial "sip:*@a", "sip:*@b"; limit duration 1h }',
        TEST,
    ],
)
def test_every_declaration_has_its_form(text: str) -> None:
    assert formatted(text) == text + "\n"
    assert formatted(text.replace("    ", "\t \t").replace(" = ", "=").replace("\n", "\r\n")) == text + "\n"


def test_the_clauses_of_a_route_have_an_order() -> None:
    assert formatted("route call priority 1 when a from b to c => d") == (
        "route call to c from b when a priority 1 => d\n"
    )


def test_neighbouring_routes_stand_in_columns() -> None:
    assert formatted(
        "route call to a => b\nroute sms to long => c\nroute email => d\n\nroute chat => e\n"
    ) == ("route call  to a    => b\nroute sms   to long => c\nroute email         => d\n\nroute chat => e\n")


def test_an_empty_line_stands_between_declarations() -> None:
    assert formatted("flow a {\nstop }\nflow b { stop }\n\n\n\nconst X = 1") == (
        "flow a {\n    stop\n}\n\nflow b { stop }\n\nconst X = 1\n"
    )


def test_short_declarations_stay_together_as_written() -> None:
    text = 'use "a"\nuse "b"\n\nconst X = 1\nconst Y = 2\nflow aa { stop }\nflow b  { stop }\n'
    assert formatted(text) == text


def test_the_empty_line_comes_before_the_comment_above_a_declaration() -> None:
    assert formatted("flow a {\nstop }\n# about b\nflow b { stop }") == (
        "flow a {\n    stop\n}\n\n# about b\nflow b { stop }\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "## Script.\n\n## X.\nconst X = 1\n",
        "## X.\nconst X = 1\n",
        '## Script.\nuse "a"\n',
        "\n## Nobody's.\n\nconst X = 1\n",
        "# plain\n## X.\n## More.\nconst X = 1  ## behind\nconst Y = 2\n",
        "const X = 1\n\n## Nobody's.\n\nconst Y = 2\n",
    ],
)
def test_a_doc_stays_the_doc_of_what_it_was(text: str) -> None:
    assert formatted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "## a\n;\nconst X = 1",
        "const X = (1 ## a\n## b\n)\nconst Y = 2",
        "const X = 1\n## d\n; const Y = 2",
        ";\n## a\n",
    ],
)
def test_what_was_no_doc_becomes_none(text: str) -> None:
    formatted(text)


def test_comments_alone_are_a_script() -> None:
    assert formatted("  # a\n\n\n# b   ") == "# a\n\n# b\n"


@pytest.mark.parametrize("text", ["", "\n\n", ";", " ; \n"])
def test_nothing_stays_nothing(text: str) -> None:
    assert formatted(text) == ""


def test_lines_end_with_lf_and_a_byte_order_mark_goes() -> None:
    assert formatted("\ufeffconst X = 1\r\nconst Y = 2\r\n") == "const X = 1\nconst Y = 2\n"
