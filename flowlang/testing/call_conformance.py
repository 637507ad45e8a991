"""Conformance of a backend for calls: what `border.Leg` says, held against legs that really ring.

    async def test_it_conforms() -> None:
        async with exchange() as office:
            await check_call_backend(
                CallSubject(
                    make=lambda: DeskBackend(office.address),
                    call=lambda _backend: office.call("desk"),
                    long=Play(0, ("minute.wav",)),
                    short=Play(0, ("beep.wav",)),
                    to="sip:bob@office.example",
                    called=lambda _backend: office.next_call(),
                )
            )

`flowlang`'s simulator, SIP and pyVoIP pass the same checks. A rule that needs what a backend cannot do, by
its `commands`, is not held against it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

import trio

from flowlang.backends.border import (
    Backend,
    Host,
    Inbox,
    Incoming,
    Leg,
    Outgoing,
    Placer,
    Refusal,
    nothing,
)
from flowlang.model.commands import Answer, BackendCommand, HangUp, PlaceCall, Play, Reject, Ring, Say
from flowlang.model.events import CallAnswered, CallEnded, CallRefused, CallRinging, DigitPressed, Event
from flowlang.model.message_commands import SendMessage
from flowlang.model.observations import LegAnswered, LegEnded, LegRang, Observation
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import SECOND

from .conformance import MEANWHILE, breach, hold, running, waits

_T = TypeVar("_T")
_DIGITS = "12#"
_BUSY, _AWAY, _UNKNOWN, _DECLINED, _ELSEWHERE = 486, 480, 404, 603, 200
_CANCELLED = 487


class FarEnd(Protocol):
    """Whoever is at the other end of a call: what he sees, and what he does. All returns at once, or when it
    is done."""

    @property
    def rang(self) -> bool:
        """Whether he was told that it rings, or his own phone does."""
        ...

    @property
    def answered(self) -> bool:
        """Whether the call is, or was, up."""
        ...

    @property
    def status(self) -> int | None:
        """With which it was refused, in SIP's terms."""
        ...

    @property
    def over(self) -> bool:
        """Whether the call is over, in any way."""
        ...

    async def press(self, digits: str) -> None:
        """Presses keys."""
        ...

    async def hang_up(self) -> None:
        """Leaves, or gives up."""
        ...

    async def answer(self) -> None:
        """Takes the call, where he is called."""
        ...

    async def reject(self, status: int) -> None:
        """Does not take it."""
        ...


@dataclass(frozen=True, slots=True)
class CallSubject:
    """What is checked. `make` gives the backend, fresh each time. `call` has somebody call, by the backend
    that runs. `long` lasts two seconds or more, `short` not half a second; they are said to leg 0. A
    backend that places calls has `to`, whom it can call, and `called`, which waits for that call there."""

    make: Callable[[], Backend]
    call: Callable[[Backend], Awaitable[FarEnd]]
    long: Say | Play
    short: Say | Play
    to: str | None = None
    called: Callable[[Backend], Awaitable[FarEnd]] | None = None


@dataclass(eq=False)
class Taken:
    """A leg that the kit has: `seen` are its events and the results of what it was asked for, in order."""

    activeflow: str = "conformance"
    _leg: Leg | None = None
    seen: list[object] = field(default_factory=list[object])

    @property
    def leg(self) -> Leg:
        """The leg itself."""
        assert self._leg is not None  # it is set before anybody has this
        return self._leg

    @leg.setter
    def leg(self, leg: Leg) -> None:
        self._leg = leg

    def why_refused(self, to: str) -> str | None:
        """Everything is allowed."""
        return None

    def deliver(self, event: Event) -> None:
        """Something came of it."""
        self.seen.append(event)

    def begin(self, command: BackendCommand) -> tuple[list[Result], Callable[[], None]]:
        """Gives a command: its results so far, and how to cancel it."""
        results: list[Result] = []

        def finish(result: Result) -> None:
            results.append(result)
            self.seen.append(result)

        return results, self.leg.perform(command, finish)

    async def do(self, command: BackendCommand) -> Result:
        """Gives a command and waits for its result."""
        results, _ = self.begin(command)
        await waits(lambda: bool(results), f"`{command.name}` is finished")
        return results[0]

    def of(self, kind: type[_T]) -> list[_T]:
        """What of this kind was seen."""
        return [each for each in self.seen if isinstance(each, kind)]

    @property
    def digits(self) -> str:
        """All that were pressed."""
        return "".join(each.digit for each in self.of(DigitPressed))


@dataclass
class CallKitHost:
    """The engine's stand-in, that takes each call, or refuses it with `refuse`."""

    refuse: int | None = None
    taken: list[Taken] = field(default_factory=list[Taken])
    observed: list[Observation] = field(default_factory=list[Observation])

    def offer(self, incoming: Incoming, leg: Leg) -> Inbox | Refusal:
        """Somebody calls."""
        if self.refuse is not None:
            return Refusal(self.refuse)
        near = Taken()
        near.leg = leg
        self.taken.append(near)
        return near

    def receive(self, incoming: Incoming, kept: Callable[[], None] = nothing) -> Refusal | None:
        """No messages in here."""
        return Refusal(_UNKNOWN)

    def refused(self, incoming: Incoming, why: str) -> None:
        """Nobody keeps it."""

    def why_not(self, command: SendMessage) -> str | None:
        """Everything may go out."""

    def report(
        self, message: str, status: str, reason: str | None = None, kept: Callable[[], None] = nothing
    ) -> None:
        """Nobody waits for it."""
        kept()

    def observe(self, observation: Observation) -> None:
        """Something is told for records."""
        self.observed.append(observation)

    def now(self) -> int:
        """Trio's time."""
        return round(trio.current_time() * SECOND)

    def of(self, kind: type[_T]) -> list[_T]:
        """What of this kind was observed."""
        return [each for each in self.observed if isinstance(each, kind)]


@dataclass(frozen=True, slots=True)
class _Call:
    """A call under way: both ends, and the host."""

    far: FarEnd
    near: Taken
    host: CallKitHost
    subject: CallSubject

    async def up(self) -> None:
        hold(await self.near.do(Answer(0)) == Done(), "`answer` is done once the call is up")
        await waits(lambda: self.far.answered, "who calls is answered")

    async def ended(self, by: str, cause: str, status: int) -> None:
        """Holds that records have its end once, and how."""
        await waits(lambda: bool(self.host.of(LegEnded)), "the end of a leg is observed")
        await trio.sleep(MEANWHILE)
        ends = [(each.by, each.cause) for each in self.host.of(LegEnded)]
        hold(ends == [(by, cause)], f"the end is observed once, as {by} and {cause}: {ends}")
        found = self.host.of(LegEnded)[0].status
        hold(found == status, f"the status of the end is {status}: {found}")


async def check_call_backend(subject: CallSubject) -> tuple[str, ...]:
    """Holds all rules that apply, and gives their names. Raises `NonconformingError`."""
    able = subject.make().commands
    held: list[str] = []
    for name, needed, places, rule in _RULES:
        if not needed <= able or (places and subject.called is None):
            continue
        try:
            async with (_placed if places else _incoming)(subject) as call:
                await rule(call)
        except BaseExceptionGroup as group:
            found = breach(group)
            if found is None:
                raise
            raise type(found)(f"{name}: {found}") from None
        held.append(name)
    await _refuses_what_no_flow_takes(subject)
    return (*held, "refuses what no flow takes")


async def _refuses_what_no_flow_takes(subject: CallSubject) -> None:
    backend, host = subject.make(), CallKitHost(refuse=_UNKNOWN)
    async with running(backend, cast(Host, host)):
        far = await subject.call(backend)
        await waits(lambda: far.status == _UNKNOWN, "who calls gets the status of the refusal")
        await _Call(far, Taken(), host, subject).ended("us", "not_found", _UNKNOWN)


@asynccontextmanager
async def _incoming(subject: CallSubject) -> AsyncGenerator[_Call]:
    backend, host = subject.make(), CallKitHost()
    async with running(backend, cast(Host, host)):
        far = await subject.call(backend)
        await waits(lambda: bool(host.taken), "a call is offered to the engine")
        yield _Call(far, host.taken[0], host, subject)


@asynccontextmanager
async def _placed(subject: CallSubject) -> AsyncGenerator[_Call]:
    backend, host, near = subject.make(), CallKitHost(), Taken()
    assert subject.to is not None
    assert subject.called is not None
    async with running(backend, cast(Host, host)):
        outgoing = Outgoing("conformance-1", subject.to, None, None)
        near.leg = cast(Placer, backend).place(outgoing, near)
        yield _Call(await subject.called(backend), near, host, subject)


async def _answers(call: _Call) -> None:
    await call.up()
    hold(await call.near.do(Answer(0)) == Done(), "a second `answer` is done too")
    hold(len(call.host.of(LegAnswered)) == 1, "that it is answered is observed once")


async def _rings(call: _Call) -> None:
    for _ in range(2):
        hold(await call.near.do(Ring(0)) == Done(), "`ring` is done at once")
    await waits(lambda: call.far.rang, "who calls is told that it rings")
    hold(len(call.host.of(LegRang)) == 1, "that it rings is observed once")


async def _rejects(call: _Call) -> None:
    hold(await call.near.do(Reject(0, _AWAY, None)) == Done(), "`reject` is done at once")
    await waits(lambda: call.far.status == _AWAY, "who calls gets the status that the flow says")
    await call.ended("us", "no_answer", _AWAY)


async def _rejects_nothing_answered(call: _Call) -> None:
    await call.up()
    result = await call.near.do(Reject(0, _AWAY, None))
    hold(isinstance(result, Failed), "a call that is answered cannot be rejected")
    hold(not call.far.over, "and goes on")


async def _refuses_by_hang_up(call: _Call) -> None:
    hold(await call.near.do(HangUp(0, _DECLINED)) == Done(), "`hangup` is done at once")
    await waits(lambda: call.far.status == _DECLINED, "before the answer it refuses with its status")
    await call.ended("us", "rejected", _DECLINED)


async def _plays_to_the_end(call: _Call) -> None:
    await call.up()
    results, _ = call.near.begin(call.subject.short)
    again, _ = call.near.begin(call.subject.short)
    hold(not results, "what is said takes time")
    await waits(lambda: bool(again), "what is said is finished at its end")
    hold(results == again == [Done()], "one thing is said after the other, each finished once")


async def _is_cut(call: _Call) -> None:
    await call.up()
    results, cancel = call.near.begin(call.subject.long)
    cancel()
    cancel()
    hold(await call.near.do(call.subject.short) == Done(), "after a cancel the next is heard")
    hold(not results, "what is cancelled is not finished")


async def _hears_digits(call: _Call) -> None:
    await call.up()
    await call.far.press(_DIGITS)
    await waits(lambda: len(call.near.digits) >= len(_DIGITS), "keys are delivered")
    hold(call.near.digits == _DIGITS, f"each once and in order: {call.near.digits}")


async def _hangs_up(call: _Call) -> None:
    await call.up()
    hold(await call.near.do(HangUp(0, _DECLINED)) == Done(), "`hangup` is done at once")
    await waits(lambda: call.far.over, "the other side learns that we hung up")
    await call.ended("us", "normal", 200)


async def _is_left(call: _Call) -> None:
    await call.up()
    await call.far.hang_up()
    await waits(lambda: bool(call.near.of(CallEnded)), "that the caller left is delivered")
    await call.ended("caller", "normal", 200)
    hold([each.cause for each in call.near.of(CallEnded)] == ["normal"], "once, as `normal`")


async def _is_given_up(call: _Call) -> None:
    await call.far.hang_up()
    await waits(lambda: bool(call.near.of(CallEnded)), "that the caller gave up is delivered")
    await call.ended("caller", "cancelled", _CANCELLED)
    hold([each.cause for each in call.near.of(CallEnded)] == ["cancelled"], "once, as `cancelled`")


async def _is_gone(call: _Call) -> None:
    await call.up()
    under_way, _ = call.near.begin(call.subject.long)
    await call.far.hang_up()
    await waits(lambda: bool(under_way), "what is under way at the end is finished")
    kinds = [type(each) for each in call.near.seen if isinstance(each, CallEnded | Failed)]
    hold(kinds == [CallEnded, Failed], "and after the end was delivered")
    for command in (Answer(0), call.subject.short, HangUp(0, _DECLINED)):
        under_way.append(await call.near.do(command))
    codes = [each.code if isinstance(each, Failed) else "" for each in under_way]
    hold(codes == ["gone"] * 4, f"whatever a leg is asked for after its end is `gone`: {codes}")


async def _is_released(call: _Call) -> None:
    await call.up()
    call.near.leg.release()
    await call.far.hang_up()
    await call.ended("caller", "normal", 200)
    hold(not call.near.of(CallEnded), "to an activeflow that is over nothing is delivered")


async def _places(call: _Call) -> None:
    await call.far.answer()
    await waits(lambda: bool(call.near.of(CallAnswered)), "that it is answered is delivered")
    kinds = [type(each) for each in call.near.seen if not isinstance(each, CallRinging)]
    hold(kinds == [CallAnswered], "once, and nothing else but that it rings")
    await call.far.press(_DIGITS)
    await waits(lambda: call.near.digits == _DIGITS, "keys of who is called are delivered")
    await call.far.hang_up()
    await waits(lambda: bool(call.near.of(CallEnded)), "that he left is delivered")
    await call.ended("callee", "normal", 200)


async def _places_in_vain(call: _Call) -> None:
    await call.far.reject(_BUSY)
    await waits(lambda: bool(call.near.of(CallRefused)), "that it is refused is delivered")
    await call.ended("callee", "busy", _BUSY)
    hold([each.status for each in call.near.of(CallRefused)] == [_BUSY], "once, with the status")
    hold(not call.near.of(CallEnded), "what was never up does not end as a call")


async def _gives_up(call: _Call) -> None:
    hold(await call.near.do(HangUp(0, _ELSEWHERE)) == Done(), "`hangup` is done at once")
    await waits(lambda: call.far.over, "who is called learns that we gave up")
    await call.ended("us", "cancelled", _CANCELLED)


def _needs(*commands: type[BackendCommand]) -> frozenset[str]:
    return frozenset(each.name for each in commands)


_SPEAKS = _needs(Answer, Play)
_RULES: tuple[tuple[str, frozenset[str], bool, Callable[[_Call], Awaitable[None]]], ...] = (
    ("answers", _needs(Answer), False, _answers),
    ("rings", _needs(Ring), False, _rings),
    ("rejects", _needs(Reject), False, _rejects),
    ("rejects nothing answered", _needs(Answer, Reject), False, _rejects_nothing_answered),
    ("refuses by hanging up", _needs(HangUp), False, _refuses_by_hang_up),
    ("plays to the end", _SPEAKS, False, _plays_to_the_end),
    ("is cut", _SPEAKS, False, _is_cut),
    ("hears digits", _needs(Answer), False, _hears_digits),
    ("hangs up", _needs(Answer, HangUp), False, _hangs_up),
    ("is left", _needs(Answer), False, _is_left),
    ("is given up", frozenset(), False, _is_given_up),
    ("is gone", _SPEAKS | _needs(HangUp), False, _is_gone),
    ("is released", _needs(Answer), False, _is_released),
    ("places", _needs(PlaceCall), True, _places),
    ("places in vain", _needs(PlaceCall), True, _places_in_vain),
    ("gives up", _needs(PlaceCall, HangUp), True, _gives_up),
)
