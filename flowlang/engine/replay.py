"""Bringing an activeflow to where its journal ends: on its own texts, with its own limits, nothing sent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary, WeakValueDictionary

from flowlang.compile.runtime.decimals import in_script
from flowlang.core import ActionOver, Activeflow, Happened, Input, Output, Perform, Script, Withdraw
from flowlang.core.inputs import input_from_plain
from flowlang.core.journal import Entry, check_entry
from flowlang.core.kept import opening_from_plain
from flowlang.diagnostics import render
from flowlang.model.action import Action
from flowlang.model.actions import ACTIONS
from flowlang.model.addresses import seen_as
from flowlang.model.commands import Command
from flowlang.model.events import MessageReceived, MessageReported
from flowlang.model.message_commands import SendMessage
from flowlang.model.places import file_of
from flowlang.model.plain import SealedError
from flowlang.model.results import Result
from flowlang.store import Build, StoreError
from flowlang.store.coding import DAMAGED
from flowlang.store.errors import UnreadableError
from flowlang.store.protocol import Past
from flowlang.store.stored import Stored

from . import loading
from .dispatch import id_of
from .errors import ScriptError

Watch = Callable[[int, Activeflow, list[Output]], None]
"""Is shown each entry of a journal, counted from 0, with what came of it."""


class NotReplayed(Exception):
    """An activeflow cannot be brought to where it was; the message says why, in one line."""


class KeyMissing(NotReplayed):
    """Not for now: an entry has a secret, and its key is not here."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that one sent, when, and what came of it: `None` where nobody knows. It was told these
    reports on it."""

    command: SendMessage
    at: int
    result: Result | None = None
    reports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """An activeflow where its journal ends, the commands that have no result, the messages that it sent, and
    of those that came to it channel and id."""

    flow: Activeflow
    under_way: dict[int, Command]
    sent: list[Sent]
    received: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass(frozen=True, slots=True)
class Held:
    """One that cannot go on for now, and why: a later start may offer what it calls, or have its key."""

    why: str


@dataclass(frozen=True, slots=True)
class Diverged:
    """One that acts no further, and why."""

    why: str


_Compiled = tuple[Script, Build, dict[str, Action]]

COMPILED = 32
"""Builds that stay compiled though nothing in memory runs on them: those that were asked for last."""


class Builds:
    """Compiles each build once, for as long as something runs on it or it is one of the last. `actions` are
    those that the host offers, now and later."""

    def __init__(self, archive: Past, actions: dict[str, Action] | None = None) -> None:
        self._archive = archive
        self._actions = {} if actions is None else actions
        self._scripts: WeakValueDictionary[bytes, Script] = WeakValueDictionary()
        self._known: WeakKeyDictionary[Script, tuple[Build, dict[str, Action]]] = WeakKeyDictionary()
        self._last: OrderedDict[bytes, _Compiled] = OrderedDict()

    def of(self, stored: Stored) -> _Compiled:
        """What an activeflow runs on. Raises `NotReplayed`."""
        found = self._last.get(stored.build)
        if found is None:
            self._last[stored.build] = found = self._found(stored.build)
            while len(self._last) > COMPILED:
                self._last.popitem(last=False)
        self._last.move_to_end(stored.build)
        return found

    def _found(self, hashed: bytes) -> _Compiled:
        script = self._scripts.get(hashed)
        if script is not None:
            return script, *self._known[script]
        script, build, actions = self._compiled(hashed)
        self._scripts[hashed] = script
        self._known[script] = build, actions
        return script, build, actions

    def _compiled(self, hashed: bytes) -> _Compiled:
        try:
            build = self._archive.build(hashed)
            actions = {**ACTIONS, **self._actions, **{each.name: each for each in build.actions}}
            script, _ = loading.compiled(build.entry, actions, (), None, build.load)
        except ScriptError as error:
            first = render(error.diagnostics[0]).splitlines()[0]
            raise NotReplayed(f"its script does not compile any more: {first}") from None
        except UnreadableError:
            raise
        except (StoreError, ValueError, KeyError, TypeError) as error:
            raise NotReplayed(f"its script cannot be read: {error}") from None
        return script, build, actions

    def missing(self, stored: Stored) -> list[str]:
        """The host's actions that its script calls and that are not offered. Raises `NotReplayed`."""
        script, build, _ = self.of(stored)
        declared = {each.name for each in build.actions if each.name not in self._actions}
        return sorted(declared & script.program.called_actions) if declared else []


def brought_back(stored: Stored, entries: list[Entry], builds: Builds) -> Replayed | Held | Diverged:
    """One that is to go on, where its journal ends. Raises `StoreError`."""
    try:
        if missing := builds.missing(stored):
            return Held(f"it calls `{'`, `'.join(missing)}`, which the host does not offer")
        again = replayed(stored, entries, builds)
        if again.flow.ending is not None:
            raise NotReplayed("it had ended, and the journal does not say so")
    except KeyMissing as error:
        return Held(str(error))
    except NotReplayed as error:
        return Diverged(f"{error}{last_line(stored, entries, builds)}")
    return again


def replayed(
    stored: Stored,
    entries: list[Entry],
    builds: Builds,
    watch: Watch | None = None,
) -> Replayed:
    """Replays a journal. Raises `NotReplayed`."""
    script, build, actions = builds.of(stored)
    became = _Became()
    number = -1
    if DAMAGED in stored.opening:
        raise NotReplayed("what it began with cannot be read: the store is damaged there")
    try:
        flow = Activeflow(script, opening_from_plain(stored.opening), build.limits, actions)
        flow.told = watch is not None
        with in_script():  # once for all that is fed
            for number, entry in enumerate(entries):
                if entry.given[0] == DAMAGED:
                    raise NotReplayed(f"entry {number} cannot be read: the store is damaged there")
                given = input_from_plain(entry.given)
                if flow.ending is not None:
                    raise NotReplayed(f"entry {number} ({entry.given[0]}) comes after the end")
                outputs = check_entry(flow, number, entry, given)
                became.took(given)
                if outputs:
                    became.gave(outputs, flow.at)
                if watch is not None:
                    watch(number, flow, outputs)
    except NotReplayed:
        raise
    except SealedError as error:
        where = f"entry {number}" if number >= 0 else "its opening"
        raise KeyMissing(f"{where} has {error}") from None
    except Exception as error:  # noqa: BLE001 (whatever it is: it is not what ran before)
        raise NotReplayed(str(error) or type(error).__name__) from None
    return Replayed(flow, became.under_way, list(became.sent.values()), became.received)


class _Became:
    """What one did to the world, and what came of that, as far as its journal tells."""

    def __init__(self) -> None:
        self.under_way: dict[int, Command] = {}
        self.sent: dict[int, Sent] = {}
        self.received: list[tuple[str, str]] = []
        self._named: dict[str, int] = {}

    def took(self, given: Input) -> None:
        """It took this."""
        if type(given) is Happened:
            event = given.event
            if type(event) is MessageReceived:
                if event.channel is not None and event.id is not None:
                    self.received.append((event.channel, seen_as(event.to, event.id)))
            elif type(event) is MessageReported and (action := self._named.get(event.id)) is not None:
                sent = self.sent[action]
                self.sent[action] = replace(sent, reports=(*sent.reports, event.status))
        elif type(given) is ActionOver:
            action, result = given.action, given.result
            self.under_way.pop(action, None)
            if action in self.sent:
                self.sent[action] = replace(self.sent[action], result=result)
                if (message := id_of(result)) is not None:
                    self._named[message] = action

    def gave(self, outputs: list[Output], at: int) -> None:
        """It gave these then."""
        for output in outputs:
            if isinstance(output, Perform):
                self.under_way[output.action] = output.command
                if isinstance(output.command, SendMessage):
                    self.sent[output.action] = Sent(output.command, at)
            elif isinstance(output, Withdraw):
                self.under_way.pop(output.action, None)


def last_line(stored: Stored, entries: list[Entry], builds: Builds) -> str:
    """Where a replay that goes no further stood last, as the end of a sentence; nothing where it never
    began."""
    lines: list[int] = []

    def watch(_number: int, flow: Activeflow, _outputs: list[Output]) -> None:
        lines[:] = [max((each.line for each in flow.strands), default=0)]

    with suppress(NotReplayed):
        replayed(stored, entries, builds, watch)
    if not lines or not lines[0]:
        return ""
    script, _, _ = builds.of(stored)
    file = file_of(lines[0]) or script.program.module.source.name
    return f"; until then it stood at {file}:{int(lines[0])}"
