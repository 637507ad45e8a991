"""What a backend tells of the signalling of its calls, for `flow trace`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec


# Half a dozen of a call wait for seconds: as texts and a number they are nothing to the garbage collector.
class LadderLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A message: when, in microseconds since 1970-01-01 UTC, `in` from a peer or `out` to it, its start line
    made safe to be shown, and its CSeq. Without a direction it says that more is not told."""

    at: int
    direction: str
    peer: str
    summary: str
    cseq: str


class LadderPart(NamedTuple):
    """Some lines of a call that an activeflow has; `number` is that of the first, from 0."""

    activeflow: str
    call_id: str
    number: int
    lines: list[LadderLine]


@runtime_checkable
class LadderSource(Protocol):
    """What a backend also is that has ladders."""

    def gather_ladders(self) -> None:
        """From now on they are taken, over and over."""
        ...

    def take_ladders(self, before: int) -> Iterator[LadderPart]:
        """What was not taken before, of the calls in which something is from before that time."""
        ...
