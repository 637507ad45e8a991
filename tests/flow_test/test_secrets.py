"""Secrets in what `flow test` shows: the table of a failed test has `•••` where anybody gave or got one."""

from __future__ import annotations

from flowlang.testing.rendering import result_lines
from tests.flow_test.testing import run

SCRIPT = """
policy { allow dial "sip:*@clinic.example"; allow sms "*" }
route call to "100" => main
route sms => written
flow main {
    on dtmf "*" as e { log "star ${e.text}" }
    secret let pin = ask("PIN?", digits: 4)
    dial("sip:${pin}@clinic.example", timeout: 5s) { on ringing as e { log e.to } }
    sms to: "+1415555${pin}", text: "Hello."
    store.put "pin", number(pin.text)
    log "${store.get("pin")}"
}
flow written {
    secret let code = message.text
    secret let more = ask("More?")
    log "${code} ${more}"
}
"""


def table(*statements: str) -> str:
    (result,) = run(SCRIPT, *statements).results
    shown = "\n".join(result_lines(result))
    assert "4711" not in shown.partition("happened")[2]
    assert "4711" not in shown.partition("\n")[2].partition("\n")[0]
    return shown.partition("happened")[2]


def test_keys_are_hidden_also_those_that_a_handler_takes() -> None:
    shown = table('let ann = call(to: "100")', 'ann presses "4*711"', 'expect ann hears "Bye"')
    assert shown.count("ann    presses •••") == 5
    assert "star" not in shown


def test_an_address_made_of_a_secret_is_hidden() -> None:
    shown = table('let ann = call(to: "100")', 'ann presses "4711"', "expect stopped", 'expect dial "100"')
    assert "•••    is called" in shown
    assert "gets the sms to •••" in shown
    assert 'logs "•••"' in shown


def test_messages_are_hidden_also_the_first() -> None:
    shown = table('let ann = sms(to: "100", text: "4711")', 'ann sends "4711"', 'expect ann gets "Bye"')
    assert shown.count('ann      sends "•••"') == 2


def test_keys_that_go_into_no_secret_are_shown() -> None:
    script = 'route call => main\nflow main { let day = ask("Day?", digits: 1) log "${day}" }'
    script = script.replace(") log", ")\nlog")
    (result,) = run(script, 'let ann = call(to: "100")', 'ann presses "7"', 'expect ann hears "Bye"').results
    assert "presses 7" in "\n".join(result_lines(result))
