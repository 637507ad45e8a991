"""Messages of all activeflows: which one gets what comes in, and what goes out through which backend.

What comes in is looked at by the porter first; then it is the activeflow's that has the thread, else a
route's. What goes out gives its sender the thread, where it is nobody's, and its id tells whose the reports
on it are. All of that lives as long as the activeflow: recovery works it out again from the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flowlang.backends.border import (
    FORBIDDEN,
    UNAVAILABLE,
    Backend,
    Finish,
    Incoming,
    Outlet,
    Refusal,
    nothing,
)
from flowlang.core import Opening, StopAsked
from flowlang.core.manners import Arrived, Dropped, Porter
from flowlang.core.threads import Report, Threads
from flowlang.model.action import THREADS
from flowlang.model.addresses import same_person
from flowlang.model.events import MessageReceived, MessageReported
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.observations import Refused
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome, Value

if TYPE_CHECKING:
    from flowlang.store.protocol import Thread

    from .engine import Engine
    from .running import Running

_REMEMBERED = 20_000
"""Ids of messages that were here: a store on disk knows those that are pushed out, and for longer."""

Offer = Callable[[Incoming, Callable[[], None]], "Refusal | None"]
"""Starts the flow of a route; the callback is called when that is on disk."""


class Post:
    """Of one engine."""

    def __init__(self, engine: Engine, backends: Iterable[Backend], porter: Porter) -> None:
        self._engine = engine
        self._porter = porter
        self._threads = Threads()
        self._outlets: dict[str, Outlet] = {}
        for backend in backends:
            if isinstance(backend, Outlet):
                for outlet in backend.outlets:
                    self._outlets.setdefault(outlet, backend)  # the first that has it
        self._held: list[Callable[[], None]] | None = None
        self._confirming: set[str] = set()  # keys of what tells that somebody has opted out or in
        self._seen: dict[tuple[str, str], list[Callable[[], None]] | None] = {}
        self._waiting: dict[str, str] = {}  # activeflows that go on at a later start only, and why

    # -- in

    def receive(self, incoming: Incoming, kept: Callable[[], None], offer: Offer) -> Refusal | None:
        """See `border.Host`; `offer` starts the flow of a route."""
        data = incoming.data if isinstance(incoming.data, dict) else {}
        message = data.get("id")
        if not isinstance(message, str):
            return self._take(incoming, data, kept, offer)
        if self._threads.owner(incoming.channel, incoming.source, incoming.to) is None:
            self._engine.parking.wake_thread(incoming.channel, incoming.source, incoming.to)
        name = incoming.channel, message  # after that: who is woken tells what was here for him
        if name in self._seen:
            before = self._seen[name]
            if before is None:
                kept()
            else:
                before.append(kept)
            return None
        if self._engine.keeper.was_here(*name):
            kept()
            return None
        waiting = [kept]
        self._remember(name, waiting)

        def all_kept() -> None:
            if self._seen.get(name) is waiting:
                self._seen[name] = None
            for each in waiting:
                each()

        refused = self._take(incoming, data, all_kept, offer)
        if refused is not None:
            del self._seen[name]
        return refused

    def _remember(self, name: tuple[str, str], waiting: list[Callable[[], None]] | None) -> None:
        if len(self._seen) >= _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[name] = waiting

    def _take(
        self, incoming: Incoming, data: dict[str, Value], kept: Callable[[], None], offer: Offer
    ) -> Refusal | None:
        if incoming.channel not in THREADS:
            return offer(incoming, kept)
        channel, person, ours = incoming.channel, incoming.source, incoming.to
        text, now = str(data.get("text") or ""), self._engine.now()
        asleep: str | None = None
        if not any(self._threads.knows(channel, each) for each in incoming.answers):
            for each in incoming.answers:
                asleep = self._engine.parking.wake_sender(channel, each) or asleep
        if self._threads.owner(channel, person, ours, incoming.answers) is None:
            asleep = asleep or self._engine.parking.wake_thread(channel, person, ours)
        owner = self._threads.owner(channel, person, ours, incoming.answers)
        if owner is not None:
            asleep = owner.activeflow if owner.activeflow in self._waiting else None
        running = self._engine.alive(owner.activeflow) if owner is not None else None
        message = _text(data.get("id"))
        arrived = Arrived(channel, person, ours, text, message, incoming.automatic)
        dropped = self._porter.looks_at(arrived, now, in_thread=running is not None or asleep is not None)
        if dropped is not None:
            self._drop(incoming, dropped, running)
            if dropped.refused:
                return Refusal(FORBIDDEN)
            if message is not None:
                self._engine.keeper.here(channel, message, now)
                self._engine.keeper.wake()
            kept()
            return None
        if asleep is not None:
            why = self._waiting.get(asleep, "it cannot be woken now")
            text = f"activeflow {asleep} has this thread and is held: {why}"
            self._engine.observed(Refused(now, channel, person, ours, UNAVAILABLE, text))
            return Refusal(UNAVAILABLE)
        if owner is None or running is None:
            return offer(incoming, kept)
        subject = _text(data.get("subject"))
        event = MessageReceived(owner.leg, text, subject, channel, person, message)

        def taken(has: bool) -> None:
            if not has and running.flow.ending is not None:  # it ended before it came to this
                refused = offer(incoming, kept)
                if refused is None:
                    return
            kept()

        running.deliver(event, taken)
        return None

    def _drop(self, incoming: Incoming, dropped: Dropped, running: Running | None) -> None:
        engine, now = self._engine, self._engine.now()
        channel, person, ours = incoming.channel, incoming.source, incoming.to
        engine.observed(Refused(now, channel, person, ours, FORBIDDEN, dropped.why))
        if running is not None and dropped.stops:
            running.put(StopAsked(now))
        backend = self._outlets.get(channel)
        if dropped.answer is None or backend is None:
            return
        match channel:
            case "sms" | "email" | "chat":
                key = f"manners-{engine.new_id()}"
                self._confirming.add(key)
                command = SendMessage(channel, person, dropped.answer, key, ours)
                backend.send(command, lambda _result: self._confirming.discard(key))
            case _:
                raise AssertionError(channel)

    def report(self, channels: Iterable[str], message: str, status: str, reason: str | None) -> None:
        """What became of a message that went out, as one tells who carries these channels and no other."""
        known = [each for each in channels if self._threads.knows(each, message)]
        if not known:
            for each in channels:
                self._engine.parking.wake_sender(each, message)
            known = [each for each in channels if self._threads.knows(each, message)]
        for each in known or channels:  # where none is known yet it may be early
            self._tell(message, self._threads.reported(each, message, status, reason))

    def _tell(self, message: str, report: Report | None) -> None:
        running = self._engine.alive(report.activeflow) if report is not None else None
        if report is not None and running is not None:
            running.deliver(MessageReported(message, report.status, report.to, report.reason))

    # -- out

    def why_not(self, command: SendMessage) -> str | None:
        """See `border.Host`: who opted out gets the confirmation, and nothing that waited."""
        if command.key in self._confirming or not self._porter.wants_none(command.to):
            return None
        return "opted_out"

    def hold(self) -> None:
        """What is sent from now on waits: recovery goes on with what was under way before any backend
        runs."""
        self._held = []

    def let_go(self) -> None:
        """The backends run."""
        held, self._held = self._held or (), None
        for each in held:
            each()

    def send(self, activeflow: str, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Has the first backend with that outlet do it; returns how to cancel it."""
        finish, withdrawing = self._engine.outbox.watch(command, finish)
        return withdrawing(self.resend(activeflow, command, finish))

    def resend(self, activeflow: str, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """The same of what is in the outbox already."""
        if self._held is None:
            return self._send(activeflow, command, finish)
        cancel: Callable[[], None] | None = nothing

        def begin() -> None:
            nonlocal cancel
            if cancel is not None:
                cancel = self._send(activeflow, command, finish)

        def withdraw() -> None:
            nonlocal cancel
            given, cancel = cancel, None
            if given is not None:
                given()

        self._held.append(begin)
        return withdraw

    def _send(self, activeflow: str, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        backend = self._outlets.get(command.outlet)
        if backend is None:
            finish(Failed("no_backend", f"no backend here has the outlet `{command.outlet}`"))
            return nothing
        if not isinstance(command, SendMessage) or command.channel == "notify":
            return backend.send(command, finish)
        why_not = self._porter.why_not(command, self._engine.now())
        if why_not is not None:
            finish(Done(Outcome("failed", {"reason": why_not})))
            return nothing
        if self._threads.owner(command.channel, command.to, command.source or "") is None:
            self._engine.parking.wake_thread(command.channel, command.to, command.source or "")
        self._threads.sent(command, activeflow)

        def finish_named(result: Result) -> None:
            message = _id_of(result)
            reports = self._threads.named(message, command, activeflow) if message is not None else ()
            finish(result)
            for report in reports:
                self._tell(message or "", report)

        return backend.send(command, finish_named)

    # -- activeflows

    def opened(self, running: Running) -> None:
        """One began, or is back."""
        opening = running.flow.opening
        if opening.channel in THREADS:
            self._threads.opened(opening)

    def held(self, activeflow: str) -> tuple[list[Thread], list[str]]:
        """The threads that one has, and the messages that it sent."""
        return self._threads.held(activeflow)

    def left_over(self, running: Running, offer: Offer) -> None:
        """One ends, and has messages of its thread that it never took. Those who wrote were told that they
        are kept, so they begin what they would have begun had they come a moment later."""
        opening = running.flow.opening
        kept = [
            each.fields for each in running.flow.messages.kept if _is(each.fields["from"], opening.source)
        ]
        if opening.channel not in THREADS or opening.source is None or opening.to is None or not kept:
            return
        channel, person, ours = opening.channel, opening.source, opening.to
        self._threads.over(running.activeflow)
        for fields in kept:
            data = {"text": fields["text"], "subject": fields["subject"], "id": fields["id"]}
            owner = self._threads.owner(channel, person, ours)
            successor = self._engine.alive(owner.activeflow) if owner is not None else None
            if owner is None or successor is None:
                offer(Incoming(channel, ours, person, self._engine.new_id(), data=data), nothing)
            else:
                text, subject, message = str(data["text"]), _text(data["subject"]), _text(data["id"])
                successor.deliver(MessageReceived(owner.leg, text, subject, channel, person, message))

    def over(self, activeflow: str) -> None:
        """One ended."""
        self._threads.over(activeflow)

    def recovered(
        self,
        running: Running,
        sent: Iterable[tuple[SendMessage, Result | None]],
        received: Iterable[tuple[str, str]],
    ) -> None:
        """One is back that had sent these messages, and received those: channel and id. What came of each
        that it sent is `None` where nobody knows."""
        opening = running.flow.opening
        if opening.came_as is not None and opening.channel is not None:
            self._remember((opening.channel, opening.came_as), None)
            if opening.automatic:
                self._porter.is_automatic(opening.came_as)
        for each in received:
            self._remember(each, None)
        self._sent(running.activeflow, sent)

    def waits(self, opening: Opening, why: str) -> None:
        """One goes on at a later start: until then nobody else gets what comes in its threads."""
        self._waiting[opening.activeflow] = why
        if opening.channel in THREADS:
            self._threads.opened(opening)

    def waiting_sent(self, activeflow: str, sent: Iterable[tuple[SendMessage, Result | None]]) -> None:
        """Such a one had sent these."""
        self._sent(activeflow, sent)

    def _sent(self, activeflow: str, sent: Iterable[tuple[SendMessage, Result | None]]) -> None:
        for command, result in sent:
            self._threads.sent(command, activeflow)
            message = _id_of(result) if result is not None else None
            if message is not None:
                self._threads.named(message, command, activeflow)


def outlets_of(backend: Backend) -> frozenset[str]:
    """What a backend can do for any flow."""
    return frozenset(backend.outlets) if isinstance(backend, Outlet) else frozenset()


def _id_of(result: Result) -> str | None:
    """What delivery reports call the message that went out."""
    match result:
        case Done(Outcome(name="sent", fields=fields)):
            return _text(fields.get("id"))
        case _:
            return None


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _is(person: Value, other: str | None) -> bool:
    return isinstance(person, str) and other is not None and same_person(person) == same_person(other)
