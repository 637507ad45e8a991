"""What is expected to go out, and what is not: calls, messages, requests."""

from __future__ import annotations

import pytest

from tests.flow_test.testing import failure, passes

SCRIPT = """
policy { allow dial "*"; allow sms "*"; allow email "*"; allow chat "*"; allow http "*" }
route call to "100" => busy
route call to "200" => idle
route outbound call => reminder
flow busy {
    dial("sip:nurse@clinic.example", timeout: 5s)
    call("+14155550123")
    sms(to: "+14155550123", text: "Hello, Ann.")
    email(to: "a@clinic.example", subject: "Report", body: "All is well.")
    chat(to: "chat:ann", text: "Hi.")
    http.post("https://x.example/orders?x=1", text: "one")
}
flow idle { say "Nothing happens." }
flow reminder { say "Good morning." }
"""
BUSY, IDLE = 'let ann = call(to: "100")', 'let ann = call(to: "200")'
WHAT = ["call", "dial", "sms", "email", "chat", "http"]


@pytest.mark.parametrize("what", WHAT)
def test_that_nothing_goes_out_can_be_expected(what: str) -> None:
    passes(SCRIPT, IDLE, 'expect ann hears "Nothing"', f"expect no {what}", "expect stopped")


@pytest.mark.parametrize("what", WHAT)
def test_what_goes_out_though_nothing_should_fails_the_test(what: str) -> None:
    statements = (BUSY, "let p = expect call to +14155550123", "p answers", "after 1m", f"expect no {what}")
    if what in ("call", "dial"):
        statements = (BUSY, "after 1s", f"expect no {what}")
        assert "a call went out: to sip:nurse@clinic.example" in failure(SCRIPT, *statements).message
    else:
        assert f"{what} went out: to" in failure(SCRIPT, *statements).message


def test_a_call_that_is_expected_is_a_party_and_no_more_counts() -> None:
    passes(
        SCRIPT,
        BUSY,
        'expect dial "sip:nurse@clinic.example"',
        "let patient = expect call to +14155550123",
        "patient answers",
        'expect patient hears "Good morning"',
        "expect no call",
        "expect no dial",
        'expect sms to "+14155550123" with text /ann/i',
        'expect email to "a@clinic.example" with subject "Report" with text "well"',
        'expect chat to "chat:ann"',
        'expect http POST "https://x.example/orders"',
        "expect no sms",
        "expect no email",
        "expect no chat",
        "expect no http",
        "expect stopped",
    )


def test_a_call_that_does_not_come_fails_the_test() -> None:
    found = failure(SCRIPT, IDLE, "expect call to +14155550123")
    assert (found.message, found.expected) == ("nobody calls +14155550123", "a call to +14155550123")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('expect sms to "+14155550123" with text "Bob"', 'sms to +14155550123 with text "Bob"'),
        ('expect email to "b@clinic.example"', "email to b@clinic.example"),
        ('expect http GET "https://x.example/orders"', "http GET https://x.example/orders"),
    ],
)
def test_another_than_the_expected_fails_the_test_and_is_pointed_at(statement: str, expected: str) -> None:
    found = failure(SCRIPT, BUSY, "let p = expect call to +14155550123", "p answers", statement)
    assert found.expected == expected
    assert len(found.unfound) == 1
