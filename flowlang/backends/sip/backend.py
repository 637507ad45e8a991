"""The backend: calls come in, the engine takes or refuses them, legs are made of those it takes.

A call is judged before it is routed: an offer without audio that we can speak is a 488, whoever it is for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import trio

from flowlang.backends.border import BackendError, DialogKeeper, Host, Inbox, Incoming, Outgoing, Refusal
from flowlang.backends.chance import Chance
from flowlang.backends.files import raise_file_limit
from flowlang.backends.ladder import LadderLine, LadderPart
from flowlang.backends.media import MediaConfig, MediaError, MediaPlane, hold_music
from flowlang.backends.media.sounds import Sounds
from flowlang.model.causes import hangup_cause
from flowlang.model.commands import (
    Answer,
    Bridge,
    HangUp,
    Hold,
    Mute,
    PlaceCall,
    Play,
    Press,
    Record,
    Redirect,
    Reject,
    ReportTransfer,
    Ring,
    Say,
    StopRecording,
    TakePlace,
    Transfer,
)
from flowlang.model.observations import LegEnded, SipMessageSeen
from flowlang.model.speech import Voice
from flowlang.sip import (
    Accounts,
    Address,
    Admitted,
    Buckets,
    CallLeg,
    CallOffered,
    Contact,
    Event,
    IncomingCall,
    InviteRefused,
    Registrar,
    Registration,
    RegistrationChanged,
    Request,
    Settings,
    Trace,
    UserAgent,
)
from flowlang.sip.offer_answer import Codec, fits

from .admission import behind_nat, make_door
from .callers import incoming_of, tell_refused
from .dns import DnsResolver, LazyLookup, Lookup
from .endpoint import Endpoint, check_addresses
from .ground import Ground
from .harmless import printable
from .hidden import Hidden
from .incoming_leg import IncomingLeg
from .keepalive import keep_alive
from .ladders import Ladders
from .left_over import end_left_over
from .listening import open_listeners, shown
from .outgoing_leg import OutgoingLeg
from .replacing import take_place
from .settings import SipSettings
from .sockets import Listener
from .targets import CallTargets, Targets
from .tls import Tls
from .trunking import Trunking

_log = logging.getLogger(__name__)

_TRYING = 0.4  # of T1: the 200 ms of RFC 3261 §17.2.1, in which most scripts have answered or rung
_NO_AUDIO = "the offer has no audio that we can speak (PCMU or PCMA by RTP/AVP)"


@dataclass(frozen=True, slots=True)
class Left:
    """What of past and present calls is still there; all 0 once the last has been over for 64*T1."""

    legs: int = 0
    calls: int = 0
    transactions: int = 0
    timers: int = 0
    rtp_ports: int = 0


class SipBackend:
    """SIP over UDP, TCP and TLS, as the settings say.

    `voice` speaks what `say` says and `lookup` asks the DNS; `chance` gives bits that nobody can guess.
    """

    name = "sip"
    channels = frozenset({"call"})
    commands = frozenset(
        each.name
        for each in (
            Answer, Bridge, HangUp, Hold, Mute, PlaceCall, Play, Press, Record, Redirect, Reject,
            ReportTransfer, Ring, Say, StopRecording, TakePlace, Transfer,
        )
    )  # fmt: skip

    def __init__(
        self,
        settings: SipSettings | None = None,
        *,
        voice: Voice | None = None,
        lookup: Lookup | None = None,
        chance: Chance | None = None,
    ) -> None:
        self._settings = settings = settings or SipSettings()
        self._timers = Settings(t1=settings.t1, trying_after=_TRYING * settings.t1)
        self._voice = voice
        self._accounts = Accounts(settings.accounts)
        self._domains = frozenset(domain.lower() for domain in settings.domains)
        self._codecs = tuple(settings.codecs)
        self._chance = chance or Chance()
        self._ground: Ground | None = None
        self._hidden = Hidden()
        self._ladders: Ladders | None = None
        resolver = DnsResolver(lookup or LazyLookup(), self._transports, self._below, self._versions)
        self._trunking = Trunking(settings.trunks, resolver)
        self._targets: Targets = CallTargets(
            resolver,
            tuple(self._trunking.trunks.values()),
            self.registered,
            self._is_ours,
            settings.realm,
            self._is_full,
            self._accounts,
        )
        self._registrar: Registrar | None = None

    @property
    def address(self) -> Address | None:
        """What it listens on, `None` while it does not run."""
        return None if self._ground is None else self._ground.endpoint.address

    @property
    def addresses(self) -> tuple[Address, ...]:
        """All that it listens on, with their transports."""
        ground = self._ground
        return () if ground is None else tuple(each.address for each in ground.endpoint.listeners)

    @property
    def left(self) -> Left:
        """Counts of what is there now."""
        if self._ground is None:
            return Left()
        agent = self._ground.endpoint.agent
        ports = len(self._ground.plane.ports)
        return Left(
            len(self._ground.legs), len(agent.calls), len(agent.transactions), len(agent.timers), ports
        )

    @property
    def idle(self) -> bool:
        """Whether nothing is there: no call, transaction, timer or RTP port."""
        return self.left == Left()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Answers calls until cancelled; calls that are then up get a BYE."""
        told = self._settings
        try:
            for each in {each.host for each in told.listeners} or {told.listen[0]}:
                check_addresses(each, told.advertise)
            plane = MediaPlane(MediaConfig(ports=told.rtp_ports), randomness=self._chance)
        except (ValueError, MediaError) as error:
            raise BackendError(str(error)) from None
        raise_file_limit()
        async with AsyncExitStack() as stack:
            listeners: list[Listener] = []
            async for each in open_listeners(told.listeners, told.listen, told.advertise, told.local_nets):
                stack.callback(each.close)
                listeners.append(each)
            peers = self._trunking.peers()
            known = {name for each in peers for name in each.tls_names}
            tls = Tls(told.tls, ask=bool(known))
            endpoint = Endpoint(
                listeners, self._timers, self._chance.token, self._on_event, tls=tls, known=known
            )
            endpoint.agent.trace = self._on_message
            self._registrar = endpoint.agent.registrar = self._make_registrar()
            endpoint.agent.door = make_door(self._registrar, self._trunking, told.limits, told.open_to_all)
            endpoint.agent.flood = Buckets()
            sounds = Sounds(told.prompts, self._voice, told.language, plane.prompts)
            async with trio.open_nursery() as nursery:
                self._ground = Ground(
                    host, endpoint, plane, sounds, nursery, self._chance, hold_music(), told.recordings,
                    codecs=self._codecs, ladders=self._ladders, accounts=self._accounts,
                    dialogs=host if isinstance(host, DialogKeeper) else None,
                )  # fmt: skip
                await nursery.start(plane.run)
                nursery.start_soon(self._trunking.run, endpoint)
                quiet = partial(behind_nat, endpoint, self._registrar, self._trunking)
                nursery.start_soon(keep_alive, endpoint, quiet)
                if self._ground.dialogs is not None:
                    end_left_over(endpoint, self._ground.dialogs)
                    endpoint.carry_out()
                task_status.started(shown(listeners))
                await endpoint.run(partial(self._stop, endpoint))

    def registered(self, address: str) -> tuple[Contact, ...]:
        """Where the phones of an address of record are reached, the preferred first: the URI for the request
        line, and the address that the phone registered from. None where it has none, or is no account's."""
        ground, registrar = self._ground, self._registrar
        if ground is None or registrar is None:
            return ()
        return registrar.registered(address, ground.endpoint.now())

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """Ours at the trunks, in their order."""
        return tuple(self._trunking.registrations.values())

    @property
    def vias(self) -> frozenset[str]:
        """The names of the trunks."""
        return frozenset(self._trunking.trunks)

    def gather_ladders(self) -> None:
        """See `LadderSource`."""
        self._ladders = Ladders()

    def take_ladders(self, before: int) -> Iterator[LadderPart]:
        """See `LadderSource`."""
        return iter(()) if self._ladders is None else self._ladders.take(before)

    async def settle(self) -> None:
        """Returns when no call is left: each BYE of ours was answered, each refusal acknowledged, or given
        up."""
        await trio.lowlevel.checkpoint()
        while self._ground is not None and not self._settled(self._ground.endpoint.agent):
            await self._ground.endpoint.changed.park()

    async def wait_idle(self) -> None:
        """Returns when nothing at all is left; see `Left`."""
        await trio.lowlevel.checkpoint()
        while self._ground is not None and not self.idle:
            await self._ground.endpoint.changed.park()

    def _settled(self, agent: UserAgent) -> bool:
        return not (agent.calls or agent.transactions.unacknowledged)

    def _make_registrar(self) -> Registrar | None:
        by_password = any(each.credentials is not None for each in self._trunking.trunks.values())
        if not self._accounts and not by_password and self._settings.open_to_all is not False:
            return None
        return Registrar(
            self._accounts,
            self._settings.realm,
            self._chance.token(32).encode(),
            self._chance.token,
            domains=self._domains,
            others=self._trunking.password_of,
            algorithms=tuple(self._settings.digest),
        )

    def _transports(self) -> frozenset[str]:
        """What we call by."""
        spoken = {"udp", "tcp"} if self._ground is None else self._ground.endpoint.transports
        return frozenset(spoken | {"tls"})

    def _versions(self) -> frozenset[int]:
        """The versions of IP that we have a socket of."""
        return frozenset({4, 6}) if self._ground is None else self._ground.endpoint.versions

    def _below(self, limit: int) -> int:
        return self._chance.getrandbits(32) % limit

    def _is_full(self, trunk: str) -> bool:
        endpoint = None if self._ground is None else self._ground.endpoint
        door = None if endpoint is None else endpoint.agent.door
        return door is not None and endpoint is not None and door.is_full(trunk, endpoint.now())

    def _stop(self, endpoint: Endpoint) -> None:
        self._trunking.stop(endpoint.now())
        if endpoint.agent.strangers:
            _log.info("%d INVITEs of strangers were refused", endpoint.agent.strangers)
        if self._ground is not None:
            for leg in set(self._ground.legs.values()):
                leg.lose()
        endpoint.carry_out()
        self._ground = None

    # What the agent tells

    def _on_event(self, event: Event) -> None:
        match event:
            case CallOffered(call, replaces):
                self._on_offered(call, replaces)
            case InviteRefused(request, status, reason):
                self._on_refused(request, status, reason)
            case RegistrationChanged(registration, state, status):
                level = logging.INFO if state == "registered" else logging.WARNING
                where = registration.server
                _log.log(level, "%s at %s: %s (%d)", registration.account.address, where, state, status)
            case _:
                leg = None if self._ground is None else self._ground.legs.get(event.call)
                if leg is not None:
                    leg.on_event(event)

    def place(self, outgoing: Outgoing, inbox: Inbox) -> OutgoingLeg:
        """A flow calls somebody, see `border.Placer`."""
        ground = self._ground
        assert ground is not None  # the engine runs it
        self._hidden.add(outgoing.to)
        leg = OutgoingLeg(ground, outgoing, inbox, self._targets)
        ground.nursery.start_soon(leg.find)
        return leg

    def _is_ours(self, host: str, port: int | None) -> bool:
        """Whether the addresses of this host, as a SIP URI has it, are our accounts'."""
        if not self._accounts:
            return False
        name = host.lower()
        if name in self._domains or name == self._settings.realm.lower():
            return True
        here = self.address
        if self._domains or here is None:
            return False
        ours = {here.host, "localhost", self._settings.advertise} if port in (None, here.port) else {None}
        return name in ours

    def _on_offered(self, call: IncomingCall, replaced: CallLeg | None) -> None:
        ground = self._ground
        if ground is None:
            return
        now = ground.endpoint.now()
        incoming = self._incoming(call.request, call.origin)
        leg = IncomingLeg(ground, call, incoming.id)
        leg.introduce(incoming, self._settings.realm, self._is_ours)
        if not _fits(call, self._codecs):
            tell_refused(ground.host, incoming, 488, _NO_AUDIO)
            call.reject(488, now)
            return
        if replaced is not None:
            take_place(ground, replaced, leg, incoming)
            return
        try:
            taken = ground.host.offer(incoming, leg)
        except BaseException:
            call.reject(500, now)
            raise
        if isinstance(taken, Refusal):
            call.reject(taken.status, now)
        else:
            leg.inbox = taken
            ground.chains.taken(taken.activeflow, leg.chain)
            if self._ladders is not None:
                self._ladders.enter(call.call_id, taken.activeflow, ground.host.now())

    def _on_refused(self, request: Request, status: int, reason: str) -> None:
        if self._ground is not None:
            host, incoming = self._ground.host, self._incoming(request)
            tell_refused(host, incoming, status, printable(f"{status} {reason}"))
            host.observe(LegEnded(host.now(), incoming.id, "us", hangup_cause(status), status))

    def _incoming(self, request: Request, origin: Admitted | None = None) -> Incoming:
        account = trunk = None
        if origin is not None:
            account = None if origin.account is None else self._accounts.get(origin.account)
            trunk = None if origin.trunk is None else self._trunking.trunks[origin.trunk]
        return incoming_of(request, origin, account, trunk, self._settings.realm, self._chance.token(8))

    def _on_message(self, trace: Trace) -> None:
        ground = self._ground
        if ground is None:
            return
        at, direction, peer = ground.host.now(), "in" if trace.inbound else "out", trace.peer.hostport
        summary, call_id = self._hidden.shown(trace.summary), trace.call_id or ""
        if self._ladders is not None:
            self._ladders.seen(call_id, LadderLine(at, direction, peer, summary, trace.cseq))
        ground.host.observe(SipMessageSeen(at, direction, peer, summary, printable(call_id)))


def _fits(call: IncomingCall, codecs: tuple[Codec, ...]) -> bool:
    """Whether the offer, if there is one, has audio for us."""
    return call.offer is None or fits(call.offer, call.local.host, codecs)
