"""The engine: scripts, activeflows and backends in one trio nursery."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.border import Backend, Leg
from flowlang.backends.leg_inbox import LegInbox
from flowlang.core import Activeflow, Begin, Happened, Input, Launch, Limits, Opening, Script, StopAsked
from flowlang.core.manners import Porter
from flowlang.model.actions import ACTIONS, Action
from flowlang.model.events import MessageReceived, SignalReceived
from flowlang.model.host_action import HostFunction
from flowlang.model.observations import LegEnded, Logged, Observation
from flowlang.store import Reading, Store, StoreError
from flowlang.store.protocol import RecoverableStore

from .arguments import arguments_of, given_value
from .beside import Beside
from .clock import Clock
from .dialogs import Dialogs
from .dispatch import outlets_of
from .errors import EngineClosedError
from .host_actions import HostActions
from .keeping import CHECKPOINT, Keeper, Kept
from .ladders import Ladders
from .message_records import MessageRecords
from .outbox import Outbox
from .parking import Parking
from .placing import Placing
from .post import Post
from .pump import Pump
from .records import Records
from .recovery import Recovered, recover
from .requests import Requests
from .run import LoadedScript, Run
from .running import Running
from .scripts import Scripts
from .switchboard import Switchboard

Observer = Callable[[Observation], None]

_SETTLE = 5.0
"""Seconds that backends have at the end: longer than a BYE takes over a bad line, short enough for one who
waits."""

_log = logging.getLogger("flowlang.engine")


class Engine:
    """Use `open_engine` to get one. Everything here is for the trio task that opened it, or one of the same
    run."""

    def __init__(
        self,
        nursery: trio.Nursery,
        backends: Iterable[Backend],
        *,
        limits: Limits,
        store: Store,
        clock: Clock,
        processor_time: Callable[[], float],
        new_id: Callable[[], str],
        new_seed: Callable[[], int],
        porter: Porter,
        beside: Beside,
        park_after: float | None,
    ) -> None:
        self._nursery = nursery
        self._backends = tuple(backends)
        self._limits = limits
        self._store = store
        self.keeper = Keeper(store, beside)
        self._clock = clock
        self.now = clock.now
        """The engine's clock."""
        self.new_id = new_id
        self.new_seed = new_seed
        self.place = Placing(self, self._backends)
        self._pump = Pump(clock, processor_time)
        self._scripts = Scripts(self, self._backends)
        self._actions: dict[str, Action] = dict(ACTIONS)
        self.hosts = HostActions(nursery)
        self._running: dict[str, Running] = {}
        self._families: Counter[str] = Counter()
        self.records = Records(self._keep_record)
        self._observers: list[Observer] = []
        self.watched = False
        """Whether anybody observes: else activeflows need not tell what they do."""
        self.closing = False
        self._recovered = False
        self.post = Post(self, self._backends, porter)
        self._switchboard = Switchboard(self)
        self._one_less = trio.Event()
        self._asked: set[trio.Event] = set()
        self.parking = Parking(self, store, park_after)
        self.messages = MessageRecords(self, store)
        self.outbox = Outbox(self, store)
        self.dialogs = Dialogs(self, store)
        self.requests = Requests(self, store)
        self.ladders = Ladders(self, store, self._backends)

    # -- for hosts

    def add_action(self, action: Action, function: HostFunction, query: HostFunction | None = None) -> None:
        """Lets scripts that are loaded from now on call a Python function: `await function(**arguments)`.
        `query` is as in `HostAction`."""
        self.hosts.add(action, function, query)
        self._actions[action.name] = action

    def action(self, declared: Action) -> Callable[[HostFunction], HostFunction]:
        """The same as a decorator."""

        def add(function: HostFunction) -> HostFunction:
            self.add_action(declared, function)
            return function

        return add

    def load(self, path: Path) -> LoadedScript:
        """Loads a script, or all scripts of a folder (the last is returned). Raises `ScriptError` and
        `OSError`; then nothing of it is loaded."""
        return self._scripts.load(path)

    def reload(self, path: Path) -> tuple[LoadedScript, ...]:
        """Loads a script or folder anew: it stands for all that was loaded from files, for what begins from
        now on. What runs stays on its texts. Gives those whose texts are others. Raises as `load`; then all
        is as before."""
        return self._scripts.reload(path)

    def restore(self, scripts: Iterable[LoadedScript]) -> None:
        """Goes back to scripts that were loaded before."""
        self._scripts.restore(scripts)

    def load_text(self, text: str, name: str = "<text>") -> LoadedScript:
        """Loads a script that is no file."""
        return self._scripts.load_text(text, name)

    @property
    def scripts(self) -> tuple[LoadedScript, ...]:
        """All that are loaded, in order."""
        return self._scripts.loaded

    async def listen(self) -> tuple[str, ...]:
        """Starts the backends; a line from each on where it can be reached. What a store has from before is
        brought back first, where `recover` did not. Raises `BackendError`, `StoreError`."""
        self.recover()
        await self.requests.taken()
        hosts = [Switchboard(self, outlets_of(each)) for each in self._backends]
        where = [
            str(await self._nursery.start(each.run, host))
            for each, host in zip(self._backends, hosts, strict=True)
        ]
        self.post.dispatch.let_go()
        self.place.let_go()
        return tuple(where)

    def start(self, flow: str, *arguments: Any, **named: Any) -> Run:
        """Starts a flow that has no caller. Raises `UnknownFlowError`, `ArgumentsError`."""
        if self.closing:
            raise EngineClosedError("the engine is shut down or left; it starts nothing more")
        script = self.script_of(flow)
        values = arguments_of(script.program, flow, arguments, named)
        opening = Opening(self.new_id(), flow, values, self._clock.now(), self.new_seed())
        return Run(self.begin(script.script, opening, None))

    def alive(self, activeflow: str) -> Running | None:
        """The activeflow of that id while it lives; where it is parked it is woken."""
        return self._running.get(activeflow) or self.parking.awake(activeflow)

    def living(self, activeflow: str) -> Running | None:
        """The same, where it is not parked."""
        return self._running.get(activeflow)

    def run_of(self, activeflow: str) -> Run | None:
        """The activeflow of that id, while it lives."""
        running = self.alive(activeflow)
        return Run(running) if running is not None else None

    @property
    def activeflows(self) -> tuple[str, ...]:
        """The ids of those that live, oldest first."""
        return tuple(self._running)

    @property
    def timers(self) -> int:
        """How many of them wait for a time."""
        return self._pump.timers

    def recover(self) -> Recovered:
        """Brings back the activeflows that a store on disk has from before; call it when the scripts' actions
        are added, before `listen` does. A second time, and with a store in memory, there are none. Raises
        `StoreError`."""
        if self._recovered or not isinstance(self._store, RecoverableStore):
            return Recovered((), {}, ())
        self._recovered = True
        recovered = recover(self, self._store)
        self._nursery.start_soon(self.parking.run)
        return recovered

    async def signalled(self, activeflow: str, name: str, data: Any = None) -> bool:
        """As `signal`; returns when the signal is on disk, so that no crash loses it. False where it was not
        taken: the activeflow is over, or has too many signals waiting. Raises `EngineClosedError` where the
        engine is left before that is known."""
        event = SignalReceived(name, given_value("data", data))
        return await self._taken(activeflow, Happened(self._clock.now(), event))

    def signal(self, activeflow: str, name: str, data: Any = None) -> bool:
        """Gives one an event `signal`; tells whether it lives."""
        running = self.alive(activeflow)
        if running is not None:
            running.deliver(SignalReceived(name, given_value("data", data)))
        return running is not None

    async def stopped(self, activeflow: str) -> bool:
        """As `stop`; returns when that is on disk. Raises as `signalled`."""
        return await self._taken(activeflow, StopAsked(self._clock.now()))

    def stop(self, activeflow: str) -> bool:
        """Ends one as `stop` does; tells whether it lives."""
        running = self.alive(activeflow)
        if running is not None:
            running.put(StopAsked(self._clock.now()))
        return running is not None

    async def _taken(self, activeflow: str, given: Input) -> bool:
        """Gives one an input; whether it took it, once that is on disk."""
        running = self.alive(activeflow)
        if running is None:
            return False
        answered = trio.Event()
        answers: list[bool] = []

        def kept(has: bool) -> None:
            answers.append(has)
            answered.set()

        running.put(given, kept)
        self._asked.add(answered)
        try:
            await answered.wait()
        finally:
            self._asked.discard(answered)
        if not answers:
            raise EngineClosedError(
                f"the engine was left before the activeflow {activeflow} took what was given"
            )
        return answers[0]

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Watches all that happens; what is returned ends it. An observer that raises is dropped."""
        self._observers.append(observer)
        self.watched = True

        return lambda: self._drop_observer(observer)

    async def shutdown(self) -> None:
        """Ends politely: no new calls, every activeflow ends as by `stop`, calls get their BYE, backends
        settle. With a store on disk only those with a call end; the others go on after the next start."""
        self.closing = True
        for activeflow in self.activeflows:
            if self._ends_here(self._running[activeflow]):
                self.stop(activeflow)
        while any(map(self._ends_here, self._running.values())):
            self._one_less = trio.Event()
            await self._one_less.wait()
        with trio.move_on_after(_SETTLE):
            for each in self._backends:
                await each.settle()

    # -- for the other parts of the engine

    def observed(self, observation: Observation) -> None:
        """Something happened: tells those who watch, and closes the record if it is the end of a leg."""
        self.tell(observation)
        recorded = self.records.observe(observation)
        if recorded is not None:
            if isinstance(observation, LegEnded):
                self.dialogs.drop(observation.leg)
            self.observed(recorded)

    def tell(self, observation: Observation) -> None:
        """Tells those who watch of what no record is made of: what an activeflow does."""
        for observer in tuple(self._observers):
            try:
                observer(observation)
            except Exception:  # noqa: BLE001 (the observer is not ours; what it raises is logged)
                _log.exception("an observer failed and is dropped")
                self._drop_observer(observer)

    def _drop_observer(self, observer: Observer) -> None:
        if observer in self._observers:
            self._observers.remove(observer)
            self.watched = bool(self._observers)

    def abandon(self) -> None:
        """The engine is left: nobody waits for an end that does not come, and a leg whose end no backend told
        is lost, and has its record."""
        self.closing = True
        for running in self._running.values():
            running.abandon()
        for answered in self._asked:
            answered.set()
        for end in self.records.left_open(self._clock.now()):
            self.observed(end)
        self.ladders.keep_all()
        with suppress(StoreError):  # where it failed, that was raised already
            while self._store.pending:
                self._store.commit()

    async def pump(self) -> None:
        """Runs the activeflows until cancelled."""
        await self._pump.run()

    def queue(self, running: Running) -> None:
        """It has something to do."""
        self._pump.queue(running)

    def left_over(self, running: Running) -> None:
        """It ends with messages that it never took."""
        self._switchboard.left_over(running)

    def give_on(self, activeflow: str, event: MessageReceived) -> None:
        """A message that was kept for an activeflow is not taken by that."""
        self._switchboard.give_on(activeflow, event)

    def wake(self) -> None:
        """There is something to do."""
        self._pump.wake()

    def put_away(self, running: Running) -> None:
        """It is parked: nothing of it is here any more."""
        self._pump.forget(running)
        self._remove(running)
        running.flow.drop()

    def forget(self, running: Running) -> None:
        """It is over."""
        self._remove(running)
        self._store.forget(running.activeflow)
        self._one_less.set()

    def _remove(self, running: Running) -> None:
        del self._running[running.activeflow]
        self.post.over(running.activeflow)
        family = _family_of(running.activeflow)
        self._families[family] -= 1
        if not self._families[family]:
            del self._families[family]

    def _ends_here(self, running: Running) -> bool:
        """Whether it does not outlive this process."""
        return not self.keeper.durable or running.flow.opening.channel == "call"

    def adopt(self, running: Running) -> None:
        """It lives here from now on."""
        self._running[running.activeflow] = running
        self._families[_family_of(running.activeflow)] += 1

    def schedule(self, running: Running) -> None:
        """It waits for a time, maybe."""
        self._pump.schedule(running)

    @property
    def actions(self) -> dict[str, Action]:
        """All that scripts may call."""
        return self._actions

    def _keep_record(self, record: dict[str, Any]) -> None:
        """A call record changed."""
        self._store.keep_record(record)
        self.keeper.linger()

    async def checkpoint(self) -> None:
        """Tells the store every so often that the process is there, while calls are up; and gives up what
        waited too long."""
        while True:
            await trio.sleep(CHECKPOINT)
            self.post.reports.look_at_early()
            if len(self.records):
                self._store.alive(self._clock.now())
                self.keeper.linger()

    def launch(self, output: Launch, script: Script) -> None:
        """A flow started another."""
        at = self._clock.now()
        family = _family_of(output.activeflow)
        if self.closing:
            refused = "the engine is shutting down"
        elif self._families[family] + self.parking.family(family) >= self._limits.family:
            refused = f"{self._limits.family} activeflows that {family} began are alive"
        else:
            opening = Opening(output.activeflow, output.flow, output.arguments, at, self.new_seed())
            self.begin(script, opening, None)
            return
        text = f"`{output.flow}` is not started: {refused}"
        self.observed(Logged(at, output.activeflow, text, 0, "warning"))

    def connect(self, opening: Opening, script: Script, leg: Leg, inbox: LegInbox) -> None:
        """A flow placed a call that has an activeflow of its own now."""
        running = self.begin(script, opening, leg)
        if opening.lent:
            running.borrow(inbox)
        else:
            inbox.hand_to(running, answered=opening.inherited is None or opening.inherited.answered)

    def keep_build(self, script: Script, reading: Reading) -> None:
        """What a script was compiled of, for those of its activeflows that outlive this process."""
        self.keeper.add(script, reading.build(script.sources, self._limits, self.hosts.declared.values()))

    def script_of(self, flow: str) -> LoadedScript:
        """The first loaded script with that flow. Raises `UnknownFlowError`."""
        return self._scripts.with_flow(flow)

    def machine(self, script: Script, opening: Opening) -> Activeflow:
        """An activeflow that has not begun."""
        return Activeflow(script, opening, self.keeper.limits(script), self._actions)

    def begin(self, script: Script, opening: Opening, leg: Leg | None, kept: Kept | None = None) -> Running:
        """A new activeflow; it takes its first step when the pump comes to it, and `kept` is told when
        that is on disk."""
        flow = self.machine(script, opening)
        journal = self.keeper.journal(opening.activeflow, script)
        journal.open(opening.to_plain(flow.secrets))
        if opening.channel is not None and opening.came_as is not None:
            self.keeper.here(opening.channel, opening.came_as, opening.at)
        running = Running(self, flow, journal, leg)
        self.adopt(running)
        self.post.opened(running)
        if opening.channel == "call" and opening.conversation is not None and not opening.outbound:
            self.records.taken(opening.conversation, opening.activeflow, opening.flow, opening.route_line)
        running.put(Begin(opening.at), kept)
        return running


def _family_of(activeflow: str) -> str:
    """The activeflow that came first: those that it starts, and they, carry its id in front."""
    return activeflow.partition(".")[0]
