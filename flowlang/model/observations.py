"""What can be watched of a running engine: a closed vocabulary for terminals, traces and hosts.

`at` is microseconds since 1970-01-01 UTC. `line` and `column` are places in the script, from 1, or in the
module that `file` names. Observing never changes what happens.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from .cdr import CallRecord, Party
from .plain import to_plain
from .values import Value


@dataclass(frozen=True, slots=True)
class FlowStarted:
    """An activeflow began. `route_line` is `None` where no route but a host or another flow started it."""

    at: int
    activeflow: str
    flow: str
    channel: str
    source: str | None
    to: str | None
    route_line: int | None


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """A line of the script asked for something."""

    at: int
    activeflow: str
    action: int
    name: str
    detail: str
    line: int
    column: int
    file: str | None = None


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """What came of it: `done`, `failed` or `cancelled`, with the value or the fault's text."""

    at: int
    activeflow: str
    action: int
    name: str
    how: Literal["done", "failed", "cancelled"]
    value: Value


@dataclass(frozen=True, slots=True)
class EventArrived:
    """Something came in; `taken_at` is the line of the `on` or action that took it, `None` if nobody did."""

    at: int
    activeflow: str
    event: str
    detail: str
    taken_at: int | None


@dataclass(frozen=True, slots=True)
class Logged:
    """The script's `log`, or a warning of the engine's; `fault` is the code of the fault that the warning
    is about, if any."""

    at: int
    activeflow: str
    text: str
    line: int
    level: Literal["info", "warning"] = "info"
    fault: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """An activeflow is over: `done`, `stop`, `gone` (the caller left) or `fault`, then with its code, text
    and line."""

    at: int
    activeflow: str
    flow: str
    how: Literal["done", "stop", "gone", "fault"]
    value: Value = None
    code: str | None = None
    text: str | None = None
    line: int | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Something came in that no flow took, and why. `leg` is its id where it was a call, `call_id` what the
    network calls it; see `LegEnded`."""

    at: int
    channel: str
    source: str
    to: str
    status: int
    why: str
    leg: str | None = None
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class SipMessageSeen:
    """One message of the ladder. `summary` is its start line made safe for a terminal."""

    at: int
    direction: Literal["in", "out"]
    peer: str
    summary: str
    call_id: str


@dataclass(frozen=True, slots=True)
class LegRang:
    """A leg was told that it rings. `leg` is its id, as in its record; `call_id` what the network calls the
    call, of a leg that was placed."""

    at: int
    leg: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """A leg was answered; `call_id` as in `LegRang`."""

    at: int
    leg: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class LegHeld:
    """The far end of a leg put us on hold (`on`), or took us off it."""

    at: int
    leg: str
    on: bool


@dataclass(frozen=True, slots=True)
class LegTransferred:
    """Somebody else, `to`, took the place of a leg's far end, as that had asked for."""

    at: int
    leg: str
    to: str


@dataclass(frozen=True, slots=True)
class LegReplaced:
    """Somebody called us to be at the far end of a leg, in the place of who is there: `by` is his own leg,
    whose record begins."""

    at: int
    leg: str
    by: str
    call_id: str
    source: str
    to: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """A leg is over: told once for each that was offered or refused. `status` is the final one, if any;
    `call_id` what the network calls the call, of a leg that was placed."""

    at: int
    leg: str
    by: Party
    cause: str
    status: int | None
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallRecorded:
    """A leg's record is closed."""

    at: int
    record: CallRecord


Observation = (
    FlowStarted
    | ActionStarted
    | ActionEnded
    | EventArrived
    | Logged
    | FlowEnded
    | Refused
    | SipMessageSeen
    | LegRang
    | LegAnswered
    | LegHeld
    | LegTransferred
    | LegReplaced
    | LegEnded
    | CallRecorded
)


def observation_to_plain(observation: Observation) -> dict[str, Any]:
    """One JSON object: `kind` (the class) and its fields."""
    if isinstance(observation, CallRecorded):
        return {"kind": "CallRecorded", "at": observation.at, **observation.record.to_plain()}
    plain = {each.name: to_plain(getattr(observation, each.name)) for each in fields(observation)}
    return {"kind": type(observation).__name__, **plain}
