"""The call detail record: what is kept of each call leg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Party = Literal["caller", "callee", "us", "network"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One leg. Times are microseconds since 1970-01-01 UTC, `None` where it never came to that.

    `leg` is the id of this leg alone, `call_id` what the network calls the call (for SIP the Call-ID), which
    several legs may share. `cause` is the hangup cause (see `causes`), `ended_by` who hung up. `route_line`
    is the line of the route that took the call; `flow` and `activeflow` what it started.

    Every leg has one record, also one that was refused before a route was looked for. An INVITE that cannot
    be read, and the same one by another path (RFC 3261 §8.2.2.2), make no leg.
    """

    leg: str
    call_id: str
    direction: Literal["in", "out"]
    source: str
    to: str
    route_line: int | None
    flow: str | None
    activeflow: str | None
    started: int
    rang: int | None
    answered: int | None
    ended: int
    ended_by: Party
    cause: str
    status: int | None
    """The final SIP status, where there was one."""
    held: int = 0
    """Microseconds for which the far end had us on hold."""
    transferred_to: str | None = None
    """Who took the far end's place, where it asked for that."""

    @property
    def talked(self) -> int:
        """Microseconds from the answer to the end; 0 for a call never answered."""
        return self.ended - self.answered if self.answered is not None else 0

    def to_plain(self) -> dict[str, Any]:
        """One JSON object, times as they are and `talked` with them."""
        return {name: getattr(self, name) for name in self.__slots__} | {"talked": self.talked}
