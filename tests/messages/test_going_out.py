"""Messages and requests that go out, what becomes of them, and what tests say of both."""

from __future__ import annotations

import pytest

from tests.flow_test.testing import failure, passes

POLICY = 'policy { allow sms "*"; allow email "*"; allow chat "*"; allow http "*" }\n'


def flow(*lines: str) -> str:
    """A flow of these lines that a call starts."""
    body = "\n".join(f"    {each}" for each in lines)
    return f'{POLICY}route call to "100" => main\nflow main {{\n    answer\n{body}\n}}\n'


CALL = 'let a = call(to: "100")'


def test_a_message_that_went_out_is_the_outcome_sent() -> None:
    script = flow(
        'let m = sms(to: "+14155550111", text: "Hello", from: "Clinic")',
        "match m { sent as s => log s.id; failed as f => log f.reason; unknown => stop }",
    )
    passes(script, CALL, 'expect sms to "+14155550111" with text "Hello"', "expect stopped")


def test_a_message_that_the_carrier_loses_is_the_outcome_failed() -> None:
    script = flow(
        'let m = sms(to: "+14155550111", text: "Hello")',
        'match m { sent, unknown => say "sent"; failed as f => say "not sent: ${f.reason}" }',
    )
    passes(script, "carrier down for 30s", CALL, 'expect a hears "not sent: carrier_down"', "expect no sms")


def test_a_statement_over_several_lines_needs_no_parentheses() -> None:
    script = flow(
        'email to: "mailto:desk@clinic.example", subject: "Long call",', '    body: "still with us"'
    )
    passes(
        script,
        CALL,
        'expect email to "desk@clinic.example" with subject "Long" with text /still/',
        "expect no email",
    )


@pytest.mark.parametrize(
    ("action", "outgoing"),
    [
        ('send "Hello", to: "sms:+14155550111"', 'expect sms to "+14155550111"'),
        ('send "Hello", to: "mailto:ann@clinic.example"', 'expect email to "ann@clinic.example"'),
        ('send "Hello", to: "chat:ann"', 'expect chat to "chat:ann"'),
        ('chat to: "chat:ann", text: "Hello"', 'expect chat to "ann"'),
    ],
)
def test_the_scheme_says_on_which_channel_a_message_goes(action: str, outgoing: str) -> None:
    passes(flow(action), CALL, f'{outgoing} with text "Hello"', "expect stopped")


@pytest.mark.parametrize(
    "address", ["+1 415", "a@b.example, c@d.example", "a@b.example\\nBcc: c@d.example", "", "sip:a@b.example"]
)
def test_what_is_not_one_address_reaches_nobody(address: str) -> None:
    script = flow(f'let to = trim("{address} ")', 'email to: to, subject: "x", body: "x"')
    passes(script, CALL, "expect fault policy", "expect no email")


def test_a_line_break_gets_into_no_subject() -> None:
    script = flow('email to: "mailto:a@b.example", subject: "x\\r\\nBcc: c@d.example", body: "x"')
    passes(script, CALL, "expect fault value", "expect no email")


def test_an_attachment_stays_below_its_folder() -> None:
    script = flow(
        'email to: "mailto:a@b.example", subject: "x", body: "x", attachments: ["../../etc/passwd"]'
    )
    passes(script, CALL, "expect fault value", "expect no email")


def test_the_answer_to_a_request_is_a_value() -> None:
    script = flow(
        'let r = http.get("https://api.example/orders", query: {q: "a b&c"})',
        'match r { ok as o => say "${o.data.items[0].price} ${o.status}"; failed => say "failed" }',
    )
    passes(
        script,
        'http "https://api.example/*" answers {items: [{price: 2.5}]}',
        CALL,
        'expect a hears "2.5 200"',
        'expect http GET "https://api.example/orders?q=a+b%26c"',
    )


def test_a_status_that_is_no_success_is_the_outcome_failed() -> None:
    script = flow(
        'let r = http.post("https://api.example/orders", json: {a: 1})',
        'match r { ok => say "ok"; failed as f => say "${f.status} ${f.reason}"; unknown => stop }',
    )
    passes(script, "http fails with 503", CALL, 'expect a hears "503 status 503"')
    passes(script, CALL, 'expect a hears "404"')


def test_the_last_statement_on_http_that_fits_counts() -> None:
    script = flow('let r = http.get("https://api.example/x")', "say r.text")
    passes(
        script, "http fails with 503", 'http "https://api.example/x" answers "fine"', CALL,
        'expect a hears "fine"',
    )  # fmt: skip


@pytest.mark.parametrize("url", ["ftp://api.example", "https://a b.example", "https://u:p@api.example", "x"])
def test_a_request_goes_to_an_address_only(url: str) -> None:
    script = flow(f'let url = trim("{url} ")', "http.get url")
    passes(script, CALL, "expect fault policy")


def test_a_header_that_breaks_the_line_is_a_fault() -> None:
    script = flow('http.get "https://api.example", headers: {x: "1\\r\\nHost: evil.example"}')
    passes(script, CALL, "expect fault value")


def test_a_webhook_posts_json() -> None:
    passes(
        flow('webhook "https://hook.example/in", {event: "done"}'),
        CALL,
        'expect http POST "https://hook.example/in"',
    )


def test_kept_values_are_shared_and_added_to() -> None:
    script = flow(
        'store.put "name", "Ann"', 'store.add "calls"', 'say "${store.get("name")} ${store.get("calls")}"'
    )
    passes(script, CALL, 'expect a hears "Ann 1"', 'let b = call(to: "100")', 'expect b hears "Ann 2"')


def test_what_is_no_number_cannot_be_added_to() -> None:
    passes(flow('store.put "name", "Ann"', 'store.add "name"'), CALL, "expect fault type")


def test_a_report_is_an_event() -> None:
    script = flow(
        'sms to: "+14155550111", text: "Hello"',
        'on delivered as d { say "delivered to ${d.to}" }',
        "wait 1m",
    )
    passes(
        script, CALL, 'expect sms to "+14155550111"', 'report("delivered", to: "+14155550111")',
        'expect a hears "delivered to sms:+14155550111"',
    )  # fmt: skip


def test_an_expectation_takes_one_message() -> None:
    script = flow('sms to: "+14155550111", text: "Hello"')
    found = failure(script, CALL, 'expect sms to "+14155550111"', 'expect sms to "+14155550111"')
    assert found.message == "no sms like this went out, and no other sms either"


def test_what_went_out_instead_is_marked() -> None:
    script = flow('sms to: "+14155550111", text: "Hello"')
    found = failure(script, CALL, 'expect sms to "+14155550111" with text "Goodbye"')
    assert found.expected == 'sms to +14155550111 with text "Goodbye"'
    (place,) = found.unfound
    assert found.seen[place].what == 'gets the sms to +14155550111 "Hello"'


def test_what_was_not_to_go_out_and_did_fails_the_test() -> None:
    script = flow('sms to: "+14155550111", text: "Hello"')
    found = failure(script, CALL, "after 1s", "expect no sms")
    assert found.message == "sms went out: to sms:+14155550111"
