"""Recovery: after a crash every activeflow that lived goes on where its journal ends.

Each is replayed on its own texts, with its own limits. Where what it gives differs from what the journal has,
or where it cannot be replayed at all, it is `diverged` and acts no further. One that calls an action which
the host does not offer this time, or has a secret whose key is missing, is held: it stays as it is for a
start with that action, or that key. Then:

- what was under way at the crash is done again with the same key (`recovery="repeat"`), or the host is asked
  what became of it (`query`), or it ends as `unknown`: the outcome, or the fault of an action without
  outcomes;
- its calls are gone: the flow sees `hangup` with the cause `lost`, and the records that were open are closed
  so; their peers get a BYE when the backend starts (`dialogs`);
- deadlines that passed meanwhile are met at once, the earliest first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowlang.backends.thread_leg import ThreadLeg
from flowlang.core import ActionOver, Activeflow, Begin, Happened, Output, Perform
from flowlang.core.journal import Entry
from flowlang.core.kept import opening_from_plain
from flowlang.model.action import Action
from flowlang.model.cdr import CallRecord
from flowlang.model.commands import BackendCommand, RunHostAction
from flowlang.model.events import CALLER_LEG, CallEnded
from flowlang.model.message_commands import SendMessage, action_of
from flowlang.model.observations import CallRecorded, Logged
from flowlang.model.plain import SealedError
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from flowlang.store.protocol import RecoverableStore
from flowlang.store.stored import Stored

from . import collector
from .records import AGAIN
from .replay import Builds, Diverged, Held, NotReplayed, Replayed, Sent, brought_back, replayed
from .running import Running

if TYPE_CHECKING:
    from .engine import Engine


@dataclass(frozen=True, slots=True)
class Recovered:
    """The ids of the activeflows that go on, why others do not, and the records that were closed. Those that
    are `held` go on at a later start, when the host offers what they call and their keys are there."""

    live: tuple[str, ...]
    diverged: dict[str, str]
    records: tuple[CallRecord, ...]
    held: dict[str, str] = field(default_factory=dict[str, str])
    requests: int = 0
    """How many of what was asked meanwhile are given to those that live; what they do not take is logged."""


@collector.paused()
def recover(engine: Engine, store: RecoverableStore) -> Recovered:
    """Brings back all that lived. To be called once, before anything comes in. Raises `StoreError`."""
    engine.post.dispatch.hold()
    engine.place.hold()
    engine.dialogs.recover(store)
    records = _close_records(engine, store)
    diverged: dict[str, str] = {}
    held: dict[str, str] = {}
    back: list[tuple[Running, Replayed]] = []
    waiting: list[tuple[str, list[Sent]]] = []
    builds = Builds(store.archive, engine.hosts.declared)
    for stored, entries, last in store.archive.live():
        match brought_back(stored, entries, builds):
            case Held(why):
                held[stored.id] = why
                warn(engine, stored.id, f"is held: {why}")
                waiting += _waits(engine, stored, entries, builds, why)
            case Diverged(why):
                diverged[stored.id] = why
                diverge(engine, store, stored, why)
            case Replayed() as again:
                running = bring_back(engine, store, stored, last, again, builds)
                back.append((running, again))
                if not entries:
                    running.put(Begin(again.flow.opening.at))
                _go_on(engine, running, again)
    under_way = [
        (running.activeflow, command) for running, again in back for command in again.under_way.values()
    ]
    engine.outbox.recover(under_way, held)
    for running, again in back:  # behind all that began with a thread
        engine.post.recovered(running, again.sent, again.received)
    for activeflow, sent in waiting:
        engine.post.sent(activeflow, sent)
    store.commit()
    requests = engine.requests.recover(held)
    return Recovered(tuple(running.activeflow for running, _ in back), diverged, records, held, requests)


def _waits(
    engine: Engine, stored: Stored, entries: list[Entry], builds: Builds, why: str
) -> list[tuple[str, list[Sent]]]:
    """One that is held has its threads all the same; the messages that it sent, as far as its journal can be
    read."""
    begun: list[Sent] = []

    def watch(_number: int, flow: Activeflow, outputs: list[Output]) -> None:
        commands = (each.command for each in outputs if isinstance(each, Perform))
        begun.extend(Sent(each, flow.at) for each in commands if isinstance(each, SendMessage))

    try:
        engine.post.waits(opening_from_plain(stored.opening), why)
    except (SealedError, KeyError, TypeError, ValueError):
        return []
    try:
        return [(stored.id, replayed(stored, entries, builds, watch).sent)]
    except NotReplayed:
        return [(stored.id, begun)]


def bring_back(
    engine: Engine, store: RecoverableStore, stored: Stored, last: int, again: Replayed, builds: Builds
) -> Running:
    """An activeflow that was replayed lives here."""
    script, build, _ = builds.of(stored)
    engine.keeper.add(script, build)
    leg = ThreadLeg() if again.flow.opening.channel not in (None, "call") else None
    running = Running(engine, again.flow, store.journal_of(stored, last), leg)
    engine.adopt(running)
    engine.post.opened(running)
    return running


def diverge(engine: Engine, store: RecoverableStore, stored: Stored, why: str) -> None:
    """It acts no further."""
    store.diverged(stored, engine.now(), why)
    warn(engine, stored.id, f"diverged: {why}")


def warn(engine: Engine, activeflow: str, text: str) -> None:
    """Tells something of one that may be shown nowhere else."""
    engine.observed(Logged(engine.now(), activeflow, f"{activeflow} {text}", 0, "warning"))


def _go_on(engine: Engine, running: Running, again: Replayed) -> None:
    """Tells it what became of the world: its calls first, then what was under way."""
    flow, now = again.flow, engine.now()
    if flow.opening.channel == "call" and not flow.caller_gone:
        running.put(Happened(now, CallEnded(CALLER_LEG, "lost")))
    for leg in flow.placed_legs:
        running.put(Happened(now, CallEnded(leg, "lost")))
    for number, command in again.under_way.items():
        if isinstance(command, BackendCommand):
            running.put(ActionOver(now, number, Failed("gone", "the call was lost when flowlang ended")))
            continue
        name = command.action if isinstance(command, RunHostAction) else action_of(command)
        action = flow.actions.get(name) or Action(name, "")
        if action.recovery == "repeat":
            running.perform(Perform(number, command))
        elif action.recovery == "query":
            running.perform(Perform(number, command), asking=unknown(action))
        else:
            running.put(ActionOver(now, number, unknown(action)))
    engine.schedule(running)


def unknown(action: Action) -> Result:
    """What an action ends with when nobody knows whether it was done."""
    if action.outcomes:
        return Done(Outcome("unknown"))
    text = f"flowlang ended while `{action.name}` was under way: whether it was done is not known"
    return Failed("unknown", text)


def _close_records(engine: Engine, store: RecoverableStore) -> tuple[CallRecord, ...]:
    """Ends the records that were open, as of when the process was last known to be there."""
    alive = store.archive.last_alive
    closed: list[CallRecord] = []
    for row in store.archive.open_records():
        row["answered"] = row["answered"] or engine.dialogs.answered(row["leg"])
        since: int | None = row.pop("held_since", None)
        spoke = (row["answered"] or 0) + row["held"]  # so long it was up at least
        ended = max(alive, row["started"], row["rang"] or 0, since or 0, spoke)
        if since is not None:
            row["held"] += ended - since
        status = 200 if row["answered"] is not None else row["status"]
        end: dict[str, Any] = {"ended": ended, "ended_by": "network", "cause": "lost", "status": status}
        record = CallRecord(**row | end)
        closed.append(record)
        store.keep_record(record.to_plain())
        engine.observed(CallRecorded(engine.now(), record))
    store.commit()
    engine.records.recover(store.archive.records(engine.now() - AGAIN))
    return tuple(closed)
