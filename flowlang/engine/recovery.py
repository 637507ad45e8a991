"""Recovery: after a crash every activeflow that lived goes on where its journal ends.

Each is replayed on its own texts, with its own limits. Where what it gives differs from what the journal has,
or where it cannot be replayed at all, it is parked as `diverged` and acts no further. Then:

- what was under way at the crash is done again with the same key (`recovery="repeat"`), or ends with what the
  action declares for it: the outcome `unknown`, else the fault `unknown`;
- its calls are gone: the flow sees `hangup` with the cause `lost`, and the records that were open are closed
  so;
- deadlines that passed meanwhile are met at once, the earliest first.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowlang.backends.thread_leg import ThreadLeg
from flowlang.core import ActionOver, Activeflow, Begin, Happened, Output, Perform, Script, Withdraw
from flowlang.core.inputs import input_from_plain
from flowlang.core.journal import Entry, check_entry
from flowlang.core.kept import opening_from_plain
from flowlang.diagnostics import render
from flowlang.model.action import Action
from flowlang.model.actions import ACTIONS
from flowlang.model.cdr import CallRecord
from flowlang.model.commands import BackendCommand, Command, RunHostAction
from flowlang.model.events import CALLER_LEG, CallEnded
from flowlang.model.message_commands import SendMessage
from flowlang.model.observations import CallRecorded, Logged
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from flowlang.store import Build, StoreError
from flowlang.store.reading import Archive, Stored
from flowlang.store.sqlite import SqliteStore

from . import loading
from .errors import ScriptError
from .running import Running

if TYPE_CHECKING:
    from .engine import Engine


class NotReplayed(Exception):
    """An activeflow cannot be brought to where it was; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """The ids of the activeflows that go on, why others do not, and the records that were closed."""

    live: tuple[str, ...]
    diverged: dict[str, str]
    records: tuple[CallRecord, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """An activeflow where its journal ends, the commands that have no result, and the messages that it sent
    with theirs."""

    flow: Activeflow
    under_way: dict[int, Command]
    sent: list[tuple[SendMessage, Result | None]]


class Builds:
    """Compiles each build once."""

    def __init__(self, archive: Archive, actions: dict[str, Action] | None = None) -> None:
        self._archive = archive
        self._actions = actions or {}
        self._compiled: dict[bytes, tuple[Script, Build, dict[str, Action]]] = {}

    def of(self, stored: Stored) -> tuple[Script, Build, dict[str, Action]]:
        """What an activeflow runs on. Raises `NotReplayed`."""
        if stored.build not in self._compiled:
            try:
                build = self._archive.build(stored.build)
                actions = {**ACTIONS, **self._actions, **{each.name: each for each in build.actions}}
                script, _ = loading.compiled(build.entry, actions, {}, None, build.load)
            except ScriptError as error:
                first = render(error.diagnostics[0]).splitlines()[0]
                raise NotReplayed(f"its script does not compile any more: {first}") from None
            except (StoreError, ValueError, KeyError, TypeError) as error:
                raise NotReplayed(f"its script cannot be read: {error}") from None
            self._compiled[stored.build] = script, build, actions
        return self._compiled[stored.build]


def replayed(
    stored: Stored,
    entries: list[Entry],
    builds: Builds,
    watch: Callable[[int, Activeflow, list[Output]], None] | None = None,
) -> Replayed:
    """Replays a journal; `watch` is shown each entry, counted from 0, with what came of it. Raises
    `NotReplayed`."""
    script, build, actions = builds.of(stored)
    under_way: dict[int, Command] = {}
    sent: dict[int, tuple[SendMessage, Result | None]] = {}
    try:
        flow = Activeflow(script, opening_from_plain(stored.opening), build.limits, actions)
        for number, entry in enumerate(entries):
            given = input_from_plain(entry.given)
            if flow.ending is not None:
                raise NotReplayed(f"entry {number} ({entry.given[0]}) comes after the end")
            outputs = check_entry(flow, number, entry, given)
            if isinstance(given, ActionOver):
                under_way.pop(given.action, None)
                if given.action in sent:
                    sent[given.action] = sent[given.action][0], given.result
            for output in outputs:
                match output:
                    case Perform(action, command):
                        under_way[action] = command
                        if isinstance(command, SendMessage):
                            sent[action] = command, None
                    case Withdraw(action):
                        under_way.pop(action, None)
                    case _:
                        pass
            if watch is not None:
                watch(number, flow, outputs)
    except NotReplayed:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is: it is not what ran before)
        raise NotReplayed(str(error) or type(error).__name__) from None
    return Replayed(flow, under_way, list(sent.values()))


def recover(engine: Engine, store: SqliteStore) -> Recovered:
    """Brings back all that lived. To be called once, before anything comes in. Raises `StoreError`."""
    records = _close_records(engine, store)
    live: list[str] = []
    back: list[tuple[Running, Replayed]] = []
    diverged: dict[str, str] = {}
    builds = Builds(store.archive, engine.host_actions)
    for stored, entries, last in list(store.live()):
        try:
            again = replayed(stored, entries, builds)
            if again.flow.ending is not None:
                raise NotReplayed("it had ended, and the journal does not say so")
        except NotReplayed as error:
            where = _where(stored, entries, builds)
            why = f"{error}{where}"
            store.diverged(stored, why)
            diverged[stored.id] = why
            engine.observed(Logged(engine.now(), stored.id, f"diverged: {why}", 0, "warning"))
        else:
            script, build, _ = builds.of(stored)
            engine.keeper.add(script, build)
            leg = ThreadLeg() if again.flow.opening.channel not in (None, "call") else None
            running = Running(engine, again.flow, store.journal_of(stored, last), leg)
            engine.adopt(running)
            engine.post.opened(running)
            back.append((running, again))
            live.append(stored.id)
            if entries:
                _go_on(engine, running, again)
            else:
                running.put(Begin(again.flow.opening.at))
    for running, again in back:  # behind all that began with a thread
        engine.post.recovered(running, again.sent)
    store.commit()
    return Recovered(tuple(live), diverged, records)


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
        elif _declared(engine, command).recovery == "repeat":
            running.perform(Perform(number, command))
        else:
            running.put(ActionOver(now, number, _unknown(_declared(engine, command))))
    engine.schedule(running)


def _declared(engine: Engine, command: Any) -> Action:
    name = command.action if isinstance(command, RunHostAction) else command.name
    found = engine.actions.get(name)
    return found if found is not None else Action(name, "")


def _unknown(action: Action) -> Result:
    if any(each.name == "unknown" for each in action.outcomes):
        return Done(Outcome("unknown"))
    text = f"flowlang ended while `{action.name}` was under way: whether it was done is not known"
    return Failed("unknown", text)


def _where(stored: Stored, entries: list[Entry], builds: Builds) -> str:
    """The line at which a replay still agreed with the journal."""
    lines: list[int] = []

    def watch(_number: int, flow: Activeflow, _outputs: list[Output]) -> None:
        lines[:] = [max((each.line for each in flow.strands), default=0)]

    with suppress(NotReplayed):
        replayed(stored, entries, builds, watch)
    return f"; until then it stood at line {lines[0]}" if lines and lines[0] else ""


def _close_records(engine: Engine, store: SqliteStore) -> tuple[CallRecord, ...]:
    """Ends the records that were open, as of when the process was last known to be there."""
    alive = store.archive.last_alive
    closed: list[CallRecord] = []
    for row in store.archive.open_records():
        ended = max(alive, row["started"], row["rang"] or 0, row["answered"] or 0)
        status = 200 if row["answered"] is not None else row["status"]
        end: dict[str, Any] = {"ended": ended, "ended_by": "network", "cause": "lost", "status": status}
        record = CallRecord(**row | end)
        closed.append(record)
        store.keep_record(record.to_plain())
        engine.observed(CallRecorded(engine.now(), record))
    store.commit()
    return tuple(closed)
