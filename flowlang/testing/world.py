"""A world of simulated channels on a virtual clock: the engine's place in a test, without trio.

Everything that will happen stands on one heap, by time and then by the order in which it was planned, so that
equal tests run equally. Time goes from one thing to the next; nothing ever sleeps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from heapq import heappop, heappush

from flowlang.backends.border import NOT_FOUND, Inbox, Incoming, Leg, Outgoing, Refusal
from flowlang.backends.leg_inbox import LegInbox
from flowlang.backends.pace import Pace
from flowlang.backends.simulated_leg import PhoneError, address
from flowlang.backends.thread_leg import ThreadLeg
from flowlang.core import Chosen, Launch, Limits, Opening, Script, choose_route
from flowlang.model.commands import PlaceCall
from flowlang.model.host_action import Fake
from flowlang.model.observations import FlowEnded, FlowStarted, Logged, Observation, Refused
from flowlang.model.policy import simulated
from flowlang.model.secrets import shown_text
from flowlang.model.values import SECOND, Value

from .clock import START
from .failing import Failing
from .outside import Outside
from .parties.callee import Callee
from .running import Running
from .threads import Threads
from .timeline import Seen, SeenFault

MOST_ACTIVEFLOWS = 1_000
"""In one test; a flow that starts itself again and again comes to an end here."""

Doing = tuple[int, str]
"""Where in `seen` something stands, and how it reads where it is a secret."""

_MOST_SEEN = 10_000  # past them what scripts log is no more kept: nobody reads it


class RunawayError(Exception):
    """The flows bring about more than a test can be meant to; the message says what."""


class _Planned:
    """Something that will happen, unless it is called off."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def call_off(self) -> None:
        self.act = None


class World:
    """`now` is microseconds since 1970. `begun` are the activeflows that the test itself brought about,
    `seen` and `faults` what happened, `failing` what is to fail, `fakes` what is called in place of a host's
    actions."""

    def __init__(
        self,
        script: Script,
        pace: Pace,
        watch: Callable[[Observation], None],
        limits: Limits | None = None,
        fakes: Mapping[str, Fake] | None = None,
    ) -> None:
        self.script = script
        self.pace = pace
        self.limits = limits or Limits(policy=simulated(script.program.policy))
        self.fakes = fakes or {}
        self.began = self.at = START
        self.begun: list[Running] = []
        self.callees: list[Callee] = []
        self.seen: list[Seen] = []
        self.faults: list[SeenFault] = []
        self.failing = Failing(script.program.actions)
        self.outside = Outside(self)
        self.threads = Threads(self)
        self._watch = watch
        self._running: list[Running] = []
        self._flows: dict[str, str] = {}
        self._due: list[tuple[int, int, _Planned]] = []
        self._planned = 0
        self._numbers = 0
        self._refused: str | None = None
        self._doing: Doing | None = None

    # -- time

    def set_clock(self, at: int) -> None:
        """Where the test begins in time; only before anything has happened."""
        assert not self._due and not self.begun
        self.began = self.at = at

    def plan(self, at: int, act: Callable[[], None]) -> Callable[[], None]:
        """Lets something happen; what is returned calls it off."""
        planned = _Planned(act)
        self._planned += 1
        heappush(self._due, (max(at, self.at), self._planned, planned))
        return planned.call_off

    def later(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        """The same for a leg."""
        return self.plan(self.at + round(seconds * SECOND), act)

    def next_at(self) -> int | None:
        """When the next thing happens; `None` if nothing ever will."""
        while self._due and self._due[0][2].act is None:
            heappop(self._due)
        return self._due[0][0] if self._due else None

    def step(self) -> None:
        """Lets the next thing happen."""
        at, _, planned = heappop(self._due)
        self.at = at
        if planned.act is not None:
            planned.act()

    def run_to(self, at: int) -> None:
        """Lets everything happen up to a time, and makes it that time."""
        while (following := self.next_at()) is not None and following <= at:
            self.step()
        self.at = at

    def settle(self) -> None:
        """Lets everything happen that is due now."""
        self.run_to(self.at)

    # -- what comes in

    def new_id(self, what: str) -> str:
        """An id such as `call-1`, the same in each run."""
        self._numbers += 1
        return f"{what}-{self._numbers}"

    def note(self, who: str, what: str) -> None:
        """Adds a line to what was seen."""
        self.seen.append(Seen(self.at, who, what))

    @contextmanager
    def done_by(self, who: str, what: str, hidden: str) -> Generator[None]:
        """What a party does within is noted, as `hidden` where an activeflow takes a secret of it."""
        self._doing = len(self.seen), hidden
        self.note(who, what)
        try:
            yield
        except PhoneError:
            self.seen.pop()
            raise
        finally:
            self._doing = None

    @property
    def doing(self) -> Doing | None:
        """What a party does just now."""
        return self._doing

    def hide(self, doing: Doing) -> None:
        """Something that a party did is a secret."""
        place, hidden = doing
        self.seen[place] = replace(self.seen[place], what=hidden)

    def start(self, flow: str, arguments: dict[str, Value]) -> str:
        """Starts a flow that has no caller, and gives its id."""
        opening = Opening(self.new_id("flow"), flow, arguments, self.at, self._numbers)
        self.begun.append(self._begin(opening, None))
        return opening.activeflow

    def why_refused(self) -> str | None:
        """Why the last thing that came in found no flow; `None` if it found one."""
        return self._refused

    def accepted(self) -> None:
        """What came in went to an activeflow that was there."""
        self._refused = None

    def place(self, command: PlaceCall, inbox: Inbox, _caller: Leg | None) -> Leg:
        """A flow calls somebody."""
        to = address(command.to)
        headers = {name: str(value) for name, value in command.headers.items()}
        outgoing = Outgoing(
            self.new_id("leg"), to, command.source, command.display, command.anonymous, headers=headers
        )
        name = shown_text(command.to)
        callee = Callee(self, outgoing, inbox, name if name != command.to else to)

        def reach() -> None:
            self.callees.append(callee)
            callee.called()

        self.plan(self.at, reach)
        return callee.leg

    def connect(self, opening: Opening, leg: Leg, inbox: LegInbox) -> None:
        """Who was called has an activeflow of his own."""
        running = self._begin(opening, leg)
        self.begun.append(running)
        if opening.lent:
            running.borrow(inbox)
        else:
            inbox.hand_to(running, answered=opening.inherited is None or opening.inherited.answered)

    @property
    def alive(self) -> tuple[Running, ...]:
        """The activeflows that live, oldest first."""
        return tuple(each for each in self._running if each.ending is None)

    def running(self, activeflow: str) -> Running | None:
        """The one with that id, while it lives."""
        return next((each for each in self.alive if each.activeflow == activeflow), None)

    def close(self) -> None:
        """Drops what still runs; none of it does anything any more."""
        for each in self.alive:
            each.drop()

    # -- the backends' host

    def now(self) -> int:
        """The clock, as legs see it."""
        return self.at

    def offer(self, incoming: Incoming, leg: Leg) -> Running | Refusal:
        """Finds a route, as the engine does, and starts its flow."""
        opening = Opening(
            self.new_id("flow"), "", {}, self.at, self._numbers, incoming.channel, incoming.source,
            incoming.to, incoming.name, incoming.id, data=incoming.data, via=incoming.via,
            verified=incoming.verified, diverted_from=incoming.diverted_from, anonymous=incoming.anonymous,
        )  # fmt: skip
        choice = choose_route(self.script, opening)
        if not isinstance(choice, Chosen):
            self._refused = "; ".join(choice.why) or "there are no routes"
            self.observe(
                Refused(self.at, incoming.channel, incoming.source, incoming.to, NOT_FOUND, self._refused)
            )
            return Refusal(NOT_FOUND)
        self._refused = None
        if self._doing is not None and self.script.program.secrets.opening:
            self.hide(self._doing)
        running = self._begin(opening.taken_by(choice.flow, choice.line, choice.otherwise), leg)
        self.begun.append(running)
        return running

    def offer_again(self, incoming: Incoming) -> None:
        """The same for a message that somebody sent before: that it finds no flow is no mistake of his."""
        refused = self._refused
        self.offer(incoming, ThreadLeg())
        self._refused = refused

    def observe(self, observation: Observation) -> None:
        """Notes what belongs into the table, and passes it on."""
        match observation:
            case FlowStarted():
                self._flows[observation.activeflow] = observation.flow
            case Logged(fault=None) if len(self.seen) >= _MOST_SEEN:
                pass
            case Logged(level="info"):
                self.note(self._flows.get(observation.activeflow, ""), f'logs "{observation.text}"')
            case Logged():
                self.note(self._flows.get(observation.activeflow, ""), f"warning: {observation.text}")
                if observation.fault is not None:
                    self._fault(observation, observation.fault, ended=False)
            case FlowEnded(how="fault", code=str(code)):
                self.note(observation.flow, f"ends with the fault {code}: {observation.text}")
                self._fault(observation, code, ended=True)
            case FlowEnded():
                how = {"done": "ends", "stop": "ends by stop", "gone": "ends with its caller"}
                self.note(observation.flow, how[observation.how])
            case _:
                pass
        self._watch(observation)

    def _fault(self, observation: Logged | FlowEnded, code: str, *, ended: bool) -> None:
        flow = self._flows.get(observation.activeflow, "")
        text, line = observation.text or "", observation.line or 0
        self.faults.append(SeenFault(self.at, flow, code, text, line, ended))

    # -- activeflows

    def launch(self, launch: Launch) -> None:
        """A flow started another."""
        self._numbers += 1
        opening = Opening(launch.activeflow, launch.flow, launch.arguments, self.at, self._numbers)
        self._begin(opening, None)

    def _begin(self, opening: Opening, leg: Leg | None) -> Running:
        if len(self._running) >= MOST_ACTIVEFLOWS:
            raise RunawayError(f"more than {MOST_ACTIVEFLOWS} activeflows were started in one test")
        running = Running(self, opening, leg)
        self._running.append(running)
        self.threads.opened(running)
        return running
