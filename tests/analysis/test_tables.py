"""What the tables of the model say of events and outlets, the checker and the backends go by."""

from __future__ import annotations

from flowlang.analysis.capabilities import KINDS
from flowlang.backends.console.backend import ConsoleBackend
from flowlang.model.action import OUTLETS
from flowlang.model.actions import ACTIONS
from flowlang.model.script_events import SCRIPT_EVENTS


def test_what_comes_without_a_caller_comes_on_every_channel() -> None:
    alone = {each.name for each in SCRIPT_EVENTS.values() if not each.of_caller}
    assert alone == {"message", "sent", "delivered", "failed", "read", "signal"}
    assert all("schedule" in SCRIPT_EVENTS[each].channels for each in alone)


def test_every_outlet_is_one_that_some_action_needs_or_is_a_channel_to_send_on() -> None:
    assert {each.sends for each in ACTIONS.values() if each.sends is not None} == OUTLETS
    assert ConsoleBackend.outlets == OUTLETS


def test_every_outlet_has_a_kind_of_backend_that_a_hint_names() -> None:
    assert KINDS.keys() == OUTLETS
