"""The events that a script can handle, with the fields that its `as e` sees and the channels they come on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .actions import CALL, CONVERSATIONS, EVERY_CHANNEL


@dataclass(frozen=True, slots=True)
class ScriptEvent:
    """`fields` are what `e.` may be followed by; a pattern is matched against the field `text` where there is
    one. `of_caller`: it is the caller who brings it about, or it is about his call, so that it comes nowhere
    else."""

    name: str
    fields: tuple[str, ...]
    channels: frozenset[str]
    doc: str
    of_caller: bool = False


_REPORT = ("id", "to", "reason")

_ALL = (
    ScriptEvent("dtmf", ("digit", "text"), CALL, "The caller pressed a key.", of_caller=True),
    ScriptEvent(
        "hold",
        ("by", "held", "agent"),
        CALL,
        "Somebody put the other on hold; `by` and `held` are `caller` or `agent`.",
        of_caller=True,
    ),
    ScriptEvent("unhold", ("by", "held", "agent"), CALL, "Somebody took the other off hold.", of_caller=True),
    ScriptEvent(
        "transferred",
        ("by", "to", "text"),
        CALL,
        "In a `dial`, `by` (`caller` or `agent`) put `to` into his own place.",
        of_caller=True,
    ),
    ScriptEvent(
        "answered",
        ("to", "text"),
        CALL,
        'Who rang when `call` began the activeflow (`begin: "ringing"`) took the call; in a `dial`, who was '
        "called.",
        of_caller=True,
    ),
    ScriptEvent("hangup", ("cause",), CONVERSATIONS, "The caller left.", of_caller=True),
    ScriptEvent(
        "message",
        ("text", "subject", "from", "channel", "id", "to", "reply_to"),
        EVERY_CHANNEL,
        "The person wrote again, or somebody to whom this activeflow has written.",
    ),
    ScriptEvent("sent", _REPORT, EVERY_CHANNEL, "A message is on its way, as the carrier says."),
    ScriptEvent("delivered", _REPORT, EVERY_CHANNEL, "A message has reached its address."),
    ScriptEvent("failed", _REPORT, EVERY_CHANNEL, "A message did not get through; `reason` says why."),
    ScriptEvent("read", _REPORT, EVERY_CHANNEL, "A message was read, where the channel knows."),
    ScriptEvent(
        "signal", ("name", "text", "data"), EVERY_CHANNEL, "Somebody outside signalled the activeflow."
    ),
)

SCRIPT_EVENTS: Mapping[str, ScriptEvent] = {each.name: each for each in _ALL}

# Raised by actions that no version has run yet.
PLANNED_EVENTS = frozenset({"joined", "left"})
