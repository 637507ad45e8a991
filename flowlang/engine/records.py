"""Call records: put together from what is observed, one for each leg, closed when the leg is over."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.backends.border import Incoming
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import CallRecorded, LegAnswered, LegEnded, LegRang, Observation


@dataclass(slots=True)
class _Open:
    incoming: Incoming
    started: int
    route_line: int | None = None
    flow: str | None = None
    activeflow: str | None = None
    rang: int | None = None
    answered: int | None = None


class Records:
    """The records that are open."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, incoming: Incoming, at: int) -> None:
        """A leg came in."""
        self._open[incoming.id] = _Open(incoming, at)

    def taken(self, call_id: str, activeflow: str, flow: str, route_line: int | None) -> None:
        """A flow took it."""
        record = self._open[call_id]
        record.activeflow, record.flow, record.route_line = activeflow, flow, route_line

    def observe(self, observation: Observation) -> CallRecorded | None:
        """What was observed; the record, if it is the end of a leg."""
        match observation:
            case LegRang(at, call_id):
                if (record := self._open.get(call_id)) is not None and record.rang is None:
                    record.rang = at
            case LegAnswered(at, call_id):
                if (record := self._open.get(call_id)) is not None:
                    record.answered = at
            case LegEnded(call_id=call_id):
                if (record := self._open.pop(call_id, None)) is not None:
                    return CallRecorded(observation.at, _closed(record, observation))
            case _:
                pass
        return None


def _closed(record: _Open, end: LegEnded) -> CallRecord:
    incoming = record.incoming
    return CallRecord(
        call_id=incoming.id,
        direction="in",
        source=incoming.source,
        to=incoming.to,
        route_line=record.route_line,
        flow=record.flow,
        activeflow=record.activeflow,
        started=record.started,
        rang=record.rang,
        answered=record.answered,
        ended=end.at,
        ended_by=end.by,
        cause=end.cause,
        status=200 if record.answered is not None else end.status,
    )
