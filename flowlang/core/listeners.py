"""Who takes an event: the newest live `on` or `wait for` that matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault
from flowlang.model.values import Outcome

from .blocks import On, Wants, without

if TYPE_CHECKING:
    from .strand import Strand
    from .timers import Timer

_TIMEOUT = Outcome("timeout")


class WaitForEvent:
    """A live `wait for` of a strand: takes one event."""

    __slots__ = ("event", "line", "strand", "timer", "wants")

    def __init__(self, strand: Strand, event: str, line: int, wants: Wants | None) -> None:
        self.strand = strand
        self.event = event
        self.line = line
        self.wants = wants
        self.timer: Timer | None = None

    def take(self, found: Outcome | Fault) -> None:
        """The strand goes on with the event, or with the fault that its condition had."""
        self.give_up()
        self.strand.wake(found)

    def time_out(self) -> None:
        """The strand goes on without."""
        self.take(_TIMEOUT)

    def give_up(self) -> None:
        """Takes nothing any more."""
        self.strand.flow.listeners.remove(self)
        if self.timer is not None:
            self.timer.cancel()


Listener = On | WaitForEvent


class Listeners:
    """All that are live, oldest first."""

    __slots__ = ("_live",)

    def __init__(self) -> None:
        self._live: tuple[Listener, ...] = ()

    def __len__(self) -> int:
        return len(self._live)

    def add(self, listener: Listener) -> None:
        """From now on it takes events."""
        self._live = (*self._live, listener)

    def remove(self, listener: Listener) -> None:
        """It takes nothing new; a second time does nothing."""
        self._live = without(self._live, listener)

    def find(
        self, event: Outcome, busy_with_it: Sequence[Strand], faulted: Callable[[Listener, Exception], None]
    ) -> Listener | None:
        """The newest that matches, leaving out each `on` whose handler is itself collecting or emitting the
        event. One whose condition fails does not match, and `faulted` is told."""
        name = event.name
        for listener in reversed(self._live):
            if listener.event != name or (busy_with_it and _is_busy(listener, busy_with_it)):
                continue
            try:
                if listener.wants is None or listener.wants(event):
                    return listener
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault in the script
                faulted(listener, error)
        return None


def _is_busy(listener: Listener, strands: Sequence[Strand]) -> bool:
    return (
        isinstance(listener, On)
        and listener.running is not None
        and any(strand.is_within(listener.running) for strand in strands)
    )
