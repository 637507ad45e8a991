"""The softphone: a SIP endpoint and a media plane of its own."""

from __future__ import annotations

import random
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import trio

from flowlang.backends.media import MediaConfig, MediaPlane
from flowlang.backends.sip import Endpoint
from flowlang.backends.sip.sockets import open_listener
from flowlang.rtp import RandomBits
from flowlang.sip import (
    Address,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallLeg,
    CallOffered,
    CallProgressed,
    CallReanswered,
    CallReoffered,
    Credentials,
    DigestClient,
    Event,
    IncomingCall,
    Invitation,
    MediaSession,
    OwnAccount,
    Registration,
    Settings,
    Trace,
    TransferAnswered,
    TransferAsked,
)
from flowlang.sip.uri import parse_uri

from .call import PhoneCall
from .called import CalledCall

ANYWHERE = ("0.0.0.0", 0)  # noqa: S104 - what a peer is told is the address that faces him


class Softphone:
    """Made by `open_softphone`. `on_message` is told each SIP message, in and out."""

    def __init__(self, plane: MediaPlane, randomness: RandomBits) -> None:
        self.on_message: Callable[[Trace], None] | None = None
        self._plane = plane
        self._random = randomness
        self._endpoint: Endpoint | None = None
        self._calls: dict[CallLeg, PhoneCall] = {}
        self._called: deque[CalledCall] = deque()
        self._takes_calls = False
        self._registrations: list[Registration] = []

    @property
    def endpoint(self) -> Endpoint:
        """The SIP side."""
        assert self._endpoint is not None  # set before anybody has the phone
        return self._endpoint

    @endpoint.setter
    def endpoint(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        endpoint.agent.trace = self._trace

    async def call(
        self,
        target: str,
        *,
        caller: str | None = None,
        record: Path | None = None,
        credentials: Credentials | None = None,
        proxy: Address | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> PhoneCall:
        """Call a SIP URI, at the host that it names or by `proxy`; `caller` is a URI or `"Name" <uri>`,
        `headers` are further ones of the INVITE. Raises `OSError` where the host is not known or not reached,
        `ValueError` where the URI is none."""
        uri = parse_uri(target)
        if not uri.is_sip:
            raise ValueError(f"{target!r} is no SIP URI")
        destination = proxy
        if destination is None:
            found = await trio.socket.getaddrinfo(uri.host, uri.port or 5060, family=self.endpoint.family)
            destination = Address(str(found[0][4][0]), uri.port or 5060)
        local = self.endpoint.local_for(destination.host)
        bound = self.endpoint.facing.bound(destination.host)
        if local is None or bound is None:
            raise OSError(f"no route leads to {destination.host}")
        port = self._plane.open(bound)
        session = MediaSession(local.host, port.address[1], self._random.getrandbits(62))
        call = PhoneCall(self.endpoint, port, session, record)
        ours = caller or f"sip:softphone@{local.hostport}"
        invitation = Invitation(target, ours, session.offer(), headers=headers)
        digest = None if credentials is None else DigestClient(credentials)
        leg = self.endpoint.agent.invite(invitation, destination, local, self.endpoint.now(), digest=digest)
        self._calls[leg] = call
        call.begin(leg)
        self.endpoint.carry_out()
        return call

    def take_calls(self) -> None:
        """From now on calls are for `next_call`; before that they are refused as by somebody busy."""
        self._takes_calls = True

    async def next_call(self) -> CalledCall:
        """The next call that comes, or has come; nothing was said to it yet."""
        self.take_calls()
        while not self._called:
            await self.endpoint.changed.park()
        return self._called.popleft()

    async def register(self, account: OwnAccount) -> Registration:
        """Register, so that we can be called there; returns when that is done. Raises `ConnectionError` where
        the server will not have us."""
        local = self.endpoint.local_for(account.servers[0].host)
        if local is None:
            raise ConnectionError(f"no route leads to {account.servers[0].host}")
        registration = self.endpoint.agent.register(account, local, self.endpoint.now())
        self._registrations.append(registration)
        self.endpoint.carry_out()
        while registration.state == "trying":
            await self.endpoint.changed.park()
        if registration.state != "registered":
            raise ConnectionError(f"{account.servers[0].hostport} did not register {account.address}")
        return registration

    def _on_offered(self, call: IncomingCall) -> None:
        facing = self.endpoint.facing
        bound, told = facing.bound(call.peer.host), facing.told(call.peer.host)
        if not self._takes_calls or bound is None or told is None:
            call.reject(486, self.endpoint.now())  # it calls, it is not called
            return
        port = self._plane.open(bound)
        session = MediaSession(told, port.address[1], self._random.getrandbits(62))
        called = self._calls[call] = CalledCall(self.endpoint, port, session, None, call)
        self._called.append(called)

    def on_event(self, event: Event) -> None:
        """What the endpoint tells."""
        match event:
            case CallOffered(call):
                self._on_offered(call)
            case CallConfirmed(call, answer) if call in self._calls:
                called = self._calls[call]
                assert isinstance(called, CalledCall)  # only who is called waits for an ACK
                called.on_confirmed(answer)
            case CallProgressed(call, _, sdp) if call in self._calls:
                self._calls[call].on_progress(sdp)
            case CallAnswered(call, answer) if call in self._calls:
                self._calls[call].on_answer(answer)
            case CallReanswered(call, answer, _) if call in self._calls:
                self._calls[call].on_answer(answer)
            case CallReoffered(call) if call in self._calls:
                self._calls[call].connect()
            case TransferAsked(call, target) if call in self._calls:
                self._calls[call].sent_to = target
            case TransferAnswered(call, status) if call in self._calls:
                self._calls[call].transferred = status
            case CallEnded(call, cause, by, status) if call in self._calls:
                self._calls.pop(call).on_ended(cause, by, status)
            case _:
                pass

    def _trace(self, trace: Trace) -> None:
        if self.on_message is not None:
            self.on_message(trace)


@asynccontextmanager
async def open_softphone(
    listen: tuple[str, int] = ANYWHERE,
    *,
    rtp_ports: tuple[int, int] = (30000, 39999),
    t1: float = 0.5,
    token: Callable[[int], str] = secrets.token_hex,
    randomness: RandomBits | None = None,
) -> AsyncGenerator[Softphone]:
    """A softphone while the block lasts. Raises `BackendError` where it cannot listen."""
    chance = randomness or random.SystemRandom()
    plane = MediaPlane(MediaConfig(ports=rtp_ports, silence="steady"), randomness=chance)
    phone = Softphone(plane, chance)
    with closing(await open_listener("udp", *listen)) as listener:
        phone.endpoint = Endpoint(
            (listener,), Settings(t1=t1, product="flowlang-softphone"), token, phone.on_event
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(plane.run)
            nursery.start_soon(phone.endpoint.run)
            try:
                yield phone
            finally:
                nursery.cancel_scope.cancel()
