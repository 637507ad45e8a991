"""Levels and blocks: where exits are aimed at and what ends with what.

A strand is a stack of *levels*: its root, and on top a level for each `finally` that it is in. A level is a
stack of *blocks*, outermost first, and holds at most one pending exit. Only blocks that own something
(handlers, streams, a deadline) or that an exit can be aimed at exist here; all others are plain Python.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from flowlang.model.values import Outcome

from .exits import ROOT, Exit, ExitKind

if TYPE_CHECKING:
    from .strand import Strand
    from .timers import Timer

Wants = Callable[[Outcome], bool]
HandlerBody = Callable[["Strand", Outcome], Any]
"""A coroutine function, or a plain one of a handler that runs straight through."""
T = TypeVar("T")


def without(those: tuple[T, ...], one: T) -> tuple[T, ...]:
    """Those without one of them; all where it is not among them.

    What a block, strand or activeflow holds few of, mostly none, is held as a tuple: none takes no memory.
    """
    if those and those[-1] is one:  # mostly what came last goes first
        return those[:-1]
    try:
        at = those.index(one)
    except ValueError:
        return those
    return those[:at] + those[at + 1 :]


async def _waiting_for_nothing(body: HandlerBody, strand: Strand, event: Outcome) -> None:
    body(strand, event)


class On:
    """A live `on`: takes its events one at a time, in order. `straight`: its body never waits, and needs no
    strand of its own (see `flowlang.compile.straight`)."""

    __slots__ = (
        "after_caller", "block", "body", "event", "line", "lost", "running", "straight", "wants", "waiting",
    )  # fmt: skip

    def __init__(
        self,
        block: Block,
        event: str,
        line: int,
        wants: Wants | None,
        body: HandlerBody,
        *,
        after_caller: bool,
        straight: bool = False,
    ) -> None:
        self.block = block
        self.event = event
        self.line = line
        self.wants = wants
        self.body = body
        self.straight = straight
        self.after_caller = after_caller
        """It was run when the caller had already left; his leaving is not news to it."""
        self.lost = 0
        """Events that came while as many waited as may."""
        self.running: Strand | None = None
        self.waiting: tuple[Outcome, ...] = ()

    @property
    def name(self) -> str:
        """What its strands are called."""
        return f"on {self.event}, line {self.line}"

    def work(self, strand: Strand, event: Outcome) -> Coroutine[Any, Any, Any]:
        """Its body, for a strand of its own."""
        if self.straight:
            return _waiting_for_nothing(self.body, strand, event)
        return self.body(strand, event)

    @property
    def busy(self) -> bool:
        """Whether it has anything to finish."""
        return self.running is not None or bool(self.waiting)


class Block:
    """One run of a block of the script. `catches`: it is the body of a `try` with a `catch`."""

    __slots__ = (
        "catches", "children", "deadline", "depth", "handlers", "left", "level", "outer", "watched",
    )  # fmt: skip

    def __init__(self, level: Level, *, catches: bool = False) -> None:
        self.level = level
        self.outer = outer = level.innermost
        """The next further out on its level."""
        self.depth = outer.depth + 1 if outer is not None else 0
        self.catches = catches
        self.handlers: tuple[On, ...] = ()
        self.children: tuple[Strand, ...] = ()
        """Its streams and running handlers, oldest first."""
        self.deadline: Timer | None = None
        self.left = False
        self.watched = False
        """Its strand wants to be woken when a child is over."""
        level.innermost = self

    @property
    def nesting(self) -> int:
        """How many blocks are around it, those of other strands included: of equal deadlines the outer
        counts."""
        return self.level.outside + self.depth + 1

    def expire(self) -> None:
        """Its deadline is reached."""
        self.deadline = None
        self.level.strand.aim(Exit(ExitKind.DEADLINE, self))


class Level:
    """A strand's root, or a `finally`."""

    __slots__ = ("innermost", "outside", "pending", "strand")

    def __init__(self, strand: Strand, outside: int) -> None:
        self.strand = strand
        self.outside = outside
        """The nesting of the block that it is in."""
        self.innermost: Block | None = None
        self.pending: Exit | None = None

    @property
    def nesting(self) -> int:
        """That of its innermost block."""
        return self.innermost.nesting if self.innermost is not None else self.outside

    @property
    def sheltered(self) -> bool:
        """Whether the caller's leaving ends nothing here: it is, or is part of, a `finally` or an `on
        hangup`."""
        return self.strand.sheltered or self is not self.strand.root

    @staticmethod
    def catcher(block: Block | None) -> Block | None:
        """The innermost `try` with a `catch` among a block and those around it."""
        while block is not None and (block.left or not block.catches):
            block = block.outer
        return block

    def reach(self, an_exit: Exit) -> int:
        """How far out an exit goes here: the depth of the block that it ends at, or `ROOT`. A fault that is
        still on its way to the block where it is to be raised reaches to the `catch` that will have it."""
        target = an_exit.target
        if an_exit.kind in (ExitKind.STOP, ExitKind.HANDOFF) and self.strand.owner is not None:
            return (
                ROOT - 1
            )  # it ends the whole activeflow, so it is aimed further out than what ends this strand
        if target is None or target.level is not self:
            return ROOT
        if an_exit.kind is ExitKind.RAISE:
            catcher = self.catcher(target)
            return catcher.depth if catcher is not None else ROOT
        return target.depth

    def offer(self, an_exit: Exit) -> bool:
        """Makes an exit the pending one if it reaches further out than the one there is; tells whether it
        did."""
        if an_exit.target is not None and an_exit.target.left:
            return False
        if self.pending is not None and self.reach(self.pending) <= self.reach(an_exit):
            return False
        self.pending = an_exit
        return True

    def offer_fault(self, an_exit: Exit) -> bool:
        """Offers a fault, aimed at the `catch` that is to have it."""
        an_exit.kind = ExitKind.FAULT
        an_exit.target = self.catcher(self.innermost)
        return self.offer(an_exit)
