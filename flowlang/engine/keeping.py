"""What has to be on disk before it shows: outputs wait here until the inputs that they come of are committed.

A commit is for a group: all that the activeflows took since the last one began. While a thread waits for the
disk, they go on taking inputs, which are the next group: the slower the disk, the larger the groups. A new
activeflow, and one that hands over, are inside the group of what began them, so that neither can be lost
between two commits. A store in memory has nothing to wait for, and costs nothing here.

A commit costs as much as ten or twenty steps, so that one is made for what somebody waits for: outputs that
do something in the world, or one who is to be told. What nobody waits for goes with the next that comes, or a
moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import trio

from flowlang.core import (
    HandedOff,
    Happened,
    Input,
    Launch,
    Limits,
    Note,
    Output,
    Over,
    Perform,
    Script,
    TimePassed,
)
from flowlang.core.inputs import input_to_plain
from flowlang.core.journal import Journal
from flowlang.model.addresses import seen_as
from flowlang.model.commands import Answer, PlaceCall
from flowlang.model.events import MessageReceived
from flowlang.model.message_commands import HttpRequest, SendMessage
from flowlang.store import Build, Store
from flowlang.store.protocol import OnceStore, RequestStore

from .beside import Beside

if TYPE_CHECKING:
    from .running import Running

CHECKPOINT = 10.0
"""Seconds between two signs of life in the store: so much a call record may miss after a crash."""

GATHER = 0.01
"""Seconds from one commit to the next, when something came during the one, and where only calls wait for the
next: many calls at once would else have a commit for each step, 150 to 300 us each (CPU of `prepare` and
`commit` for one input, by how busy the machine is). One who is alone does not wait, nor one who goes on by
what the last commit let out."""

ENOUGH = 64
"""Inputs in a group that are worth a commit of their own: of its cost each has 3 to 5 us, of the 14 that
an input takes in all, so waiting for more gains little."""

LINGER = 0.05
"""Seconds that a group waits for company when nobody waits for it: what a crash may take of inputs of which
nobody was told and nothing came, and of the ends of call records."""

_PATIENCE = 1.0
"""Seconds that a commit waits for what has to be in it; of who is busy for longer it keeps a request."""

Kept = Callable[[bool], None]
"""Told once what became of an input: True when the activeflow has it and it is on disk, False where it was
lost: the activeflow is over, or has too many waiting."""


class Keeper:
    """Between activeflows and the store."""

    def __init__(self, store: Store, beside: Beside) -> None:
        self.store = store
        self.durable = store.durable
        self._once = store if isinstance(store, OnceStore) else None
        self._beside = beside
        self._given = trio.Event()  # there is something to commit
        self._hurry = trio.Event()  # and somebody waits for it
        self._enough = trio.Event()
        self._inputs = 0  # in the group that is gathered
        self._pressing = False  # and whether others than calls wait for it, or one that is alone
        self._whose: set[int] = set()  # and the calls that do
        self._went_on: set[int] = set()  # those of the group before
        self._builds: WeakKeyDictionary[Script, Build] = WeakKeyDictionary()  # while something runs on it
        self._held: list[tuple[Running, Output]] = []
        self._awaited: dict[int, Kept] = {}
        self._within: dict[int, Callable[[], None]] = {}
        self._patient: set[int] = set()
        self._taken: list[tuple[Kept, bool]] = []
        self._owed: dict[int, tuple[str, Input]] = {}
        self._requests = store if isinstance(store, RequestStore) else None
        self._requested: dict[int, int] = {}  # inputs that are kept as a request until they are taken
        self._one_less = trio.Event()

    def add(self, script: Script, build: Build) -> None:
        """A script was compiled from this."""
        self._builds[script] = build

    def limits(self, script: Script) -> Limits:
        """The limits that a script was compiled for."""
        return self._builds[script].limits

    def journal(self, activeflow: str, script: Script) -> Journal:
        """The journal of a new activeflow."""
        return self.store.journal(activeflow, self._builds[script])

    def tell(self, given: Input, kept: Kept) -> None:
        """Calls `kept` when this input, which now waits to be taken, is on disk, or lost."""
        self._awaited[id(given)] = kept

    def within(self, given: Input, write: Callable[[], None]) -> None:
        """Has this written in the group that has this input, which now is going to wait to be taken."""
        if self.durable:
            self._within[id(given)] = write

    def with_group(self, activeflow: str, given: Input) -> None:
        """Has the group that is gathered now hold this input of that activeflow too, which now is going to
        wait to be taken: it was another one's, whose end is in that group."""
        if self.durable:
            self._owed[id(given)] = activeflow, given

    def _no_longer_owed(self, given: Input) -> None:
        self._owed.pop(id(given), None)
        self._one_less.set()

    def _no_longer_requested(self, given: Input) -> None:
        number = self._requested.pop(id(given), None)
        if number is not None and self._requests is not None:
            self._requests.drop_request(number)

    def drop(self, inputs: Collection[Input]) -> None:
        """These are not taken any more: their activeflow is over."""
        if self._patient:
            self._patient.difference_update(map(id, inputs))
        if self._owed:
            for each in inputs:
                self._no_longer_owed(each)
        if self._requested:
            for each in inputs:
                self._no_longer_requested(each)
        if self._within:
            for each in inputs:
                self._within.pop(id(each), None)
        if self._awaited:
            for each in inputs:
                if (kept := self._awaited.pop(id(each), None)) is not None:
                    kept(False)

    def was_here(self, channel: str, message: str) -> bool:
        """Whether the store knows that message."""
        return self._once is not None and self._once.archive.seen(channel, message)

    def here(self, channel: str, message: str, at: int) -> None:
        """A message is: the store knows it as of the group that has what became of it."""
        if self._once is not None:
            self._once.keep_seen(channel, message, at)

    def wake(self) -> None:
        """There is something to commit."""
        self._given.set()
        self._hurry.set()
        self._pressing = True

    def linger(self) -> None:
        """There is something to commit, which nobody waits for."""
        self._given.set()

    def may_linger(self, given: Input) -> None:
        """Nobody waits for this input, which now is going to wait to be taken, but for what comes of it."""
        if self.durable:
            self._patient.add(id(given))

    def after(self, told: Kept) -> None:
        """Calls it when all that the store was given so far is on disk."""
        if not self.durable:
            told(True)
            return
        self._taken.append((told, True))
        self.wake()

    async def on_disk(self) -> None:
        """Returns when all that the store was given so far is on disk."""
        written = trio.Event()
        self.after(lambda _has: written.set())
        await written.wait()

    def hold(self, running: Running, taken: Input, outputs: list[Output]) -> None:
        """An input is in the journal; what came of it goes out after the commit."""
        self._inputs += 1
        if self._inputs == 1:
            self._given.set()
        elif self._inputs == ENOUGH:
            self._enough.set()
        if type(taken) in _UNASKED:
            waited_for = False
            if type(taken) is Happened and not running.flow.lost_input:
                match taken.event:
                    case MessageReceived(channel=str(channel), id=str(message), to=ours):
                        self.here(channel, seen_as(ours, message), taken.at)
                    case _:
                        pass
        else:
            waited_for = id(taken) not in self._patient
            self._patient.discard(id(taken))
        if self._owed:
            self._no_longer_owed(taken)
        if self._requested:
            self._no_longer_requested(taken)
        if self._within and (write := self._within.pop(id(taken), None)) is not None:
            waited_for = True  # what is known of the world: where it is lost, what was done may be done again
            write()
        if self._awaited and (kept := self._awaited.pop(id(taken), None)) is not None:
            waited_for = True
            self._taken.append((kept, not running.flow.lost_input))
        for output in outputs:
            if type(output) in _WITHIN_GROUP:
                running.carry_out(output)
                continue
            self._held.append((running, output))
            waited_for = waited_for or _shows(running, output)
            if isinstance(output, Perform):
                match output.command:
                    case SendMessage() | HttpRequest():
                        running.give_out(output.command)
                    case Answer() | PlaceCall():
                        running.announce(output.command)
                    case _:
                        pass
        if waited_for:
            self._hurry.set()
            if running.of_call:
                self._whose.add(id(running))
                self._pressing = self._pressing or self._went_on == {id(running)}
            else:
                self._pressing = True

    def took(self, running: Running, taken: Input) -> None:
        """The same where nothing is durable: nothing waits."""
        if self._awaited and (kept := self._awaited.pop(id(taken), None)) is not None:
            kept(not running.flow.lost_input)

    async def run(self) -> None:
        """Commits group after group, until cancelled. Raises `StoreError`: then nothing more goes out."""
        busy, began = False, 0.0
        while True:
            await self._given.wait()
            if not self._hurry.is_set():
                with trio.move_on_after(LINGER):
                    await self._hurry.wait()
            if (busy or not self._pressing) and trio.current_time() < began + GATHER:
                with trio.move_on_at(began + GATHER):
                    await self._enough.wait()
            if self._owed:
                await self._all_taken()
            self._given, self._hurry, self._enough = trio.Event(), trio.Event(), trio.Event()
            self._inputs, self._pressing = 0, False
            self._went_on, self._whose = self._whose, set()
            taken, self._taken = self._taken, []
            held, self._held = self._held, []
            began = trio.current_time()
            if self.store.prepare():
                await self._beside(self.store.commit)
                await trio.lowlevel.checkpoint_if_cancelled()  # left meanwhile: as by a crash
            busy = self._hurry.is_set()
            _let_go(taken, held)
            del taken, held  # nothing of an activeflow that is over or parked is held on to while this waits

    async def _all_taken(self) -> None:
        with trio.move_on_after(_PATIENCE):
            while self._owed:
                self._one_less = trio.Event()
                await self._one_less.wait()
        if self._requests is not None:
            for which, (activeflow, given) in self._owed.items():
                self._requested[which] = self._requests.keep_request(activeflow, input_to_plain(given))
            self._owed.clear()


# Asked by their exact types, as `isinstance` takes its time to say no of a struct.
_UNASKED = Happened, TimePassed
"""Inputs that come by themselves: who waits for one is in `tell` or `within`."""

_WITHIN_GROUP = Launch, HandedOff


def _shows(running: Running, output: Output) -> bool:
    """Whether anybody waits for an output: not for notes, nor for the end of a call that no host watches."""
    return type(output) is not Note and not (type(output) is Over and running.may_end_late)


def _let_go(taken: Iterable[tuple[Kept, bool]], held: Iterable[tuple[Running, Output]]) -> None:
    for kept, has in taken:
        kept(has)
    for running, output in held:
        running.carry_out(output)
