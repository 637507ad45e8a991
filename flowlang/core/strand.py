"""A strand: one line of execution of an activeflow. The main line, a handler and a stream are strands.

A strand is a coroutine that its activeflow steps. It stops only where it awaits `suspend`, and goes on when
it is woken with a value or when an exit interrupts it. What it awaits then is the strand itself: one that
waits has no object and no frame for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from enum import Enum
from typing import TYPE_CHECKING, Any

from flowlang.compile.runtime.faults import Fault

from .blocks import Block, Level, On
from .exits import Exit, ExitKind, Unwind
from .faults import as_fault

if TYPE_CHECKING:
    from .activeflow import Activeflow


class LegGone(Exception):
    """The caller left while something that his leaving does not end was waiting for his leg."""


class WhenLeft(Enum):
    """What the caller's leaving means to a strand that waits."""

    NOTHING = "nothing"
    ENDS = "ends"
    """It ends, unless it is sheltered: a wait."""
    LEG = "leg"
    """It ends, or has `LegGone` if it is sheltered: a call action."""
    TOLD = "told"
    """It has `LegGone` in any case: a call action with an outcome of its own for this."""


class Strand:
    """`owner` is the block that it ends with, `None` for the main line; `handler` the `on` that it serves.

    `aftermath`: it is an `on hangup`, out of which no exit leads. `sheltered`: it is one, or belongs to one
    or to a `finally`, so that the caller's being gone does not end it.
    """

    __slots__ = (
        "_interrupt",
        "_ready",
        "_sent",
        "_shielded",
        "_waits",
        "_when_left",
        "_withdraw",
        "aftermath",
        "coroutine",
        "flow",
        "handler",
        "level",
        "line",
        "meter",
        "name",
        "number",
        "on_over",
        "over",
        "owner",
        "root",
        "sheltered",
    )

    def __init__(
        self,
        flow: Activeflow,
        number: int,
        owner: Block | None,
        *,
        name: str,
        handler: On | None = None,
        aftermath: bool = False,
    ) -> None:
        self.flow = flow
        self.meter = flow.meter
        self.number = number
        self.owner = owner
        self.name = name
        self.handler = handler
        self.aftermath = aftermath
        if owner is None:
            self.sheltered = aftermath
            self.root = root = Level(self, 0)
        else:
            self.sheltered = aftermath or owner.level.sheltered
            self.root = root = Level(self, owner.nesting + 1)
        self.level = root
        """The innermost."""
        self.coroutine: Coroutine[Any, Any, Any] | None = None
        self.over = False
        self.on_over: tuple[Callable[[], None], ...] = ()
        self.line = 0
        """The script's line of the action that it is at."""
        self._ready = False
        self._sent: Any = None
        self._waits = False
        self._interrupt = False
        self._withdraw: Callable[[], object] | None = None
        self._shielded = False
        self._when_left = WhenLeft.NOTHING

    def drop(self) -> None:
        """It is over, and nobody aims at it or asks how it ended: what held it is let go of."""
        del self.root, self.level

    # -- waiting

    def suspend(
        self,
        withdraw: Callable[[], object] | None = None,
        *,
        shielded: bool = False,
        when_left: WhenLeft = WhenLeft.NOTHING,
    ) -> Awaitable[Any]:
        """Awaited at once, it waits to be woken; gives what it was woken with.

        `withdraw` undoes what was waited for, at once when an exit interrupts; an exit that comes between
        the waking and the strand's turn does not call it. `shielded`: no exit interrupts, it only
        becomes pending.
        """
        pending = self.level.pending
        if pending is not None and not pending.own and not shielded:  # aimed at it while it ran
            if withdraw is not None:
                withdraw()
            raise Unwind
        self._withdraw = withdraw
        self._shielded = shielded
        self._when_left = when_left
        self._waits = True
        return self

    def given(self, value: Any) -> Awaitable[Any]:
        """Awaited at once, it gives the value without waiting."""
        self._sent = value
        return self

    def __await__(self) -> Generator[None, None, Any]:
        return self  # pyright: ignore[reportReturnType] # an iterator is enough

    def __next__(self) -> None:
        """For `await`: gives control back until it was stepped. It has no `throw`, so that Python raises an
        exit right where it is awaited."""
        if self._waits:
            return
        sent, self._sent = self._sent, None
        if isinstance(sent, Exception):
            try:
                raise sent
            finally:
                del sent  # or it and its traceback hold each other
        raise StopIteration(sent)

    def wake(self, value: Any = None) -> None:
        """Lets it go on with a value, or with an exception raised. The activeflow runs it when its turn
        comes."""
        self._withdraw = None
        self._when_left = WhenLeft.NOTHING
        self._sent = value
        self._make_ready()

    def caller_left(self) -> None:
        """The caller has left: ends what waits for him."""
        match self._when_left:
            case WhenLeft.ENDS | WhenLeft.LEG if self.ends_with_caller:
                self.aim(Exit(ExitKind.GONE))
            case WhenLeft.LEG | WhenLeft.TOLD:
                if self._withdraw is not None:
                    self._withdraw()
                self.wake(LegGone())
            case _:
                pass

    def _make_ready(self) -> None:
        if not self._ready:
            self._ready = True
            self.flow.ready(self)

    def begin(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Gives it its work and queues it."""
        self.coroutine = coroutine
        self._ready = True
        self.flow.ready(self)

    def interrupt(self) -> None:
        """Throws the top level's pending exit into it where it waits, unless it is shielded there."""
        if self.over or self._shielded or self._interrupt or self.flow.current is self:
            return
        withdraw, self._withdraw = self._withdraw, None
        self._when_left = WhenLeft.NOTHING
        self._interrupt = True
        if withdraw is not None:
            withdraw()
        if not self._ready:
            self._ready = True
            self.flow.ready(self)

    @property
    def ends_with_caller(self) -> bool:
        """Whether the caller's leaving ends it at a call action or wait: outside a `finally` and an `on
        hangup`."""
        return not self.level.sheltered

    @property
    def went_with_caller(self) -> bool:
        """Whether it is over because the caller left."""
        return self.over and self.root.pending is not None and self.root.pending.kind is ExitKind.GONE

    # -- exits

    def aim(self, an_exit: Exit) -> bool:
        """Aims an exit at one of its blocks, or at its root; tells whether it counts."""
        if self.over:
            return False
        level = an_exit.target.level if an_exit.target is not None else self.root
        if not level.offer(an_exit):
            return False
        if level is self.level:
            self.interrupt()
        return True

    def raise_fault(self, fault: Fault) -> None:
        """Raises a fault in it where it waits, from outside."""
        if self.root.offer_fault(Exit(ExitKind.FAULT, fault=fault)) and self.level is self.root:
            self.interrupt()

    def fault(self, error: BaseException) -> Fault:
        """What a Python exception in it is as a fault."""
        return as_fault(error, self.line)

    def leave_with_caller(self) -> None:
        """At a call action or wait with the caller gone: raises the exit that ends the strand."""
        self.root.offer(Exit(ExitKind.GONE))
        raise Unwind

    def ended_by(self, error: BaseException) -> Exit | None:
        """The exit that ended it, its coroutine having raised this."""
        root = self.root
        if not isinstance(error, Unwind):
            root.offer_fault(Exit(ExitKind.FAULT, fault=self.fault(error)))
        return root.pending

    def is_within(self, ancestor: Strand) -> bool:
        """Whether it is that strand or runs, through whatever is between, on its behalf."""
        strand: Strand | None = self
        while strand is not None:
            if strand is ancestor:
                return True
            strand = strand.owner.level.strand if strand.owner is not None else None
        return False

    def in_aftermath_of(self, outer: Strand | None) -> bool:
        """Whether an `on hangup`, out of which no exit leads, is between it and a strand that it belongs
        to."""
        strand: Strand | None = self
        while strand is not None and strand is not outer:
            if strand.aftermath:
                return True
            strand = strand.owner.level.strand if strand.owner is not None else None
        return False

    # -- stepping

    def step(self) -> Any:
        """Runs it until it waits. Raises `StopIteration` with its value at its end, or what ended it."""
        assert self.coroutine is not None
        self._ready = False
        self._waits = False
        self._shielded = False
        if self._interrupt:
            self._interrupt = False
            self._sent = None
            return self.coroutine.throw(Unwind())
        return self.coroutine.send(None)
