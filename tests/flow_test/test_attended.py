"""`b transfers to c`: somebody in two calls joins those to whom he talks."""

from __future__ import annotations

import pytest

from flowlang.testing.run import NotCompiledError

from .testing import failure, passes, run

TWO_CALLS = """
policy { allow dial ALLOWED }
route call to "20" => to_bob
route call to "30" => to_carol
flow to_bob {
    on transferred as e { log "transferred by ${e.by} to ${e.to}" }
    match dial("bob") { answered as a => log "20 over ${a.cause}"; _ => log "no" }
}
flow to_carol {
    on hangup as e { log "30 left ${e.cause}" }
    match dial("carol") { answered => log "30 over"; _ => log "no" }
    wait 1h
}
"""
ANYBODY = TWO_CALLS.replace("ALLOWED", '"*"')
BOTH_UP = (
    'let alice = call(from: "+14155550100", to: "20")',
    'let bob = expect dial "bob"',
    "bob answers",
    "bob holds",
    'let asks = call(from: "bob", to: "30")',
    'let carol = expect dial "carol"',
    "carol answers",
)


def test_those_to_whom_he_talks_go_on_without_him() -> None:
    end = failure(
        ANYBODY,
        *BOTH_UP,
        "bob transfers to asks",
        'alice says "Hello, carol."',
        'expect carol hears "Hello, carol."',
        'carol says "Hello, alice."',
        'expect alice hears "Hello, alice."',
        "alice hangs up",
        'carol says "Too late."',
    )
    assert "the call is over" in end.message
    *first, last = [each.what for each in end.seen if each.what.startswith("logs")]
    assert sorted(first) == [
        'logs "30 left transferred"',
        'logs "30 over"',
        'logs "transferred by agent to carol"',
    ]
    assert last == 'logs "20 over normal"'
    assert [each.who for each in end.seen if each.what == "is hung up on"] == ["asks", "bob", "carol"]


@pytest.mark.parametrize("who", ["bob", "asks"])
def test_he_himself_is_in_neither_call_any_more(who: str) -> None:
    found = failure(ANYBODY, *BOTH_UP, "bob transfers to asks", f'{who} says "Hello?"')
    assert "the call is over" in found.message


def test_what_he_heard_before_stays_his_own() -> None:
    passes(
        ANYBODY,
        *BOTH_UP,
        'carol says "Who is it?"',
        "bob transfers to asks",
        'expect asks hears "Who is it?"',
        'alice says "It is me."',
        'expect carol hears "It is me."',
    )


def test_where_nobody_is_in_his_other_call_nothing_changes() -> None:
    (result,) = run(
        ANYBODY,
        *BOTH_UP[:4],
        'let asks = call(from: "bob", to: "30")',
        "bob transfers to asks",
        'alice says "Still there?"',
        'expect bob hears "Still there?"',
    ).results
    assert result.passed


def test_a_party_is_a_call_for_nothing_but_a_transfer() -> None:
    with pytest.raises(NotCompiledError, match="`asks` is a party and no value"):
        run(ANYBODY, *BOTH_UP, "bob says asks")
