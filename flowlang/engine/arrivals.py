"""Messages that come in, and which activeflow each is for.

The porter looks at one first; then it is the activeflow's that has the thread, else a route's. No message is
taken twice: those that were here are known by their ids, of one address of ours each. Where an activeflow
ends with messages that it never took, they begin what they would have begun a moment later.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from flowlang.backends.border import FORBIDDEN, UNAVAILABLE, Incoming, Refusal, nothing
from flowlang.core import Happened, StopAsked
from flowlang.core.manners import Arrived, Dropped, Porter
from flowlang.core.threads import Owner, Threads
from flowlang.model.action import THREADS
from flowlang.model.addresses import seen_as
from flowlang.model.events import CALLER_LEG, ELSEWHERE, MessageReceived
from flowlang.model.message_commands import SendMessage
from flowlang.model.observations import Refused
from flowlang.model.secrets import Secret, shown_text
from flowlang.model.values import Value

from .message_records import text_of

if TYPE_CHECKING:
    from .engine import Engine
    from .running import Running

_REMEMBERED = 20_000
"""Ids of messages that were here: a store on disk knows those that are pushed out, and for longer."""

Offer = Callable[[Incoming, Callable[[], None]], "Refusal | None"]
"""Starts the flow of a route; the callback is called when that is on disk."""


class Arrivals:
    """Of one engine."""

    def __init__(self, engine: Engine, threads: Threads, porter: Porter) -> None:
        self._engine = engine
        self._threads = threads
        self._porter = porter
        self._seen: dict[tuple[str, str], list[Callable[[], None]] | None] = {}
        self._waiting: dict[str, str] = {}

    def receive(self, incoming: Incoming, kept: Callable[[], None], offer: Offer) -> Refusal | None:
        """See `border.Host`; `offer` starts the flow of a route."""
        data = incoming.data if isinstance(incoming.data, dict) else {}
        message = data.get("id")
        if not isinstance(message, str):
            return self._take(incoming, data, kept, offer)
        self._engine.parking.wake_thread(incoming.channel, incoming.source, incoming.to)
        # After that: who is woken tells what was here for him.
        name = incoming.channel, seen_as(incoming.to, message)
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
        self._expect(name, waiting)

        def all_kept() -> None:
            if self._seen.get(name) is waiting:
                self._seen[name] = None
            for each in waiting:
                each()

        refused = self._take(incoming, data, all_kept, offer)
        if refused is not None:
            del self._seen[name]
        return refused

    def remember(self, channel: str, seen: str) -> None:
        """One was here before this process, known as of `seen_as`."""
        self._expect((channel, seen), None)

    def is_automatic(self, message: str) -> None:
        """A machine had sent one by itself."""
        self._porter.is_automatic(message)

    def waits(self, activeflow: str, why: str) -> None:
        """One goes on at a later start: until then nobody else gets what comes in its threads."""
        self._waiting[activeflow] = why

    def is_held(self, activeflow: str) -> bool:
        """Whether that is one of them."""
        return activeflow in self._waiting

    def left_over(self, running: Running, offer: Offer) -> None:
        """One ends, and has messages that it never took, whoever wrote them and whatever it began with. Who
        wrote was told that they are kept, so they begin what they would have begun had they come a moment
        later."""
        self._threads.over(running.activeflow)
        for fields in (each.fields for each in running.flow.messages.kept):
            if fields["to"] is None:  # journaled before that was kept
                continue
            channel, person, ours = (str(fields[each]) for each in ("channel", "from", "to"))
            data = {"text": fields["text"], "subject": fields["subject"], "id": fields["id"]}
            reply_to = text_of(fields.get("reply_to"))  # journaled before that was kept: none
            incoming = Incoming(channel, ours, person, self._engine.new_id(), data=data, reply_to=reply_to)
            self._give_on(incoming, nothing, offer)

    def give_on(self, activeflow: str, event: MessageReceived, offer: Offer) -> None:
        """The same for one that was kept on disk for an activeflow which did not take it."""
        if event.channel is None or event.source is None or event.to is None:
            return
        running = self._engine.alive(activeflow)
        if running is None or running.flow.ending is not None:
            self._threads.over(activeflow)
        data: dict[str, Value] = {"text": event.text, "subject": event.subject, "id": event.id}
        name, reply_to = self._engine.new_id(), event.reply_to
        incoming = Incoming(event.channel, event.to, event.source, name, data=data, reply_to=reply_to)
        self._give_on(incoming, nothing, offer)

    def _give_on(self, incoming: Incoming, kept: Callable[[], None], offer: Offer) -> Refusal | None:
        """To the next one, who may be parked; one that is held has it when it goes on."""
        owner, asleep = self._whose(incoming)
        if asleep is None:
            return self._give(incoming, kept, offer)
        if owner is None or owner.activeflow != asleep:
            is_caller = self._engine.parking.began_with(asleep, incoming.channel, incoming.source)
            owner = Owner(asleep, CALLER_LEG if is_caller else ELSEWHERE)
        event = _received(incoming, owner)
        if not self._engine.requests.keep(asleep, Happened(self._engine.now(), event)):
            return self._give(incoming, kept, offer)
        if kept is not nothing:
            self._engine.keeper.after(lambda _has: kept())
        return None

    def _expect(self, name: tuple[str, str], waiting: list[Callable[[], None]] | None) -> None:
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
        owner, asleep = self._whose(incoming)
        running = self._engine.alive(owner.activeflow) if owner is not None else None
        message = text_of(data.get("id"))
        arrived = Arrived(channel, person, ours, text, message, incoming.automatic)
        dropped = self._porter.looks_at(arrived, now, in_thread=running is not None or asleep is not None)
        # Of one that cannot be woken nobody knows whether this address is a secret of its.
        has_it = owner if asleep is None or (owner is not None and owner.activeflow == asleep) else None
        hides = has_it.hides if has_it is not None else asleep is not None
        shown = Secret(person) if hides else person
        if dropped is not None:
            self._drop(incoming, shown, dropped, running, nothing if dropped.refused else kept)
            return Refusal(FORBIDDEN) if dropped.refused else None
        if asleep is not None:
            why = self._waiting.get(asleep, "it cannot be woken now")
            return self._later(incoming, shown, f"activeflow {asleep} has this thread and is held: {why}")
        if owner is not None and running is not None and not running.has_room(owner.leg):
            return self._later(
                incoming, shown, f"as many messages wait for activeflow {owner.activeflow} as are kept"
            )
        return self._give(incoming, kept, offer)

    def _later(self, incoming: Incoming, person: str, why: str) -> Refusal:
        engine, shown = self._engine, shown_text(person)
        engine.observed(Refused(engine.now(), incoming.channel, shown, incoming.to, UNAVAILABLE, why))
        engine.messages.refused(incoming, why, hidden=isinstance(person, Secret))
        return Refusal(UNAVAILABLE)

    def _give(self, incoming: Incoming, kept: Callable[[], None], offer: Offer) -> Refusal | None:
        """To the activeflow that has the thread, else a route's. Where the one ends before it comes to that,
        it is the next one's; of what nobody takes then the record tells."""
        channel, person, ours = incoming.channel, incoming.source, incoming.to
        owner = self._threads.owner(channel, person, ours, incoming.answers)
        running = self._engine.alive(owner.activeflow) if owner is not None else None
        if owner is None or running is None:
            return offer(incoming, kept)

        def taken(has: bool) -> None:
            if has:
                kept()
                return
            if running.flow.ending is None:  # it had no room after all
                refused = offer(incoming, kept)
            else:
                self._threads.over(running.activeflow)
                refused = self._give_on(incoming, kept, offer)
            if refused is not None:
                self._engine.keeper.after(lambda _has: kept())

        given = Happened(self._engine.now(), _received(incoming, owner))
        if running.flow.ending is None:
            if kept is nothing:  # who wrote was told already
                self._engine.keeper.with_group(running.activeflow, given)
            came = partial(self._engine.messages.came, incoming, running, hidden=owner.hides)
            self._engine.keeper.within(given, came)
        running.put(given, taken)
        return None

    def _whose(self, incoming: Incoming) -> tuple[Owner | None, str | None]:
        """Who has the thread, woken for it; and the activeflow that has it and cannot be woken now."""
        channel, person, ours = incoming.channel, incoming.source, incoming.to
        parking, asleep = self._engine.parking, None
        if not any(self._threads.knows(channel, each) for each in incoming.answers):
            for each in incoming.answers:
                asleep = parking.wake_sender(channel, each) or asleep
        if any(self._threads.knows(channel, each) for each in incoming.answers):
            asleep = None
        else:
            asleep = asleep or parking.wake_thread(channel, person, ours)
        owner = self._threads.owner(channel, person, ours, incoming.answers)
        if asleep is None and owner is not None and owner.activeflow in self._waiting:
            asleep = owner.activeflow
        return owner, asleep

    def _drop(
        self,
        incoming: Incoming,
        person: str,
        dropped: Dropped,
        running: Running | None,
        kept: Callable[[], None],
    ) -> None:
        """It is for no flow; `kept` is called when all that came of it is on disk. `person` is who wrote,
        marked where that is a secret."""
        engine, now = self._engine, self._engine.now()
        channel, ours, hidden = incoming.channel, incoming.to, isinstance(person, Secret)
        engine.observed(Refused(now, channel, shown_text(person), ours, FORBIDDEN, dropped.why))
        was_written = False

        def write() -> None:
            nonlocal was_written
            if was_written:
                return
            was_written = True
            engine.messages.refused(incoming, dropped.why, hidden=hidden)
            message = incoming.data.get("id") if isinstance(incoming.data, dict) else None
            if isinstance(message, str) and not dropped.refused:
                engine.keeper.here(channel, seen_as(ours, message), now)
            match channel:
                case "sms" | "email" | "chat" if dropped.answer is not None:
                    key = f"manners-{engine.new_id()}"
                    engine.outbox.tell(SendMessage(channel, person, dropped.answer, key, ours))
                    engine.keeper.after(lambda _has: self._porter.is_confirmed(person))
                case _:
                    pass

        def on_disk(_has: bool) -> None:
            write()
            engine.keeper.after(lambda _has: kept())

        if running is not None and dropped.stops and running.flow.ending is None:
            asked = StopAsked(now)
            # Together: one that is known to have been here, and has stopped nobody, would never do so.
            engine.keeper.within(asked, write)
            running.put(asked, on_disk)
        else:
            on_disk(False)


def _received(incoming: Incoming, owner: Owner) -> MessageReceived:
    """As whoever has the thread sees it."""
    fields = incoming.data if isinstance(incoming.data, dict) else {}
    text, subject, message = str(fields.get("text") or ""), fields.get("subject"), fields.get("id")
    return MessageReceived(
        owner.leg, text, text_of(subject), incoming.channel, incoming.source, text_of(message), incoming.to,
        incoming.reply_to,
    )  # fmt: skip
