"""The engine as backends see it: what comes in is given a flow, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from flowlang.backends.border import (
    BAD_REQUEST,
    FAILED,
    NOT_FOUND,
    UNAVAILABLE,
    Incoming,
    Leg,
    Refusal,
    nothing,
)
from flowlang.backends.thread_leg import ThreadLeg
from flowlang.core import Chosen, NoRoute, Opening, Script, choose_route
from flowlang.model.events import MessageReceived
from flowlang.model.message_commands import SendMessage
from flowlang.model.observations import Observation, Refused

from .arguments import arguments_of
from .errors import ArgumentsError, UnknownFlowError
from .keeping import Kept

if TYPE_CHECKING:
    from .engine import Engine
    from .running import Running


class Switchboard:
    """The border's `Host`, for a backend that carries messages of these channels: its reports are on no
    others."""

    def __init__(self, engine: Engine, carries: Iterable[str] = ()) -> None:
        self._engine = engine
        self._carries = sorted(carries)

    def now(self) -> int:
        """The engine's clock."""
        return self._engine.now()

    def observe(self, observation: Observation) -> None:
        """A backend tells what happened."""
        self._engine.observed(observation)

    def receive(self, incoming: Incoming, kept: Callable[[], None] = nothing) -> Refusal | None:
        """The activeflow that has the thread gets it, else a route starts one."""
        if self._engine.closing:
            return self._refuse(incoming, UNAVAILABLE, "the engine is shutting down")
        return self._engine.post.arrivals.receive(incoming, kept, self._start)

    def left_over(self, running: Running) -> None:
        """An activeflow ends with messages that it never took. While the engine shuts down too: what they
        begin goes on after the next start."""
        if self._engine.keeper.durable or not self._engine.closing:
            self._engine.post.arrivals.left_over(running, self._start)

    def give_on(self, activeflow: str, event: MessageReceived) -> None:
        """A message that was kept for an activeflow is not taken by that."""
        self._engine.post.arrivals.give_on(activeflow, event, self._start)

    def _start(self, incoming: Incoming, kept: Callable[[], None]) -> Refusal | None:
        """Starts the flow of a route for what is no call."""
        found = self._begin(incoming, ThreadLeg(), lambda _has: kept())
        if isinstance(found, Refusal):
            return found
        self._engine.messages.came(incoming, found)
        return None

    def refused(self, incoming: Incoming, why: str) -> None:
        """A backend refuses a message by itself."""
        self._refuse(incoming, BAD_REQUEST, why)
        self._engine.messages.refused(incoming, why)

    def why_not(self, command: SendMessage) -> str | None:
        """Whether who should get it has opted out while it waited."""
        return self._engine.post.dispatch.why_not(command)

    def report(
        self, message: str, status: str, reason: str | None = None, kept: Callable[[], None] = nothing
    ) -> Refusal | None:
        """What became of a message that went out."""
        return self._engine.post.reports.report(self._carries, message, status, reason, kept)

    @property
    def dialogs_mark(self) -> bytes | None:
        """What the process before and the next one know, and nobody else."""
        return self._engine.dialogs.mark

    @property
    def dialogs_left(self) -> Mapping[str, Any]:
        """Of calls that were up when the process before was killed."""
        return self._engine.dialogs.left

    def keep_dialog(
        self, leg: str, dialog: dict[str, Any], kept: Callable[[], None] = nothing, *, secret: bool
    ) -> None:
        """What it takes to end a leg, if this process does not live to do it."""
        self._engine.dialogs.keep(leg, dialog, kept, secret=secret)

    def drop_dialog(self, leg: str) -> None:
        """One that was left is over."""
        self._engine.dialogs.drop(leg)

    def offer(self, incoming: Incoming, leg: Leg) -> Running | Refusal:
        """Finds a route and starts its flow."""
        self._engine.records.begin(incoming, self._engine.now())
        if self._engine.closing:
            return self._refuse(incoming, UNAVAILABLE, "the engine is shutting down")
        return self._begin(incoming, leg, None)

    def _begin(self, incoming: Incoming, leg: Leg, kept: Kept | None) -> Running | Refusal:
        engine = self._engine
        at = engine.now()
        opening = Opening(
            engine.new_id(), "", {}, at, engine.new_seed(), incoming.channel, incoming.source, incoming.to,
            incoming.name, incoming.id, data=incoming.data, via=incoming.via, verified=incoming.verified,
            automatic=incoming.automatic, diverted_from=incoming.diverted_from, anonymous=incoming.anonymous,
            reply_to=incoming.reply_to,
        )  # fmt: skip
        if incoming.flow is not None:
            return self._begin_named(incoming, opening, incoming.flow, leg, kept)
        choices = [(each.script, choose_route(each.script, opening)) for each in engine.scripts]
        chosen = [(script, choice) for script, choice in choices if isinstance(choice, Chosen)]
        if chosen:
            script, choice = max(chosen, key=lambda each: each[1].priority)  # the first loaded of equal ones
            opening = opening.taken_by(choice.flow, choice.line, choice.otherwise)
            return engine.begin(script, opening, leg, kept)
        refused = [(script, choice) for script, choice in choices if isinstance(choice, NoRoute)]
        status = FAILED if any(choice.faulted for _, choice in refused) else NOT_FOUND
        why = "; ".join(f"{_name(script)} {line}" for script, choice in refused for line in choice.why)
        return self._refuse(incoming, status, f"no route takes it: {why or 'there are no routes'}")

    def _begin_named(
        self, incoming: Incoming, opening: Opening, flow: str, leg: Leg, kept: Kept | None
    ) -> Running | Refusal:
        try:
            script = self._engine.script_of(flow)
            arguments = arguments_of(script.program, flow, (), {})
        except (UnknownFlowError, ArgumentsError) as error:
            return self._refuse(incoming, NOT_FOUND, str(error))
        opening = opening.taken_by((flow, arguments), None, None)
        return self._engine.begin(script.script, opening, leg, kept)

    def _refuse(self, incoming: Incoming, status: int, why: str) -> Refusal:
        self._engine.messages.refused(incoming, why)
        self.observe(
            Refused(
                self.now(), incoming.channel, incoming.source, incoming.to, status, why,
                incoming.id if incoming.channel == "call" else None, incoming.call_id,
            )
        )  # fmt: skip
        return Refusal(status)


def _name(script: Script) -> str:
    """The script's file, without its folder."""
    return PurePath(script.program.module.source.name).name
