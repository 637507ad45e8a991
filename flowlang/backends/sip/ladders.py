"""Ladders: the SIP messages of the calls that an activeflow has, a line for each, gathered in memory until
the host takes them.

Rules
- A line has the start line and the CSeq, never a body or another header: no credentials are in it.
- What is said before a call has an activeflow is remembered for a while, for no more Call-IDs than `_EARLY`.
- A call has at most `MOST` lines, whatever its peer sends; the rest is counted.
- Until a call is taken, which for most is once, a line costs a look at a dict and an append.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from msgspec.structs import replace

from flowlang.backends.ladder import LadderLine, LadderPart
from flowlang.model.secrets import MASK
from flowlang.model.values import SECOND

from .harmless import printable

MOST = 300
"""Lines of a call: enough for an hour of re-INVITEs and its transfers."""
_LINGERS = 32 * SECOND  # 64*T1 (RFC 3261 §17.1.2.2): so long answers to a BYE may come
_AGAIN = 10 * SECOND  # until one that is over is looked at again
_LONGEST_CSEQ = 40  # 2^31, a space, and the longest method that there is
_EARLY = 500  # calls
_EARLY_LINES = 10
_PASSWORD = re.compile(
    r"(?<!\S)(sips?:[^:@\s]*):[^@\s]*@"
)  # RFC 3261 §19.1.1: userinfo; looked for once a word


@dataclass(slots=True)
class _Call:
    activeflows: list[str] = field(default_factory=list[str])
    lines: list[LadderLine] = field(default_factory=list[LadderLine])
    taken: int = 0
    left_out: int = 0
    over: int | None = None


class Ladders:
    """Of one backend; times are microseconds."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._early: dict[str, list[LadderLine]] = {}
        self._due: dict[str, int] = {}  # since when a call is to be looked at, the oldest first

    def __len__(self) -> int:
        return len(self._calls)

    def seen(self, call_id: str, line: LadderLine) -> None:
        """A message came or went."""
        call = self._calls.get(call_id)
        if call is None:
            self._seen_early(call_id, line)
            return
        lines = call.lines
        if call.taken + len(lines) < MOST:
            lines.append(line)
        else:
            call.left_out += 1
        if call_id not in self._due:
            self._due[call_id] = line.at

    def _seen_early(self, call_id: str, line: LadderLine) -> None:
        lines = self._early.get(call_id)
        if lines is not None:
            if len(lines) < _EARLY_LINES:
                lines.append(line)
        elif line.cseq.endswith("INVITE"):
            if len(self._early) >= _EARLY:
                del self._early[next(iter(self._early))]
            self._early[call_id] = [line]

    def enter(self, call_id: str, activeflow: str, now: int) -> None:
        """A call is that activeflow's from now on."""
        call = self._calls.get(call_id)
        if call is None:
            call = self._calls[call_id] = _Call(lines=self._early.pop(call_id, []))
        call.over = None
        if activeflow not in call.activeflows:
            call.activeflows.append(activeflow)
        self._due.setdefault(call_id, now)

    def leave(self, call_id: str, now: int) -> None:
        """It is over. What is said after that is still taken for a while."""
        call = self._calls.get(call_id)
        if call is not None:
            call.over = now
            self._due.setdefault(call_id, now)

    def take(self, before: int) -> Iterator[LadderPart]:
        """What was gathered and not taken, of those calls in which something is from before that time."""
        due = [call_id for call_id, _ in takewhile(lambda each: each[1] < before, self._due.items())]
        for call_id in due:
            since = self._due.pop(call_id, None)
            if since is None:  # somebody else has taken it meanwhile
                continue
            call = self._calls[call_id]
            yield from _parts(printable(call_id), call, since)
            if call.over is not None:
                if call.over + _LINGERS < before:
                    del self._calls[call_id]
                else:
                    self._due[call_id] = before + _AGAIN


def _parts(call_id: str, call: _Call, at: int) -> Iterator[LadderPart]:
    lines, call.lines = call.lines, []
    first, call.taken = call.taken, call.taken + len(lines)
    for activeflow in call.activeflows:
        if lines:
            yield LadderPart(activeflow, call_id, first, [_safe(each) for each in lines])
        if call.left_out:
            more = LadderLine(at, "", "", f"and {call.left_out} more messages", "")
            yield LadderPart(activeflow, call_id, MOST, [more])


def _safe(line: LadderLine) -> LadderLine:
    summary, cseq = line.summary, line.cseq
    if summary.count(":", 0, summary.find("@")) > 1 and _PASSWORD.search(summary):
        line = replace(line, summary=_PASSWORD.sub(rf"\1:{MASK}@", summary))
    if len(cseq) > _LONGEST_CSEQ or not cseq.isprintable():
        line = replace(line, cseq=printable(cseq, _LONGEST_CSEQ))
    return line
