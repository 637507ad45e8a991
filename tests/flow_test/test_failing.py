"""What a test lets fail: each action that has outcomes, by a fault or by the outcome itself."""

from __future__ import annotations

import pytest

from tests.flow_test.testing import failure, passes

POLICY = """
policy { allow dial "*"; allow sms "*"; allow email "*"; allow chat "*"; allow http "*" }
route call => main
"""
CALL = 'let ann = call(to: "100")'


def script(action: str) -> str:
    """The script says how the action ended."""
    return f"""{POLICY}
flow main {{
    try {{
        let done = {action}
        match done {{ _ => say "It ended with ${{done}}." }}
    }} catch e {{ say "${{e.code}}: ${{e.text}}" }}
}}
"""


MESSAGES = {
    "email": 'email("a@x.example", subject: "S", body: "B")'.replace('email("', 'email(to: "'),
    "sms": 'sms(to: "+14155550100", text: "T")',
    "chat": 'chat(to: "chat:ann", text: "T")',
    "send": 'send("T", to: "sms:+14155550100")',
    "notify": 'notify("T")',
}
REQUESTS = {
    "http.get": 'http.get("https://x.example/")',
    "http.post": 'http.post("https://x.example/", text: "T")',
    "http.put": 'http.put("https://x.example/", text: "T")',
    "http.delete": 'http.delete("https://x.example/")',
    "webhook": 'webhook("https://x.example/", {a: 1})',
}
STORED = {
    "store.get": 'store.get("k")',
    "store.put": 'store.put("k", 1)',
    "store.add": 'store.add("k")',
}
OTHERS = {"dial": 'dial("200", timeout: 5s)', "record": 'record(to: "a.wav")', "transfer": 'transfer("200")'}


@pytest.mark.parametrize(("name", "action"), [*MESSAGES.items(), *REQUESTS.items(), *STORED.items()])
def test_an_action_fails_with_a_fault(name: str, action: str) -> None:
    lets = f'fail("{name}", code: "down", reason: "no way")'
    passes(script(action), lets, CALL, 'expect ann hears "down: no way"', "expect no http", "expect no sms")


@pytest.mark.parametrize(("name", "action"), [*MESSAGES.items(), *REQUESTS.items()])
@pytest.mark.parametrize("outcome", ["failed", "unknown"])
def test_a_message_or_request_ends_with_an_outcome(name: str, action: str, outcome: str) -> None:
    ended = script(action).replace("${done}", "${done.reason}") if outcome == "failed" else script(action)
    heard = "no way" if outcome == "failed" else "unknown"
    lets = f'fail("{name}", outcome: "{outcome}", reason: "no way")'
    passes(ended, lets, CALL, f'expect ann hears "It ended with {heard}"')


@pytest.mark.parametrize(
    ("name", "outcome"), [("dial", "failed"), ("record", "silent"), ("transfer", "failed")]
)
def test_what_a_call_comes_to_can_fail_too(name: str, outcome: str) -> None:
    lets = f'fail("{name}", outcome: "{outcome}")'
    passes(script(OTHERS[name]), lets, CALL, f'expect ann hears "It ended with {outcome}"')


@pytest.mark.parametrize("family", ["send", "http", "store"])
def test_a_family_fails_whichever_of_it_comes_next(family: str) -> None:
    action = {**MESSAGES, **REQUESTS, **STORED}[
        {"send": "sms", "http": "http.get", "store": "store.put"}[family]
    ]
    passes(script(action), f'fail("{family}")', CALL, 'expect ann hears "injected"')


def test_only_the_next_fails() -> None:
    body = f"""{POLICY}
flow main {{
    let first = sms(to: +14155550100, text: "one")
    let second = sms(to: +14155550100, text: "two")
    say "${{first}}, ${{second}}."
}}
"""
    lets = 'fail("sms", outcome: "failed")'
    passes(
        body, lets, CALL, 'expect sms to "+14155550100" with text "two"', 'expect ann hears "failed, sent."'
    )


MISTAKES = [
    ('fail("mail")', "there is no action `mail` that could fail; did you mean `email`?"),
    ('fail("ask")', '`ask` itself cannot fail: it is made of others: `fail("say")`, `fail("play")`'),
    ('fail("log")', "`log` itself cannot fail: it reaches nobody"),
    (
        'fail("dial", outcome: "busy")',
        "`dial` has no outcome `busy` of that kind; it can be made to end with `failed`",
    ),
    (
        'fail("store.put", outcome: "failed")',
        "`store.put` has no outcome `failed` of that kind; leave `outcome` out",
    ),
]


@pytest.mark.parametrize(("lets", "why"), MISTAKES)
def test_what_cannot_fail_fails_the_test(lets: str, why: str) -> None:
    assert why in failure(script('sms(to: "+14155550100", text: "T")'), lets, CALL, "expect stopped").message
