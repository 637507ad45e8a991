"""Call records: put together from what is observed, one for each leg, closed when the leg is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Literal

from flowlang.backends.border import Incoming
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import (
    CallRecorded,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegRang,
    LegReplaced,
    LegTransferred,
    Observation,
    Refused,
    SipMessageSeen,
)
from flowlang.model.secrets import shown_text
from flowlang.model.values import SECOND

AGAIN = 40 * SECOND
"""Microseconds for which an INVITE is sent again: 64*T1 (RFC 3261 §17.1.1.2, Timer B), and some."""


@dataclass(slots=True)
class _Open:
    leg: str
    call_id: str
    source: str
    to: str
    started: int
    direction: Literal["in", "out"] = "in"
    route_line: int | None = None
    flow: str | None = None
    activeflow: str | None = None
    rang: int | None = None
    answered: int | None = None
    held: int = 0
    held_since: int | None = None
    transferred_to: str | None = None

    def hold(self, at: int, *, on: bool) -> None:
        """It is held from now on, or no longer; twice is once."""
        if self.held_since is not None:
            self.held += at - self.held_since
        self.held_since = at if on else None


class Records:
    """The records that are open, by the id of their leg. `keep` is given each as often as it changes."""

    def __init__(self, keep: Callable[[dict[str, Any]], None]) -> None:
        self._open: dict[str, _Open] = {}
        self._keep = keep
        self._again: dict[str, Mapping[str, Any]] = {}

    def recover(self, lately: Iterable[Mapping[str, Any]]) -> None:
        """Those that came in lately, by their call: whoever got no answer to his INVITE when the process
        before was killed sends it again. That is the same leg, and has one record."""
        self._again = {
            each["call_id"]: each for each in lately if each["direction"] == "in" and each["cause"] == "lost"
        }

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, incoming: Incoming, at: int) -> None:
        """A leg came in. `ValueError` for an id that another leg has: a mistake of the backend."""
        if incoming.id in self._open:
            raise ValueError(f"the leg {incoming.id!a} was offered twice: each needs an id of its own")
        call_id = incoming.call_id or incoming.id
        leg = incoming.id
        again = self._again.pop(incoming.call_id or "", None)  # ids of backends may be those of others by now
        parties = incoming.source, incoming.to
        if again and at - again["started"] <= AGAIN and (again["source"], again["to"]) == parties:
            leg, at = again["leg"], again["started"]
        self._open[incoming.id] = opened = _Open(leg, call_id, incoming.source, incoming.to, at)
        self._keep(_plain(opened))

    def placed(self, leg: str, source: str | None, to: str, at: int, activeflow: str, flow: str) -> None:
        """A flow places a leg."""
        record = _Open(leg, leg, shown_text(source or ""), shown_text(to), at, "out")
        record.activeflow, record.flow = activeflow, flow
        self._open[leg] = record
        self._keep(_plain(record))

    def taken(self, leg: str, activeflow: str, flow: str, route_line: int | None) -> None:
        """A flow took it."""
        record = self._open[leg]
        record.activeflow, record.flow, record.route_line = activeflow, flow, route_line
        self._keep(_plain(record))

    def observe(self, observation: Observation) -> CallRecorded | None:
        """What was observed; the record, if it is the end of a leg."""
        match observation:
            case SipMessageSeen():  # most are
                return None
            case LegRang(at, leg, call_id):
                if (record := self._open.get(leg)) is not None and record.rang is None:
                    record.rang = at
                    record.call_id = call_id or record.call_id
                    self._keep(_plain(record))
            case LegAnswered(at, leg, call_id):
                if (record := self._open.get(leg)) is not None:
                    record.answered = at
                    record.call_id = call_id or record.call_id
                    self._keep(_plain(record))
            case LegHeld(at, leg, on):
                if (record := self._open.get(leg)) is not None:
                    record.hold(at, on=on)
                    self._keep(_plain(record))
            case LegTransferred(leg=leg, to=to):
                if (record := self._open.get(leg)) is not None:
                    record.transferred_to = shown_text(to)
                    self._keep(_plain(record))
            case LegReplaced(at, leg, by):
                if (record := self._open.get(leg)) is not None:
                    newer = _Open(by, observation.call_id, observation.source, observation.to, at)
                    newer.activeflow, newer.flow = record.activeflow, record.flow
                    newer.route_line = record.route_line
                    self._open[by] = newer
                    self._keep(_plain(newer))
            case Refused(at, leg=str(leg)) if leg not in self._open:  # the backend offered it to nobody
                call_id = observation.call_id or leg
                self._open[leg] = _Open(leg, call_id, observation.source, observation.to, at)
            case LegEnded(leg=leg):
                if (record := self._open.pop(leg, None)) is not None:
                    closed = _closed(record, observation)
                    self._keep(closed.to_plain())
                    return CallRecorded(observation.at, closed)
            case _:
                pass
        return None

    def left_open(self, at: int) -> list[LegEnded]:
        """The ends of all legs whose end nobody told: the process leaves them."""
        return [
            LegEnded(at, each.leg, "network", "lost", 200 if each.answered is not None else None)
            for each in self._open.values()
        ]


_OPEN = tuple(each.name for each in fields(_Open))
_KEPT = tuple(name for name in _OPEN if name != "held_since")
_open_values, _kept_values = attrgetter(*_OPEN), attrgetter(*_KEPT)  # each record is kept four times


def _plain(record: _Open) -> dict[str, Any]:
    """An open record as the store keeps it."""
    return dict(zip(_OPEN, _open_values(record), strict=True), ended=None)


def _closed(record: _Open, end: LegEnded) -> CallRecord:
    record.hold(end.at, on=False)
    kept: dict[str, Any] = dict(zip(_KEPT, _kept_values(record), strict=True))
    kept["call_id"] = end.call_id or record.call_id
    status = 200 if record.answered is not None else end.status
    return CallRecord(**kept, ended=end.at, ended_by=end.by, cause=end.cause, status=status)
