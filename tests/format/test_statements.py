"""The canonical form of statements and blocks."""

from __future__ import annotations

import pytest

from tests.format.holding import body, formatted


@pytest.mark.parametrize(
    "text",
    [
        "let x = 1",
        'secret let pin = ask("Pin?")',
        "x = wait for paid within 5s",
        "if a { stop } else if b { return } else { return 1 }",
        "while a { break }",
        "m: for x in xs { continue m }",
        "loop up to 3 { stop }",
        "try { a } catch e { b } finally { c }",
        'raise "x"',
        "wait 5s",
        "wait until a > 1",
        'wait for dtmf "1", /2/ within 5s',
        "within 5s { a } else { b }",
        "every 1m { a }",
        "emit paid, {id: 1}",
        "handoff m.desk(1)",
        'on dtmf "*", -5 as e when e.x { stop }',
        "stream watch { stop }",
        "join watch",
        "cancel watch",
        "parallel { stream { a }; stream { b } }",
        "race { stream a { stop }; stream b { stop } }",
        'let x = dial("sip:a@b", timeout: 5s) { on ringing { stop } }',
        'dial "sip:a@b", timeout: 5s { on ringing { stop } }',
        "start desk",
    ],
)
def test_every_statement_has_its_form(text: str) -> None:
    assert body(text) == text + "\n"
    assert body(text.replace(" ", "  ")) == text + "\n"


def test_a_statement_stands_on_a_line() -> None:
    assert body("a; b;; c") == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ('say("Hi", voice: "en")', 'say "Hi", voice: "en"'),
        ("answer()", "answer"),
        ('voicemail . take ( "desk" )', 'voicemail.take "desk"'),
        ("log([1])", "log([1])"),
        ("log({a: 1})", "log({a: 1})"),
        ("log(-1)", "log(-1)"),
        ("log(/x/)", "log(/x/)"),
        ("log((a + b) * 2)", "log((a + b) * 2)"),
        ("log(a, [1])", "log a, [1]"),
        ("log(x: [1])", "log x: [1]"),
    ],
)
def test_a_whole_statement_has_parentheses_only_where_it_must(written: str, canonical: str) -> None:
    assert body(written) == canonical + "\n"


def test_a_flow_of_the_same_script_is_called_with_parentheses() -> None:
    assert formatted("flow a { b; b 1; c }\nflow b(x = 1) { stop }\n") == (
        "flow a        { b(); b(1); c }\nflow b(x = 1) { stop }\n"
    )


def test_arguments_on_lines_of_their_own_stay_so() -> None:
    assert body('say(\n"Hi", voice: "en")') == 'say(\n    "Hi",\n    voice: "en",\n)\n'


def test_long_arguments_go_on_below_the_first() -> None:
    long = "x" * 50
    assert body(f'email to: "{long}", body: "{long}"') == f'email to: "{long}",\n      body: "{long}"\n'


def test_comments_between_arguments_of_a_command_stay() -> None:
    assert body("email to: a, # one\n      body: b # two") == "email to: a,  # one\n      body: b  # two\n"


def test_a_block_stays_on_one_line_as_its_author_wrote_it() -> None:
    assert body("on hold { a; b }\non hold {\na }") == "on hold { a; b }\non hold {\n    a\n}\n"


def test_a_block_that_does_not_fit_is_broken() -> None:
    long = "x" * 50
    assert body(f'on hold {{ say "{long}"; say "{long}" }}') == (
        f'on hold {{\n    say "{long}"\n    say "{long}"\n}}\n'
    )


def test_the_blocks_of_one_statement_are_broken_together() -> None:
    assert body("if a { b } else {\nc }") == "if a {\n    b\n} else {\n    c\n}\n"


def test_a_comment_keeps_a_block_on_several_lines() -> None:
    assert body("on hold { a # why\n}") == "on hold {\n    a  # why\n}\n"


def test_a_comment_behind_the_brace_stays_there() -> None:
    assert body("stream { # beside\na\n# end\n}") == "stream {  # beside\n    a\n    # end\n}\n"


def test_an_empty_block_is_two_braces() -> None:
    assert body("stream { }") == "stream {}\n"
    assert body("stream {\n# nothing\n}") == "stream {\n    # nothing\n}\n"


def test_one_empty_line_is_kept_between_and_none_at_the_ends() -> None:
    assert body("loop {\n\n\na\n\n\n\nb\n\n}") == "loop {\n    a\n\n    b\n}\n"


def test_arms_on_one_line_stand_in_columns() -> None:
    written = 'match x {\n"1" => a\nbusy, no_answer as r => { b; c }\n_ => {\nd\n}\nfailed => e\n}'
    assert body(written) == (
        'match x {\n    "1"                  => a\n    busy, no_answer as r => { b; c }\n'
        "    _ => {\n        d\n    }\n    failed => e\n}\n"
    )


def test_columns_are_given_up_where_a_line_would_stick_out() -> None:
    head, long = "x" * 40, "y" * 70
    assert body(f'match x {{\n{head} => a\nb => say "{long}"\n}}') == (
        f'match x {{\n    {head} => a\n    b => say "{long}"\n}}\n'
    )


def test_neighbouring_handlers_stand_in_columns() -> None:
    assert body("on hold { a }\non unhold as e { b }\n\non x { c }") == (
        "on hold        { a }\non unhold as e { b }\n\non x { c }\n"
    )
