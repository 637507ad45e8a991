"""How blocks end: the rules under *Leaving* in `grammar/spec.md`.

Generated code brackets each block that exists at run time so:

    B = S.enter()
    e = None
    try:
        …
        await S.finish(B)                  # it ends by itself
    except GeneratorExit:                  # the coroutine is dropped: no script runs
        raise
    except BaseException as x:
        e = await S.leave(B, x)            # it is left early; returns only if the exit was aimed at this
        block

Where no handler and no stream is written in a block there is nothing to wait for, and `finish_alone` and
`leave_alone` stand in place of the two.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault

from .blocks import Block, Level, On, without
from .exits import ROOT, Exit, ExitKind, Killed, Unwind
from .timers import TimerClass

if TYPE_CHECKING:
    from .strand import Strand


def finish(strand: Strand, block: Block) -> Awaitable[None]:
    """Ends a block by itself: its handlers finish what waits, within a minute, then its streams are
    cancelled."""
    if block.handlers or block.children:
        return _finish(strand, block)
    return strand.given(finish_alone(strand, block))


def finish_alone(_strand: Strand, block: Block) -> None:
    """As `finish`, of a block that no handler and no stream belongs to: nothing is awaited."""
    _close_alone(block)
    _go_on(block)


async def _finish(strand: Strand, block: Block) -> None:
    await _let_handlers_finish(strand, block, shielded=False)
    await _close(strand, block)
    _go_on(block)


def _go_on(block: Block) -> None:
    """Behind a block, unless an exit came up."""
    if block.level.pending is not None:
        raise Unwind


def leave(strand: Strand, block: Block, error: BaseException) -> Awaitable[Exit]:
    """Leaves a block because of an exit or a fault. Gives the exit if it was aimed at this block, else
    raises on."""
    if block.handlers or block.children:
        return _leave(strand, block, error)
    return strand.given(leave_alone(strand, block, error))


def leave_alone(strand: Strand, block: Block, error: BaseException) -> Exit:
    """As `leave`, of a block that no handler and no stream belongs to: nothing is awaited."""
    if not isinstance(error, Unwind):
        _take(strand, block, error)
    _close_alone(block)
    _raise_at(block)
    return _aimed_at(block)


async def _leave(strand: Strand, block: Block, error: BaseException) -> Exit:
    await cease(strand, block, error)
    return _aimed_at(block)


def _aimed_at(block: Block) -> Exit:
    """The pending exit, if it ends at this block."""
    level = block.level
    pending = level.pending
    assert pending is not None
    if pending.target is block:
        level.pending = None
        return pending
    raise Unwind


async def cease(strand: Strand, block: Block, error: BaseException) -> None:
    """As `leave`, but the exit stays pending: what a `finally` follows."""
    _take(strand, block, error)
    if not block.left:
        pending = block.level.pending
        if pending is not None and pending.own:
            with suppress(Unwind):  # by an exit that reaches further: then the block is left early after all
                await _let_handlers_finish(strand, block, shielded=False)
        await _close(strand, block)
    _raise_at(block)


def _take(strand: Strand, block: Block, error: BaseException) -> None:
    """A Python exception came out of a block: a fault is offered as an exit."""
    if isinstance(error, Killed):
        raise error
    if not isinstance(error, Unwind):
        block.level.offer_fault(Exit(ExitKind.FAULT, fault=strand.fault(error)))


def _raise_at(block: Block) -> None:
    """A fault that came to the block where it is to be raised is from here on one as any other."""
    level = block.level
    pending = level.pending
    if pending is not None and pending.kind is ExitKind.RAISE and pending.target is block:
        level.pending = None
        pending.kind = ExitKind.FAULT
        pending.target = block if block.catches else level.catcher(level.innermost)
        level.pending = pending


def _close_alone(block: Block) -> None:
    """Ends a block that nothing belongs to but a deadline, and takes it off its level; a second time does
    nothing."""
    if block.deadline is not None:
        block.deadline.cancel()
        block.deadline = None
    if not block.left:
        block.left = True
        block.level.innermost = block.outer


async def _let_handlers_finish(strand: Strand, block: Block, *, shielded: bool) -> None:
    """Stops the block's handlers from taking anything new, and waits until they are through."""
    flow = strand.flow
    _take_nothing_new(strand, block)
    if not any(on.busy for on in block.handlers):
        return

    def cut() -> None:
        block.watched = False
        strand.wake()

    patience = flow.timers.add(flow.at + flow.limits.ending, TimerClass.WAIT, block.nesting, cut)

    def give_up() -> None:
        patience.cancel()
        block.watched = False

    try:
        while any(on.busy for on in block.handlers) and patience.live:
            block.watched = True
            await strand.suspend(give_up, shielded=shielded)
    finally:
        give_up()


def _take_nothing_new(strand: Strand, block: Block) -> None:
    for on in block.handlers:
        strand.flow.listeners.remove(on)


async def _close(strand: Strand, block: Block) -> None:
    """Ends a block with all that belongs to it; no exit interrupts this. When the caller has left, running
    handlers may finish first and the block's `on hangup` run last."""
    flow = strand.flow
    block.left = True
    if block.deadline is not None:
        block.deadline.cancel()
        block.deadline = None
    _take_nothing_new(strand, block)
    for on in block.handlers:
        on.waiting = ()
    if flow.caller_gone:
        await _let_handlers_finish(strand, block, shielded=True)
    while block.children:
        child = block.children[-1]
        child.aim(Exit(ExitKind.CANCEL))
        while not child.over:
            await await_end(strand, child, shielded=True)
    if flow.caller_gone:
        for on in reversed(block.handlers):
            if on.event == "hangup" and not on.after_caller and on.running is None:
                await _run_on_hangup(strand, on)
    block.handlers = ()
    block.level.innermost = block.outer


def await_end(strand: Strand, other: Strand, *, shielded: bool) -> Awaitable[None]:
    """Waits until another strand is over."""
    if other.over:
        return strand.given(None)
    wake = strand.wake
    other.on_over = (*other.on_over, wake)

    def give_up() -> None:
        other.on_over = without(other.on_over, wake)

    return strand.suspend(give_up, shielded=shielded)


async def _run_on_hangup(strand: Strand, on: On) -> None:
    """Runs an `on hangup`, with a minute for it; a fault in it is logged, and no exit leads out of it."""
    flow = strand.flow
    event = flow.farewell
    try:
        if on.wants is not None and not on.wants(event):
            return
    except Fault as fault:
        flow.warn(f"fault in the condition of `on hangup`: {flow.text_of(fault)}", on.line, fault.code)
        return
    child = flow.spawn(on.block, on.name, lambda strand: on.work(strand, event), aftermath=True, line=on.line)
    limit = flow.timers.add(
        flow.at + flow.limits.ending, TimerClass.DEADLINE, ROOT, lambda: _cut(child.root, "on hangup")
    )
    await await_end(strand, child, shielded=True)
    limit.cancel()


def _cut(level: Level, what: str) -> None:
    """Ends what had its minute."""
    strand = level.strand
    an_exit = Exit(
        ExitKind.LIMIT, fault=Fault("finally_limit", f"the {what} took longer than a minute", strand.line)
    )
    if level.offer(an_exit) and level is strand.level:
        strand.interrupt()


async def run_finally(strand: Strand, body: Callable[[], Awaitable[object]]) -> None:
    """Runs a `finally` on a level of its own: no exit from outside interrupts it but the end of its
    minute."""
    flow = strand.flow
    outer = strand.level
    level = strand.level = Level(strand, outer.nesting)
    limit = flow.timers.add(
        flow.at + flow.limits.ending, TimerClass.DEADLINE, level.nesting, lambda: _cut(level, "finally")
    )
    ended: Exit | None = None
    try:
        await body()
    except Unwind:
        ended = level.pending
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault in the script
        ended = Exit(ExitKind.FAULT, fault=strand.fault(error))
    limit.cancel()
    strand.level = outer
    if ended is not None:
        _after_finally(strand, outer, ended)
    if outer.pending is not None:
        raise Unwind


def _after_finally(strand: Strand, outer: Level, ended: Exit) -> None:
    """What an exit out of a `finally` means outside: a `stop` goes on; a fault only if nothing was under
    way."""
    if ended.fault is None:
        outer.offer(ended)
    elif outer.pending is None:
        outer.offer_fault(ended)
    else:
        fault = ended.fault
        text = f"fault in a finally, while another exit is under way: {strand.flow.text_of(fault)}"
        strand.flow.warn(text, fault.line, fault.code)
