"""The ladder: what machines said to each other, as arrows between columns.

A column for us, to its left one for the call that began the activeflow where one did, to its right one for
each call that it placed, in their order. A column has the peer's address above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from .safe import printable

_US = "flow"
_WIDTH = 24  # from one column to the next
_MIDDLE = (_WIDTH - 1) // 2  # where `^` puts a single character
_MOST = 6  # columns; calls beyond them share the last one


@dataclass(frozen=True, slots=True)
class Message:
    """A SIP message as it is kept; see `LadderLine`. One without a direction says that more is not told."""

    at: int
    direction: str
    peer: str
    summary: str
    cseq: str
    call_id: str

    def to_plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "kind": "SipMessage", "at": self.at, "direction": self.direction, "peer": self.peer,
            "summary": self.summary, "cseq": self.cseq, "call_id": self.call_id,
        }  # fmt: skip


def messages(kept: Mapping[str, Sequence[Any]]) -> list[Message]:
    """What a store has of an activeflow's calls, in order of time; without what is damaged."""
    calls = [found for call_id, lines in kept.items() if (found := list(_read(call_id, lines)))]
    calls.sort(key=lambda call: (call[0].at, call[0].direction != "in"))  # what came is before what it led to
    return sorted(chain.from_iterable(calls), key=lambda each: each.at)


def _read(call_id: str, lines: Sequence[Any]) -> Iterator[Message]:
    for line in lines:
        match line:
            case [int(at), str(direction), str(peer), str(summary), str(cseq)]:
                texts = (printable(each) for each in (direction, peer, summary, cseq, call_id))
                yield Message(at, *texts)
            case _:
                pass


class Ladder:
    """Draws messages that are all known before."""

    def __init__(self, drawn: Sequence[Message]) -> None:
        calls = list(dict.fromkeys(each.call_id for each in drawn))
        first = {each.call_id: each for each in reversed(drawn)}
        came = bool(calls) and first[calls[0]].direction == "in"
        self._us = 1 if came else 0
        places = [column for column in range(len(calls) + 1) if column != self._us]
        self._columns = {call: min(place, _MOST) for call, place in zip(calls, places, strict=True)}
        self._count = max([self._us, *self._columns.values()]) + 1
        heads = {self._us: (_US, "")}
        for call in calls:
            heads.setdefault(self._columns[call], (first[call].peer, call))
        self._heads = [heads[column] for column in range(self._count)]

    @property
    def head(self) -> list[str]:
        """Who is who: the peers, and below them their Call-IDs."""
        rows = [[names[row] for names in self._heads] for row in (0, 1)]
        return ["".join(f"{each[: _WIDTH - 2]:^{_WIDTH}}" for each in row).rstrip() for row in rows]

    def row(self, message: Message) -> tuple[str, str]:
        """A message as an arrow, and what the arrow has no room for."""
        line = list(self._bars)
        if not message.direction:
            return "".join(line), message.summary
        there = self._columns[message.call_id]
        left, right = sorted((self._us, there))
        what, _, uri = message.summary.partition(" ")
        label, more = (what, uri) if message.cseq.endswith(f" {what}") else (message.summary, "")
        room = (right - left) * _WIDTH - 1
        label = f"─{label[: room - 3]}".ljust(room - 1, "─")
        place = left * _WIDTH + _MIDDLE + 1
        line[place : place + room] = f"{label}▶" if self._goes_right(message) else f"◀{label}"
        return "".join(line), f"CSeq {message.cseq.partition(' ')[0]}  {more}".rstrip()

    def _goes_right(self, message: Message) -> bool:
        return (message.direction == "out") == (self._us < self._columns[message.call_id])

    @property
    def _bars(self) -> str:
        bar = "│".rjust(_MIDDLE + 1).ljust(_WIDTH)
        return (bar * self._count)[: _MIDDLE + 1 - _WIDTH]
