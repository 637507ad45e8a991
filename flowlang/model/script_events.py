"""The events that a script can handle, with the fields that its `as e` sees and the channels they come on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .actions import CALL, CONVERSATIONS, EVERY_CHANNEL


@dataclass(frozen=True, slots=True)
class ScriptEvent:
    """`fields` are what `e.` may be followed by; a pattern is matched against the field `text` where there is
    one."""

    name: str
    fields: tuple[str, ...]
    channels: frozenset[str]
    doc: str


_ALL = (
    ScriptEvent("dtmf", ("digit", "text"), CALL, "The caller pressed a key."),
    ScriptEvent(
        "hold",
        ("by", "held", "agent"),
        CALL,
        "Somebody put the other on hold; `by` and `held` are `caller` or `agent`.",
    ),
    ScriptEvent("unhold", ("by", "held", "agent"), CALL, "Somebody took the other off hold."),
    ScriptEvent("hangup", ("cause",), CONVERSATIONS, "The caller left."),
    ScriptEvent("message", ("text",), frozenset({"sms", "email", "chat"}), "The person wrote again."),
    ScriptEvent(
        "signal", ("name", "text", "data"), EVERY_CHANNEL, "Somebody outside signalled the activeflow."
    ),
)

SCRIPT_EVENTS: Mapping[str, ScriptEvent] = {each.name: each for each in _ALL}

# Raised by actions that no version has run yet.
PLANNED_EVENTS = frozenset(
    {"delivered", "sent", "failed", "read", "transferred", "joined", "left"}
)
