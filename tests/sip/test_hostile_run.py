"""Strangers, streams, a door and a flood guard, and calls that do not notice."""

from __future__ import annotations

from tests.sip.hostile import run


def test_mutated_messages_drop_no_call_and_leave_nothing() -> None:
    outcome = run(2_000, 2)
    assert (outcome.dropped_calls, outcome.tracebacks, outcome.left) == (0, 0, 0)
    assert outcome.memory < 1.1
