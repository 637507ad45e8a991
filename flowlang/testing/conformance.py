"""Conformance of a backend: what every engine relies on, held against one that really runs.

    async def test_it_conforms() -> None:
        async with pigeon_loft() as loft:
            await check_backend(
                Subject(
                    make=lambda: PigeonBackend(loft.address),
                    command=lambda key, text: SendMessage("sms", "sms:+14155550100", text, key),
                    arrived=lambda: loft.letters,
                    bring=loft.send_in,
                )
            )

`flowlang`'s own backends pass the same checks. Each is a rule with a name; a breach raises
`NonconformingError`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from flowlang.backends.border import (
    NOT_FOUND,
    UNAVAILABLE,
    Backend,
    Host,
    Inbox,
    Incoming,
    Leg,
    Outlet,
    Refusal,
    nothing,
)
from flowlang.model.action import EVERY_CHANNEL, OUTLETS, THREADS
from flowlang.model.addresses import message_address, sender_of
from flowlang.model.commands import COMMANDS
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.observations import Observation
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome

PATIENCE = 10.0
"""Seconds for whatever a rule waits for."""

MEANWHILE = 0.03
"""Seconds in which nothing is to happen: backends that poll are never all asleep."""

HOSTILE = (
    "plain", "ä € 😀 مرحبا \u202eabc", "two\nlines", "a\r\nBcc: x@y.example\r\n\r\nz", ".\r\nQUIT\r\n",
    "{to}", "${x}", "%s %n", '"; DROP TABLE x; --', "<script>alert(1)</script>", "a&To=%2B19005550199",
    "a" * 1_500, "\\", "'", "\t",
)  # fmt: skip
"""Texts that have to come through as one message each, whatever the channel."""


class NonconformingError(AssertionError):
    """A backend breaks a rule; the message says which, and how."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked. `make` gives the backend, fresh each time. One that sends has `command`, which makes a
    command of a key and a text, and `arrived`, the texts that the other side got so far. One through which
    messages come in has `bring`: it has the other side send a text, returns once that side has its answer,
    and tells whether it was taken."""

    make: Callable[[], Backend]
    command: Callable[[str, str], OutsideCommand] | None = None
    arrived: Callable[[], Sequence[str]] | None = None
    bring: Callable[[Backend, str], Awaitable[bool]] | None = None
    texts: tuple[str, ...] = HOSTILE


@dataclass
class KitHost:
    """The engine's stand-in. `answer` refuses what comes in, or takes it; `holds` keeps it from being
    kept."""

    answer: Refusal | None = None
    holds: bool = False
    came: list[Incoming] = field(default_factory=list[Incoming])
    held: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    news: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    def offer(self, incoming: Incoming, leg: Leg) -> Inbox | Refusal:
        """No calls in here."""
        return Refusal(NOT_FOUND)

    def receive(self, incoming: Incoming, kept: Callable[[], None] = nothing) -> Refusal | None:
        """Something came in."""
        self.came.append(incoming)
        self.news.unpark_all()
        if self.answer is not None:
            return self.answer
        if self.holds:
            self.held.append(kept)
        else:
            kept()
        return None

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
        """Nobody watches."""

    def now(self) -> int:
        """A time at which certificates and signatures are made."""
        return round(trio.current_time() * 1_000_000) % 10**12 + 1_800_000_000_000_000


async def check_backend(subject: Subject) -> tuple[str, ...]:
    """Holds all rules that apply, and gives their names. Raises `NonconformingError`."""
    held: list[str] = []
    for name, rule in _RULES:
        try:
            if await rule(subject):
                held.append(name)
        except BaseExceptionGroup as group:
            found = breach(group)
            if found is None:
                raise
            raise found from None
    return tuple(held)


def breach(error: BaseException) -> NonconformingError | None:
    """The breach among what came at once."""
    if isinstance(error, BaseExceptionGroup):
        all_found = (breach(each) for each in error.exceptions)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
        return next((each for each in all_found if each is not None), None)
    return error if isinstance(error, NonconformingError) else None


async def _says_what_it_is(subject: Subject) -> bool:
    backend = subject.make()
    hold(bool(backend.name) and backend.name.isprintable(), f"its name is one line: {backend.name!a}")
    for what, given, known in (
        ("channels", backend.channels, EVERY_CHANNEL),
        ("commands", backend.commands, COMMANDS.keys()),
        ("outlets", backend.outlets if isinstance(backend, Outlet) else frozenset[str](), OUTLETS),
    ):
        unknown = sorted(given - set(known))
        hold(not unknown, f"its {what} are words that there are; these are not: {unknown}")
    if subject.command is not None:
        outlet = subject.command("key", "text").outlet
        has = isinstance(backend, Outlet) and outlet in backend.outlets
        hold(has, f"it has the outlet {outlet!r} and a `send`")
    return True


async def _starts_and_ends(subject: Subject) -> bool:
    async with running(subject.make(), KitHost()) as where:
        hold(where.isprintable() and bool(where), f"it tells in one line where it is: {where!a}")
    return True


async def _settles(subject: Subject) -> bool:
    backend = subject.make()
    async with running(backend, KitHost()):
        await _soon(backend.settle(), "`settle` returns when nothing is under way")
    return True


async def _sends_each_once(subject: Subject) -> bool:
    if subject.command is None:
        return False
    backend = subject.make()
    async with running(backend, KitHost()):
        for number, text in enumerate(subject.texts):
            before = _arrived(subject)
            results = await _sent(backend, [subject.command(f"each-{number}", text)])
            _hold_result(results[0], subject.command("x", text))
            if before is not None and _is_sent(results[0]):
                await waits(lambda now=before: (_arrived(subject) or 0) > now, f"{text[:40]!a} arrives")
                hold(_arrived(subject) == before + 1, f"{text[:40]!a} arrives as one message")
    return True


async def _twice_is_once(subject: Subject) -> bool:
    if subject.command is None:
        return False
    backend = subject.make()
    async with running(backend, KitHost()):
        before = _arrived(subject)
        command = subject.command("twice", "twice")
        results = [*await _sent(backend, [command, command]), *await _sent(backend, [command])]
        hold(all(each == results[0] for each in results), "the same key gives the same result again")
        if before is not None:
            hold(_arrived(subject) == before + 1, "the same key sends nothing twice")
    return True


async def _waits_until_it_runs(subject: Subject) -> bool:
    if subject.command is None:
        return False
    backend = subject.make()
    assert isinstance(backend, Outlet)
    results: list[Result] = []
    backend.send(subject.command("early", "early"), results.append)
    async with running(backend, KitHost()):
        await waits(lambda: bool(results), "what is sent before `run` is done when it runs")
    return True


async def _cancels(subject: Subject) -> bool:
    if subject.command is None:
        return False
    backend = subject.make()
    assert isinstance(backend, Outlet)
    results: list[Result] = []
    cancel = backend.send(subject.command("cancelled", "cancelled"), results.append)
    before = len(results)
    cancel()
    cancel()
    async with running(backend, KitHost()):
        await _sent(backend, [subject.command("after", "after")])
        hold(len(results) == before, "`finish` is not called after a cancel")
    return True


async def _takes_in(subject: Subject) -> bool:
    if subject.bring is None:
        return False
    backend, host = subject.make(), KitHost()
    async with running(backend, host):
        for number, text in enumerate(subject.texts[:3]):
            hold(await subject.bring(backend, text), f"{text[:40]!a} is taken")
            hold(len(host.came) == number + 1, f"{text[:40]!a} comes in as one message")
            _hold_incoming(host.came[-1], backend)
        ids = {each.id for each in host.came}
        hold(len(ids) == len(host.came), "each that comes in has an id of its own")
    return True


async def _tells_who_sent_only_what_is_kept(subject: Subject) -> bool:
    if subject.bring is None:
        return False
    backend, host = subject.make(), KitHost(holds=True)
    async with running(backend, host), trio.open_nursery() as nursery:
        told: list[bool] = []

        async def bring() -> None:
            assert subject.bring is not None
            told.append(await subject.bring(backend, "kept"))

        nursery.start_soon(bring)
        await waits(lambda: bool(host.held), "what is sent in reaches the engine")
        await trio.sleep(MEANWHILE)
        hold(not told, "the sender is not told that it is taken before it is kept")
        host.held[0]()
        await waits(lambda: bool(told), "the sender is told when it is kept")
        hold(told == [True], "what is kept is taken")
    return True


async def _refuses(subject: Subject) -> bool:
    if subject.bring is None:
        return False
    backend, host = subject.make(), KitHost(Refusal(UNAVAILABLE))
    async with running(backend, host):
        hold(not await subject.bring(backend, "refused"), "what the engine refuses is not taken")
    return True


_RULES: tuple[tuple[str, Callable[[Subject], Awaitable[bool]]], ...] = (
    ("says what it is", _says_what_it_is),
    ("starts and ends", _starts_and_ends),
    ("settles", _settles),
    ("sends each once", _sends_each_once),
    ("twice is once", _twice_is_once),
    ("waits until it runs", _waits_until_it_runs),
    ("cancels", _cancels),
    ("takes in", _takes_in),
    ("tells who sent only what is kept", _tells_who_sent_only_what_is_kept),
    ("refuses", _refuses),
)


@asynccontextmanager
async def running(backend: Backend, host: Host) -> AsyncGenerator[str]:
    """The backend at work; gives what it tells of where it is."""
    async with trio.open_nursery() as nursery:
        where = ""
        with trio.move_on_after(PATIENCE) as starting:
            where = str(await nursery.start(backend.run, host))
        hold(not starting.cancelled_caught, f"`run` calls `task_status.started` within {PATIENCE:g} s")
        yield where
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True, deadline=trio.current_time() + PATIENCE) as ending:
            while nursery.child_tasks:  # noqa: ASYNC110 (nothing tells that a task has ended)
                await trio.sleep(0.01)
        hold(not ending.cancelled_caught, f"`run` ends within {PATIENCE:g} s when it is cancelled")


async def _sent(backend: Backend, commands: list[OutsideCommand]) -> list[Result]:
    assert isinstance(backend, Outlet)
    found: list[list[Result]] = [[] for _ in commands]
    for place, command in enumerate(commands):
        backend.send(command, found[place].append)
    await waits(lambda: all(found), "`finish` is called")
    await trio.sleep(MEANWHILE)
    hold(all(len(each) == 1 for each in found), "`finish` is called once")
    return [each[0] for each in found]


def _hold_result(result: Result, command: OutsideCommand) -> None:
    match result, command:
        case Failed(code, text), _:
            hold(bool(code) and text.isprintable(), f"a fault has a code and one line: {result!a}")
        case Done(Outcome(name="sent", fields={"id": str(name)})), SendMessage():
            hold(bool(name), "a message that went out has an id")
        case Done(Outcome(name="failed", fields={"reason": str(reason)})), SendMessage():
            hold(bool(reason), "one that did not has a reason")
        case Done(Outcome(name="unknown")), SendMessage() | HttpRequest():
            pass
        case Done({"status": int(), "text": str(), "headers": dict()}), HttpRequest():
            pass
        case Done({"reason": str()}), HttpRequest():
            pass
        case _:
            is_other = not isinstance(command, SendMessage | HttpRequest)
            hold(is_other, f"this is no result of it: {result!a}")


def _hold_incoming(incoming: Incoming, backend: Backend) -> None:
    hold(incoming.channel in backend.channels, f"{incoming.channel!a} is among its channels")
    data = incoming.data
    if incoming.channel in THREADS:
        has = isinstance(data, dict) and isinstance(data.get("text"), str) and isinstance(data.get("id"), str)
        hold(has, "a message has `text` and `id`")
        channel, source = incoming.channel, incoming.source
        person = message_address(channel, source) or sender_of(channel, source)
        hold(person == source, f"{source!a} is an address with its scheme")


def _is_sent(result: Result) -> bool:
    match result:
        case Done(Outcome(name=name)):
            return name == "sent"
        case Done(_):
            return True
        case _:
            return False


def _arrived(subject: Subject) -> int | None:
    return len(subject.arrived()) if subject.arrived is not None else None


async def _soon(what: Awaitable[object], rule: str) -> None:
    with trio.move_on_after(PATIENCE) as scope:
        await what
    hold(not scope.cancelled_caught, rule)


async def waits(so: Callable[[], bool], rule: str) -> None:
    """Holds that it comes to that."""
    with trio.move_on_after(PATIENCE):
        while not so():  # noqa: ASYNC110 (what is waited for is not ours)
            await trio.sleep(0.005)
    hold(so(), rule)


def hold(so: bool, rule: str) -> None:
    """Raises `NonconformingError` where it is not so."""
    if not so:
        raise NonconformingError(f"broken: {rule}")
