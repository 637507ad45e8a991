"""Threads: an activeflow that somebody's message began talks with him by messages."""

from __future__ import annotations

import pytest

from tests.flow_test.testing import failure, passes

ROUTES = (
    'policy { allow sms "*"; allow email "*" }\n'
    'route sms to "+16062067563" => main\nroute chat to "web" => main\n'
    'route email to "mailto:desk@clinic.example" => main\n'
)
SMS = 'let a = sms(to: "+16062067563", text: "hi")'
CHANNELS = {
    "sms": SMS,
    "chat": 'let a = chat(to: "web", text: "hi")',
    "email": 'let a = email(to: "mailto:desk@clinic.example", subject: "Hello", text: "hi")',
}


def flow(*lines: str) -> str:
    """A flow of these lines that a message starts."""
    body = "\n".join(f"    {each}" for each in lines)
    return f"{ROUTES}flow main {{\n{body}\n}}\n"


@pytest.mark.parametrize("channel", CHANNELS)
def test_one_script_talks_on_every_channel(channel: str) -> None:
    script = flow(
        'say "You wrote ${message.text} by ${flow.channel}."',
        'let name = ask("Your name?")',
        'send "Hello, ${name.text}."',
    )
    passes(
        script, CHANNELS[channel], f'expect a gets "You wrote hi by {channel}."',
        'expect a gets "Your name?"', 'a sends "  Ann "', 'expect a gets "Hello, Ann."', "expect stopped",
    )  # fmt: skip


@pytest.mark.parametrize("answer", ["2", "Tuesday", "tuesday.", " TUESDAY! "])
def test_an_option_is_named_by_its_number_or_its_text(answer: str) -> None:
    script = flow('let day = ask("Which day?", options: ["Monday", "Tuesday"])', 'say "On ${day.text}."')
    passes(
        script,
        SMS,
        'expect a gets "1: Monday\\n2: Tuesday"',
        f'a sends "{answer}"',
        'expect a gets "On Tuesday."',
    )


MAILED = {
    "Monday\\n\\nBest regards,\\nAnn": "text Monday",
    "Monday,\\n\\nBest,\\nAnn": "text Monday",
    "Hello,\\n\\nmonday.\\nThank you": "text Monday",
    "Hello,\\nDear Desk,\\n\\n1": "text Monday",
    "Not on Monday, please\\nMonday": "no_match",
    "Best regards,\\nAnn\\nMonday": "no_match",
}


@pytest.mark.parametrize(("written", "outcome"), MAILED.items())
def test_of_a_mail_the_first_line_answers(written: str, outcome: str) -> None:
    script = flow(
        'let day = ask("Which day?", options: ["Monday", "Tuesday"])',
        'match day { text as t => say "text ${t.text}"; no_match => say "no_match"; _ => stop }',
    )
    for channel, told in (("email", outcome), ("sms", "no_match")):
        lines = 'expect a gets "Which day?"', f'a sends "{written}"', f'expect a gets "{told}"'
        passes(script, CHANNELS[channel], *lines)


def test_of_a_mail_the_first_line_is_what_digits_and_a_pattern_are_about() -> None:
    for given in ("digits: 4", "pattern: /[0-9]+/"):
        script = flow(f'let pin = ask("PIN?", {given})', 'say "ok ${pin.text}"')
        answer = 'a sends "12 34\\n\\nAnn"' if "digits" in given else 'a sends "1234\\n\\nAnn"'
        passes(script, CHANNELS["email"], 'expect a gets "PIN?"', answer, 'expect a gets "ok 1234"')


def test_a_wrong_answer_is_asked_again_and_the_last_counts() -> None:
    script = flow(
        'let pin = ask("PIN?", digits: 4, retries: 1)',
        'match pin { text as t => say "ok ${t.text}"; no_match as t => say "no ${t.text}"; _ => stop }',
    )
    passes(script, SMS, 'expect a gets "PIN?"', 'a sends "12"', 'expect a gets "PIN?"', 'a sends "12 34"',
           'expect a gets "ok 1234"')  # fmt: skip
    passes(script, SMS, 'expect a gets "PIN?"', 'a sends "12"', 'expect a gets "PIN?"', 'a sends "no"',
           'expect a gets "no no"')  # fmt: skip


def test_a_pattern_is_what_the_whole_answer_looks_like() -> None:
    script = flow(
        'let plate = ask("Plate?", pattern: /[A-Z]+ [0-9]+/)',
        'match plate { text => say "ok"; no_match => say "wrong"; no_input => say "none" }',
    )
    passes(script, SMS, 'expect a gets "Plate?"', 'a sends "AB 12"', 'expect a gets "ok"')
    passes(script, SMS, 'expect a gets "Plate?"', 'a sends "my AB 12"', 'expect a gets "wrong"')


@pytest.mark.parametrize(("channel", "hours"), [("sms", 24), ("email", 72), ("chat", 1 / 6)])
def test_an_answer_may_take_as_long_as_the_channel_is_slow(channel: str, hours: float) -> None:
    script = flow('match ask("Still there?") { no_input => say "Goodbye."; _ => say "Good." }')
    lasted = passes(script, CHANNELS[channel], 'expect a gets "Goodbye."')
    assert lasted == hours * 3_600_000


def test_what_comes_unasked_is_for_on_message() -> None:
    script = flow('on message as m { say "Noted: ${m.text}" }', "wait 1h")
    passes(
        script,
        SMS,
        'a sends "one"',
        'expect a gets "Noted: one"',
        'a says "two"',
        'expect a gets "Noted: two"',
    )


def test_a_handler_goes_before_an_ask() -> None:
    script = flow('on message "help" { say "Call us." }', 'let x = ask("Name?")', 'say "Hello ${x.text}."')
    passes(script, SMS, 'expect a gets "Name?"', 'a sends "help"', 'expect a gets "Call us."',
           'a sends "Ann"', 'expect a gets "Hello Ann."')  # fmt: skip


def test_what_came_before_the_question_is_no_answer_to_it() -> None:
    script = flow(
        "wait 1m", 'let x = ask("Name?")', 'say "Hello ${x.text}."', 'let y = ask("")', 'say "And ${y.text}."'
    )
    passes(script, SMS, 'a sends "early"', 'expect a gets "Name?"', 'a sends "Ann"',
           'expect a gets "Hello Ann."', 'expect a gets "And early."')  # fmt: skip


def test_a_thread_that_has_ended_is_opened_anew_by_a_route() -> None:
    script = flow('say "You wrote ${message.text}."')
    passes(script, SMS, 'expect a gets "You wrote hi."', "expect stopped", 'a sends "again"',
           'expect a gets "You wrote again."')  # fmt: skip


def test_stop_ends_it() -> None:
    script = flow('on message "bye" { stop }', "wait 30d")
    passes(script, SMS, 'a sends "bye"', "expect stopped")


def test_an_answer_by_mail_refers_to_the_subject() -> None:
    passes(flow('say "Thanks."'), CHANNELS["email"], "expect a gets /^Re: Hello/")


def test_two_people_have_threads_of_their_own() -> None:
    script = flow('let x = ask("Name?")', 'say "Hello ${x.text}."')
    passes(
        script, SMS, 'let b = sms(from: "+14155550111", to: "+16062067563", text: "hi")',
        'a sends "Ann"', 'b sends "Ben"', 'expect a gets "Hello Ann."', 'expect b gets "Hello Ben."',
    )  # fmt: skip


def test_a_call_that_wrote_to_somebody_gets_the_answer() -> None:
    script = (
        'policy { allow sms "*" }\nroute call to "100" => main\nflow main {\n    answer\n'
        '    sms to: caller.number, text: "Reply yes", from: "+16062067599"\n'
        "    match wait for message within 10m {\n"
        '        message as m => say "You wrote ${m.text} by ${m.channel}."\n'
        '        timeout => say "No answer."\n    }\n}\n'
    )
    passes(
        script, 'let a = call(to: "100")', 'expect sms to "+14155550100"',
        'let b = sms(to: "+16062067599", text: "yes")', 'expect a hears "You wrote yes by sms."',
    )  # fmt: skip
    passes(script, 'let a = call(to: "100")', 'expect a hears "No answer."')


def test_a_reply_that_cannot_go_out_is_a_fault() -> None:
    passes(flow('say "Hello."'), "carrier down for 1m", SMS, "expect fault not_sent")


def test_a_webhook_brings_a_value() -> None:
    script = 'route webhook to "/orders" => main\n'
    script += "flow main { if webhook.data.id == 7 { stop } else { wait 60d } }\n"
    passes(script, 'webhook(to: "/orders", data: {id: 7})', "expect stopped")


def test_a_schedule_starts_a_flow() -> None:
    script = 'route schedule to "0 9 * * mon-fri" => main\nflow main { log "good morning" }\n'
    passes(script, 'schedule(to: "0 9 * * mon-fri")', "expect stopped")


def test_what_no_route_takes_fails_the_test() -> None:
    found = failure(flow('say "x"'), 'let a = sms(to: "+16062067500", text: "hi")', "expect stopped")
    assert found.message.startswith("no route takes this: line 2: `to` is sms:+16062067500")


def test_a_message_that_does_not_come_is_told_with_those_that_did() -> None:
    found = failure(flow('say "Hello."'), SMS, 'expect a gets "Goodbye."')
    assert found.message == 'a did not get "Goodbye.": nothing more happens'
