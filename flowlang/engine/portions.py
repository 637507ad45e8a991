"""What waited for a start, or is sent again by hand, goes to the backends a portion at a time.

A backend keeps only so many waiting and refuses the rest for good, which after a day without a carrier would
be most of what is open. So of each outlet at most `PORTION` of these are under way; the next goes when one is
settled, in order. For whom something waits what is new waits behind it; nobody else waits.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from flowlang.model.addresses import same_person
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage

PORTION = 1_000
"""At once: more than a carrier takes in a second, and a tenth of the shortest queue of a backend."""

Begin = Callable[[Callable[[], None]], None]
"""Begins one; is given what to call when it is settled."""


@dataclass(slots=True)
class _Line:
    waiting: deque[tuple[int, Begin]] = field(default_factory=deque[tuple[int, Begin]])
    whose: Counter[int] = field(default_factory=Counter[int])
    under_way: int = 0
    beginning: bool = False


class Portions:
    """Of one engine."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._held = False

    def hold(self) -> None:
        """All waits from now on, as no backend runs."""
        self._held = True

    def let_go(self) -> None:
        """The backends run."""
        self._held = False
        for each in self._lines.values():
            self._begin(each)

    def waits(self, command: OutsideCommand) -> bool:
        """Whether a new one has to wait."""
        if self._held:
            return True
        line = self._lines.get(command.outlet)
        return line is not None and _whose(command) in line.whose

    def add(self, command: OutsideCommand, begin: Begin) -> None:
        """Has it begun in its turn, maybe at once."""
        line, whose = self._lines.setdefault(command.outlet, _Line()), _whose(command)
        line.waiting.append((whose, begin))
        line.whose[whose] += 1
        self._begin(line)

    def _begin(self, line: _Line) -> None:
        if line.beginning:  # one was settled as it began: the loop below goes on
            return
        line.beginning = True
        try:
            while line.waiting and line.under_way < PORTION and not self._held:
                whose, begin = line.waiting.popleft()
                line.whose[whose] -= 1
                if not line.whose[whose]:
                    del line.whose[whose]
                line.under_way += 1
                begin(self._settling(line))
        finally:
            line.beginning = False

    def _settling(self, line: _Line) -> Callable[[], None]:
        settled = False

        def over() -> None:
            nonlocal settled
            if not settled:
                settled = True
                line.under_way -= 1
                self._begin(line)

        return over


def _whose(command: OutsideCommand) -> int:
    """For whom one is; a number, as there may be many. Two that share one wait for each other, and that is
    all."""
    match command:
        case SendMessage(to=to):
            return hash(same_person(to))
        case HttpRequest(url=url):
            return hash(url)
        case _:
            return 0
