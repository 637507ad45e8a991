"""What compiled flows call: the statements of the language that wait, own something or leave.

The compiler refers to these by name (`flowlang.compile.python.use`); a test holds both sides equal. `S` is
the strand that runs, `B` the innermost block that exists at run time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.prices import PRICES
from flowlang.compile.runtime.steps import called, spend
from flowlang.compile.runtime.texts import text_of
from flowlang.compile.runtime.weights import check_weight
from flowlang.model.events import Emitted
from flowlang.model.places import Line
from flowlang.model.values import Duration, Outcome, Time, Value, type_name

from .acting import ACTION, act
from .blocks import Block, HandlerBody, On, Wants, without
from .exits import Exit, ExitKind, Unwind
from .leaving import await_end, cease, finish, finish_alone, leave, leave_alone, run_finally
from .listeners import WaitForEvent
from .outputs import Launch
from .slices import sliced
from .strand import Strand, WhenLeft
from .timers import TimerClass

_LONGEST_CODE = 64
_CODE = re.compile(rf"[A-Za-z_][A-Za-z0-9_.]{{0,{_LONGEST_CODE - 1}}}")
"""What logs, records and metrics carry as the code of a fault."""
_BLOCK = 40
"""Steps for a block that exists at run time: to begin it and to leave it."""


def enter(strand: Strand, catches: bool = False) -> Block:
    """Begins a block."""
    strand.meter.spend(_BLOCK)
    return Block(strand.level, catches=catches)


def within(strand: Strand, block: Block, duration: Value) -> None:
    """Gives a block its deadline."""
    due = strand.flow.at + _microseconds(duration, "within")
    block.deadline = strand.flow.timers.add(due, TimerClass.DEADLINE, block.nesting, block.expire)


def _microseconds(value: Value, what: str) -> int:
    if not isinstance(value, Duration):
        raise Fault("type", f"`{what}` takes a duration, not {type_name(value)}")
    return max(0, value.microseconds)


def on(
    strand: Strand,
    block: Block,
    line: int,
    event: str,
    wants: Wants | None,
    body: HandlerBody,
    straight: bool,
) -> None:
    """A handler lives from here to the end of its block."""
    flow = strand.flow
    handler = On(block, event, line, wants, body, after_caller=flow.caller_gone, straight=straight)
    block.handlers = (*block.handlers, handler)
    if event == "hangup":
        return  # runs when its block is left, not when the event comes
    flow.listeners.add(handler)
    while (kept := flow.events.kept(event, wants)) is not None:
        flow.events.hand_over(handler, kept)


def stream(
    strand: Strand, block: Block, line: int, name: str, body: Callable[[Strand], Awaitable[object]]
) -> Strand:
    """A stream runs beside what follows."""
    return strand.flow.spawn(block, name, body, line=line)


def join(strand: Strand, other: Strand) -> Awaitable[None]:
    """Waits for a stream; the caller's leaving does not end this."""
    if other is strand:
        raise Fault("value", "a stream cannot wait for its own end")
    return await_end(strand, other, shielded=False)


def cancel(strand: Strand, other: Strand) -> Awaitable[None]:
    """Ends a stream and waits until it is over."""
    other.aim(Exit(ExitKind.CANCEL))
    return await_end(strand, other, shielded=False)


async def join_all(strand: Strand, streams: tuple[Strand, ...]) -> None:
    """`parallel`: waits for all."""
    alone = strand.flow.ends_with_caller(strand)
    for each in streams:
        await await_end(strand, each, shielded=False)
    if alone:
        _end_with_them(strand, streams)


async def join_first(strand: Strand, streams: tuple[Strand, ...]) -> None:
    """`race`: waits for the first that is over; the end of the block ends the rest."""
    alone = strand.flow.ends_with_caller(strand)
    if streams and not any(each.over for each in streams):
        await _first_over(strand, streams)
    if alone:
        _end_with_them(strand, streams)


def _end_with_them(strand: Strand, streams: tuple[Strand, ...]) -> None:
    """A `parallel` or `race` that was begun when the caller had left, and is over for no other reason, is a
    wait of its strand: in a loop it would be over at once for ever."""
    over = [each for each in streams if each.over]
    if over and all(each.went_with_caller for each in over):
        strand.leave_with_caller()


def _first_over(strand: Strand, streams: tuple[Strand, ...]) -> Awaitable[None]:
    def wake() -> None:
        give_up()
        strand.wake()

    def give_up() -> None:
        for each in streams:
            each.on_over = without(each.on_over, wake)

    for each in streams:
        each.on_over = (*each.on_over, wake)
    return strand.suspend(give_up)


def wait(strand: Strand, line: int, duration: Value) -> Awaitable[None]:
    """`wait 5s`."""
    return _wait_to(strand, line, strand.flow.at + _microseconds(duration, "wait"))


def _wait_to(strand: Strand, line: int, due: int) -> Awaitable[None]:
    strand.line = line
    flow = strand.flow
    flow.spend(ACTION)
    if flow.ends_with_caller(strand):
        strand.leave_with_caller()
    timer = flow.timers.add(due, TimerClass.WAIT, 0, strand.wake)
    return strand.suspend(timer.cancel, when_left=WhenLeft.ENDS)


def wait_until(strand: Strand, line: int, condition: Callable[[], Value]) -> Awaitable[None]:
    """`wait until T`: a time, or a condition looked at after each input."""
    value = condition()
    if isinstance(value, Time):
        return _wait_to(strand, line, value.microseconds)
    strand.line = line
    flow = strand.flow
    if flow.ends_with_caller(strand):
        strand.leave_with_caller()
    if _is_true(value):
        return strand.given(None)
    give_up = flow.conditions.wait(strand, lambda: _is_true(condition()))
    return strand.suspend(give_up, when_left=WhenLeft.ENDS)


def _is_true(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise Fault("type", f"`wait until` takes a time or a condition, not {type_name(value)}")


def wait_for(strand: Strand, line: int, event: str, wants: Wants | None, limit: Value) -> Awaitable[Outcome]:
    """`wait for EVENT [within D]`: the event, or the outcome `timeout`."""
    strand.line = line
    flow = strand.flow
    strand.meter.spend(ACTION)
    if event == "hangup" and flow.caller_gone:
        return strand.given(flow.farewell)
    if flow.caller_gone and strand.ends_with_caller:
        strand.leave_with_caller()
    due = None if limit is None else flow.at + _microseconds(limit, "within")
    if (kept := flow.events.kept(event, wants)) is not None:
        return strand.given(kept)
    listener = WaitForEvent(strand, event, line, wants)
    flow.listeners.add(listener)
    if due is not None:
        listener.timer = flow.timers.add(due, TimerClass.WAIT, 0, listener.time_out)
    return strand.suspend(listener.give_up, when_left=WhenLeft.ENDS)


class Ticks:
    """The ticks of an `every`: the first after its duration, none while the body runs, those missed made
    one."""

    __slots__ = ("_every", "_line", "_next", "_strand")

    def __init__(self, strand: Strand, line: int, duration: Value) -> None:
        self._strand = strand
        self._line = line
        self._every = _microseconds(duration, "every")
        if self._every == 0:
            raise Fault("value", "`every` takes a duration above zero")
        self._next = strand.flow.at + self._every

    async def tick(self) -> None:
        """Waits for the next."""
        await _wait_to(self._strand, self._line, self._next)
        missed = (self._strand.flow.at - self._next) // self._every
        self._next += (missed + 1) * self._every


_START = 1_000
"""Steps that a `start` counts for: it is that much to set up, and an input can start a thousand."""


def emit(strand: Strand, line: int, event: str, data: Value) -> None:
    """`emit NAME, data`."""
    strand.line = line
    strand.flow.spend(ACTION)
    check_weight(data)
    strand.flow.events.deliver(Emitted(event, data), strand)


def start(strand: Strand, line: int, flow: str, arguments: dict[str, Value]) -> str:
    """`start FLOW(args)`: gives the new activeflow's id."""
    strand.line = line
    strand.flow.spend(_START)
    check_weight(*arguments.values())
    activeflow = strand.flow.new_activeflow_id()
    given = strand.flow.secrets.of_flow(flow, arguments)
    strand.flow.outbox.add(Launch(activeflow, flow, given))
    return activeflow


def own_exit(strand: Strand, block: Block, kind: ExitKind, value: Value = None) -> Unwind:
    """`break`, `continue` and `return` that leave blocks which exist at run time, or another strand's."""
    an_exit = Exit(kind, block, value=value, own=True)
    level = strand.level
    if not level.offer(an_exit) and level.pending is None:
        level.pending = an_exit  # aimed at a block already left: it ends the strand and does nothing more
    return Unwind()


def is_break(an_exit: Exit) -> bool:
    """Whether the loop that it was aimed at is to be left; else its next round begins."""
    return an_exit.kind is ExitKind.BREAK


def returned(an_exit: Exit) -> Value:
    """What a flow returns that something in it ended."""
    return an_exit.value


def caught(an_exit: Exit) -> Outcome:
    """The fault that a `catch` has."""
    assert an_exit.fault is not None
    return an_exit.fault.as_outcome()


def cancelled() -> Outcome:
    """The outcome of an action that one of its handlers ended."""
    return Outcome("cancelled")


def stop(strand: Strand) -> Unwind:
    """`stop`."""
    strand.level.offer(Exit(ExitKind.STOP))
    return Unwind()


def handoff(strand: Strand, line: int, flow: str, arguments: dict[str, Value]) -> Unwind:
    """`handoff FLOW(args)`."""
    strand.line = line
    strand.level.offer(Exit(ExitKind.HANDOFF, value={"flow": flow, "arguments": arguments}))
    return Unwind()


def raised(value: Value) -> Fault:
    """`raise value`: a text, a caught fault, or a map with `code` and `text`."""
    if isinstance(value, Outcome):
        return Fault(str(value.fields.get("code", value.name)), text_of(value), _line_of(value.fields))
    if isinstance(value, dict):
        code = value.get("code", "raised")
        if type(code) is not str or not _CODE.fullmatch(code):
            raise Fault("value", f"the code of a fault is a name of at most {_LONGEST_CODE} characters")
        return Fault(code, text_of(value.get("text", "")), 0)
    return Fault("raised", text_of(value))


def _line_of(fields: dict[str, Value]) -> int:
    line, file = fields.get("line"), fields.get("file")
    if not isinstance(line, int):
        return 0
    return Line(line, file) if isinstance(file, str) else line


def tick(strand: Strand) -> Awaitable[None]:
    """Some rounds of a loop are done: lets other activeflows run."""
    strand.flow.end_slice(strand)
    return strand.suspend()


def deeper(strand: Strand, depth: int, cost: int) -> int:
    """One call of a flow deeper, with what it costs in steps."""
    return called(strand.meter, depth, cost)


def now(strand: Strand) -> Time:
    """The time of the input being handled."""
    spend(strand.meter, PRICES["now"])
    return Time(strand.flow.at)


def elapsed(strand: Strand) -> Duration:
    """Since the activeflow began."""
    spend(strand.meter, PRICES["elapsed"])
    return Duration(strand.flow.at - strand.flow.began)


def random(strand: Strand, *ends: Value) -> Value:
    """Chance, the same in each replay."""
    spend(strand.meter, PRICES["random"])
    return strand.flow.chance(ends)


def predefined(strand: Strand, name: str) -> Value:
    """`call`, `caller`, `message`, `webhook`, `flow`."""
    return strand.flow.predefined[name]


SCRIPT_CALLS: dict[str, Any] = {
    each.__name__: each
    for each in (
        enter, within, on, stream, finish, finish_alone, leave, leave_alone, cease, run_finally, join, cancel,
        join_all, join_first, wait, wait_until, wait_for, Ticks, act, emit, start, own_exit, is_break,
        returned, caught, cancelled, stop, handoff, raised, tick, sliced, deeper, now, elapsed, random,
        predefined,
    )
} | {"BREAK": ExitKind.BREAK, "CONTINUE": ExitKind.CONTINUE, "RETURN": ExitKind.RETURN}  # fmt: skip
