"""The border between the engine and a backend.

A backend runs inside the engine's nursery, on trio's one thread. What comes in it *offers* to the engine; the
engine gives back an `Inbox` for the activeflow that took it, or a `Refusal`. Commands reach the backend
through the `Leg` that it offered. Neither side ever waits for the other: `perform` begins something and
returns, `deliver` queues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from flowlang.diagnostics import FlowlangError
from flowlang.model.commands import BackendCommand
from flowlang.model.events import Event
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.observations import Observation
from flowlang.model.results import Result
from flowlang.model.values import Value

Finish = Callable[[Result], None]


def nothing() -> None:
    """What has nothing to cancel, or to do."""


Later = Callable[[float, Callable[[], None]], Callable[[], None]]
"""Does something after so many seconds; what it returns calls that off."""


class BackendError(FlowlangError):
    """A backend cannot start or go on; the message is one line for the person who runs it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that came in and wants a flow. `to` and `source` are addresses with a scheme, `name` is the
    display name.

    `id` names this leg and no other; the backend makes it, of letters, digits and hyphens, for scripts put it
    into file names. `call_id` is what the network calls the call (SIP's Call-ID), where that is another: two
    legs may share it. `flow` names the flow to start whatever the routes say, for phones that a developer
    operates; nothing from a network sets it. `data` are the fields of a message (`text`, `subject`, `id`)
    or a webhook (`data`, `text`, `headers`), as a script sees them. `automatic`: a machine sent the message
    by itself (RFC 3834), so that nobody answers it. `answers` are the ids of messages that it says it
    answers, the nearest first. `reply_to` is where an answer goes, if not to `source`: whoever wrote says so,
    and it tells nothing of who that is.
    `via` is the operator's name for the way that it came by; `verified` tells that who calls was proved, or
    is asserted by somebody who is trusted; `anonymous` that he does not want to be shown to others;
    `diverted_from` is who was called first and sent the call on to
    us, as far as somebody who is trusted says so.
    """

    channel: str
    to: str
    source: str
    id: str
    name: str | None = None
    via: str | None = None
    flow: str | None = None
    call_id: str | None = None
    data: Value = None
    automatic: bool = False
    answers: tuple[str, ...] = ()
    verified: bool = False
    diverted_from: str | None = None
    anonymous: bool = False
    reply_to: str | None = None


BAD_REQUEST = 400
"""It is none, or not as it has to be (RFC 3261 §21.4.1)."""
NOT_FOUND = 404
"""No route takes it (RFC 3261 §21.4.5)."""
FORBIDDEN = 403
"""Understood, and refused on purpose (§21.4.4)."""
FAILED = 500
"""The condition of a route failed (§21.5.1)."""
UNAVAILABLE = 503
"""Not now (§21.5.4)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """No flow takes it. `status` is in SIP's terms: one of those above where the engine refuses; it has
    already observed why."""

    status: int

    @property
    def may_come_again(self) -> bool:
        """Whether who sent it is asked to try again; else it is refused for good."""
        return self.status == UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A leg to place. `id` names it and no other. `source` is the caller id, `anonymous` hides it; `caller`
    is the leg of the activeflow's caller, on whose behalf it is placed. `headers` are further ones of SIP
    that the policies allow, each a text of one line; `replaces` names the call whose place it is to take
    where it goes (RFC 3891)."""

    id: str
    to: str
    source: str | None
    name: str | None
    anonymous: bool = False
    caller: Leg | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    replaces: str | None = None


class Leg(Protocol):
    """One side of a conversation, as the engine sees it.

    A leg tells the host what becomes of it, for records and for those who watch: `LegRang` and `LegAnswered`
    when it comes to that, `LegEnded` once in any case, also where the offer was refused. When it is over it
    delivers `CallEnded` to its inbox once, and finishes what is still under way with `Failed("gone", …)`
    after that. What it is asked to say or play while it speaks waits its turn.
    """

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command and returns how to cancel it.

        `finish` is called once, now or later, with the result; not after a cancel. A leg that is gone
        finishes with `Failed("gone", …)`. Never blocks, never raises.
        """
        ...

    def release(self) -> None:
        """The activeflow is over and every command for the leg was given: keep nothing for it once the leg is
        down."""
        ...


class BridgingLeg(Leg, Protocol):
    """A leg that can be connected with another: `Bridge.name` is among its backend's commands."""

    def bridge(self, other: Leg, *, early: bool = False) -> None:
        """Lets the two hear each other until one of them is over. `early`: the other is not answered yet, and
        this one hears its early media."""
        ...


class Inbox(Protocol):
    """An activeflow, as a backend sees it."""

    @property
    def activeflow(self) -> str:
        """Its id."""
        ...

    def deliver(self, event: Event) -> None:
        """Queues an event for it. After its end nothing happens."""
        ...

    def why_refused(self, to: str) -> str | None:
        """Why it may not be connected with this address: by its policy or the operator's; `None` where it
        may."""
        ...


class CallHost(Protocol):
    """The engine, as a call leg sees it."""

    def offer(self, incoming: Incoming, leg: Leg) -> Inbox | Refusal:
        """Finds a route and starts its flow; the flow takes its first step after this returns."""
        ...

    def observe(self, observation: Observation) -> None:
        """Tells those who watch."""
        ...

    def now(self) -> int:
        """The engine's clock: microseconds since 1970-01-01 UTC."""
        ...


class Host(CallHost, Protocol):
    """The engine, as a backend sees it."""

    def receive(self, incoming: Incoming, kept: Callable[[], None] = nothing) -> Refusal | None:
        """Takes a message, webhook or schedule: the activeflow that has the thread gets it, else a route
        starts one. `kept` is called once, when nothing of it can be lost any more; only then tell the sender
        so. A message whose `data["id"]` was here before is kept, and taken no second time. After a `Refusal`
        nothing is called, and the sender may try again where it `may_come_again`."""
        ...

    def refused(self, incoming: Incoming, why: str) -> None:
        """A message came that no flow can have, as from what is no address: the backend refuses it for good.
        Its addresses are as they came."""
        ...

    def why_not(self, command: SendMessage) -> str | None:
        """Why a message that had to wait may not go out any more, as the reason of the outcome `failed`: to
        be asked just before it does. `None` where it may."""
        ...

    def report(
        self, message: str, status: str, reason: str | None = None, kept: Callable[[], None] = nothing
    ) -> Refusal | None:
        """What became of a message that went out under this id: `sent`, `delivered`, `failed` or `read`. One
        that is early, before the outcome `sent` named the id, is kept for it. What comes again, or was
        overtaken, is told nobody. `kept` is called once, when all that came of it is on disk; of what is
        early that may take half a minute, and who cannot wait so long has it come again. After a `Refusal`
        nothing is called, and it is to come again: who sent the message cannot be told now."""
        ...


@runtime_checkable
class DialogKeeper(Protocol):
    """What a host also is that outlives its process: it keeps what a backend needs to end a call that nobody
    has any more."""

    @property
    def dialogs_mark(self) -> bytes | None:
        """What this host, the one before and the next one know, and nobody else; `None` where they do not."""
        ...

    @property
    def dialogs_left(self) -> Mapping[str, Any]:
        """Of the process before, by their legs: those that did not see their end. The backend ends each
        when it starts, and then drops it."""
        ...

    def keep_dialog(
        self, leg: str, dialog: dict[str, Any], kept: Callable[[], None] = nothing, *, secret: bool
    ) -> None:
        """Keeps plain data of a leg that rings or is answered, in place of what it was; forgotten at
        `LegEnded`. `kept` is called when it is on disk, at once where nothing is. `secret`: it must not be
        read there."""
        ...

    def drop_dialog(self, leg: str) -> None:
        """One that was left is over."""
        ...


class Placer(Protocol):
    """A backend that can place calls: `PlaceCall.name` is among its commands."""

    def place(self, outgoing: Outgoing, inbox: Inbox) -> BridgingLeg:
        """Begins to call; what becomes of it is delivered: `CallRinging`, then `CallAnswered` and at last
        `CallEnded`, or `CallRefused`; all with the leg `CALLER_LEG`, which the engine numbers. Never blocks,
        never raises."""
        ...


@runtime_checkable
class Backend(Protocol):
    """A way in and out. `commands` are the names of the border commands that its legs can do (`Play.name`,
    …)."""

    name: str
    channels: frozenset[str]
    commands: frozenset[str]

    async def run(self, host: Host, *, task_status: Any) -> None:
        """Works until cancelled. Calls `task_status.started(where)` with a line for people once it can be
        reached; raises `BackendError` where it cannot."""
        ...

    async def settle(self) -> None:
        """Returns when nothing is under way any more: every BYE answered, every message out. The engine calls
        it after it ended all activeflows, and gives it a limited time."""
        ...


@runtime_checkable
class HasVias(Protocol):
    """What a backend also is whose calls come by ways with names: `Incoming.via` is one of `vias`, or `None`.
    A route with such a name leads to what this backend can do."""

    vias: frozenset[str]


@runtime_checkable
class HasNames(Protocol):
    """What an outlet also is whose commands name things of the operator's: `names` has for `sql` the data
    bases, for `notify` the services. A script that names another one is refused."""

    @property
    def names(self) -> Mapping[str, frozenset[str]]:
        """By outlet."""
        ...


@runtime_checkable
class Outlet(Protocol):
    """What a backend also is that sends messages, asks other machines or keeps values: `outlets` names
    those of `model.action.OUTLETS` that it is."""

    outlets: frozenset[str]

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Begins a command and returns how to cancel it; otherwise as `Leg.perform`. The same `key` a second
        time sends nothing twice."""
        ...


@runtime_checkable
class Marking(Outlet, Protocol):
    """An outlet that marks on disk what it is about to give away, where the other side knows no keys."""

    def may_have_sent(self, key: str) -> bool:
        """Whether a former process may have given it away. Then `send` sends nothing and tells `unknown`."""
        ...
