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
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault

from .blocks import Block, Level, On
from .exits import ROOT, Exit, ExitKind, Killed, Unwind
from .timers import TimerClass

if TYPE_CHECKING:
    from .strand import Strand


async def finish(strand: Strand, block: Block) -> None:
    """Ends a block by itself: its handlers finish what waits, within a minute, then its streams are
    cancelled."""
    if block.handlers or block.children or block.deadline is not None:
        await _let_handlers_finish(strand, block, shielded=False)
        await _close(strand, block)
    _remove(block)
    if block.level.pending is not None:
        raise Unwind


async def leave(strand: Strand, block: Block, error: BaseException) -> Exit:
    """Leaves a block because of an exit or a fault. Returns the exit if it was aimed at this block, else
    raises on."""
    await cease(strand, block, error)
    level = block.level
    pending = level.pending
    assert pending is not None
    if pending.target is block:
        level.pending = None
        return pending
    raise Unwind


async def cease(strand: Strand, block: Block, error: BaseException) -> None:
    """As `leave`, but the exit stays pending: what a `finally` follows."""
    level = block.level
    if isinstance(error, Killed):
        raise error
    if not isinstance(error, Unwind):
        level.offer_fault(Exit(ExitKind.FAULT, fault=strand.fault(error)))
    if not block.left:
        pending = level.pending
        if pending is not None and pending.own:
            with suppress(Unwind):  # by an exit that reaches further: then the block is left early after all
                await _let_handlers_finish(strand, block, shielded=False)
        await _close(strand, block)
        _remove(block)
    pending = level.pending
    if pending is not None and pending.kind is ExitKind.RAISE and pending.target is block:
        level.pending = None
        pending.kind = ExitKind.FAULT
        pending.target = block if block.catches else level.catcher(len(level.blocks))
        level.pending = pending


def _remove(block: Block) -> None:
    """Takes a block, and any that its code did not get to, off its level."""
    block.left = True
    del block.level.blocks[block.depth :]


async def _let_handlers_finish(strand: Strand, block: Block, *, shielded: bool) -> None:
    """Stops the block's handlers from taking anything new, and waits until they are through."""
    flow = strand.flow
    flow.listeners.remove_all(block.handlers)
    busy = [on for on in block.handlers if on.busy]
    if not busy:
        return
    patience = flow.timers.add(
        flow.at + flow.limits.ending, TimerClass.WAIT, block.nesting, lambda: _cut_handlers(strand, block)
    )

    def give_up() -> None:
        patience.cancel()
        flow.unwatch_children(block)

    try:
        while any(on.busy for on in block.handlers) and patience.live:
            flow.watch_children(block, strand)
            await strand.suspend(give_up, shielded=shielded)
    finally:
        give_up()


def _cut_handlers(strand: Strand, block: Block) -> None:
    strand.flow.unwatch_children(block)
    strand.wake(None)


async def _close(strand: Strand, block: Block) -> None:
    """Ends all that belongs to the block; no exit interrupts this. When the caller has left, running handlers
    may finish first and the block's `on hangup` run last."""
    flow = strand.flow
    block.left = True
    if block.deadline is not None:
        block.deadline.cancel()
        block.deadline = None
    flow.listeners.remove_all(block.handlers)
    for on in block.handlers:
        on.waiting.clear()
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
    block.handlers.clear()


async def await_end(strand: Strand, other: Strand, *, shielded: bool) -> None:
    """Waits until another strand is over."""
    if other.over:
        return

    def wake() -> None:
        strand.wake(None)

    other.on_over.append(wake)
    await strand.suspend(lambda: other.on_over.remove(wake), shielded=shielded)


async def _run_on_hangup(strand: Strand, on: On) -> None:
    """Runs an `on hangup`, with a minute for it; a fault in it is logged, and no exit leads out of it."""
    flow = strand.flow
    event = flow.farewell
    try:
        if on.wants is not None and not on.wants(event):
            return
    except Fault as fault:
        flow.warn(f"fault in the condition of `on hangup`: {fault.text}", on.line, fault.code)
        return
    child = flow.spawn(
        on.block, f"on hangup, line {on.line}", lambda s: on.body(s, event), aftermath=True, line=on.line
    )
    limit = flow.timers.add(
        flow.at + flow.limits.ending, TimerClass.DEADLINE, ROOT, lambda: _cut(child.levels[0], "on hangup")
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
    level = Level(strand, strand.level.nesting)
    strand.levels.append(level)
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
    strand.levels.pop()
    outer = strand.levels[-1]
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
        text = f"fault in a finally, while another exit is under way: {fault.text}"
        strand.flow.warn(text, fault.line, fault.code)
