"""A SIP endpoint: a user agent with its sockets and trio's clock.

A task for each UDP socket reads in batches, two for each connection read and write, one fires timers. What
the agent wants sent goes out at once and in its order, before the events that follow it are told. A fault in
what handles an event is logged and harms no other call.
"""

from __future__ import annotations

import logging
import math
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import trio

from flowlang.backends.border import nothing
from flowlang.sip import Address, Event, Send, Settings, SipSyntaxError, UserAgent
from flowlang.sip.address import ip_literal, may_send_to
from flowlang.sip.headers import parse_via
from flowlang.sip.text import split_list

from .connection import PING, Connection
from .sockets import Batches, Facing, Listener
from .streams import Streams
from .tls import Tls

_log = logging.getLogger(__name__)

LAST_WORDS = 0.5  # seconds that connections have for them
# Seconds between two looks at the timers: none of RFC 3261's is shorter than 500 ms, and each look is a
# switch of tasks.
_GRAIN = 0.01
_TOP_VIA = re.compile(rb"\r\nVia: ([^\r]*)")  # as we print it


class Endpoint:
    """`on_event` is told what the agent finds; `changed` wakes whoever waits for the agent's state. `known`
    are the names of peers that are looked for in certificates."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        settings: Settings,
        token: Callable[[int], str],
        on_event: Callable[[Event], None],
        *,
        tls: Tls | None = None,
        known: Iterable[str] = (),
    ) -> None:
        self.agent = UserAgent(settings, token)
        self.listeners = tuple(listeners)
        self.changed = trio.lowlevel.ParkingLot()
        self._tls = tls
        self._streams = Streams(tls, self._on_stream_message, self._on_unreachable, known)
        self._on_event = on_event
        self._working = False
        self._alarm = trio.CancelScope()
        self._rung = -math.inf  # when it went off last
        self._clock = trio.lowlevel.current_clock()
        self._senders: dict[Address, socket.socket] = {}
        if any(each.transport == "tcp" for each in self.listeners):
            self.agent.transactions.stream_way = self._by_stream

    @property
    def address(self) -> Address:
        """What the first socket is bound to."""
        return self.listeners[0].address

    @property
    def facing(self) -> Facing:
        """How peers see the first socket."""
        return self.listeners[0].facing

    def facing_for(self, peer: str) -> Facing:
        """How this peer sees us: by the first socket of his version of IP."""
        for each in self.listeners:
            if each.facing.bound(peer) is not None:
                return each.facing
        return self.facing

    @property
    def family(self) -> socket.AddressFamily:
        """Of the first socket."""
        return self.listeners[0].family

    @property
    def transports(self) -> set[str]:
        """What it listens to."""
        return {each.transport for each in self.listeners}

    @property
    def versions(self) -> frozenset[int]:
        """The versions of IP that it has a socket of."""
        return frozenset(6 if each.family == socket.AF_INET6 else 4 for each in self.listeners)

    @property
    def connections(self) -> int:
        """How many TCP and TLS connections there are."""
        return len(self._streams)

    def now(self) -> float:
        """The agent's clock, in seconds."""
        return self._clock.current_time()

    def local_for(self, peer: str, transport: str = "udp") -> Address | None:
        """Our signalling address as this peer is told it; `None` where no route leads to him, or we do not
        speak that transport."""
        for each in self.listeners:
            if each.transport == transport:
                local = each.told(peer)
                if local is not None:
                    if transport == "udp":
                        self._senders[local] = each.socket
                    return local
        return self._only_out(peer, transport)

    async def run(self, last_words: Callable[[], None] = nothing) -> None:
        """Serve until cancelled. Then `last_words` may give out more, and what a connection takes of it
        within `LAST_WORDS` is sent."""
        streams = trio.CancelScope()

        async def keep_streams(*, task_status: trio.TaskStatus[None]) -> None:
            with streams:
                await self._streams.run(task_status=task_status)

        async with trio.open_nursery() as kept:
            try:
                await kept.start(keep_streams)
                streams.shield = True
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._keep_time)
                    for each in self.listeners:
                        if each.transport == "udp":
                            nursery.start_soon(self._listen, each)
                        else:
                            nursery.start_soon(self._accept, each)
            finally:
                last_words()
                with trio.move_on_after(LAST_WORDS, shield=True):
                    await self._streams.flush()
                streams.cancel()

    def ping(self, peer: Address) -> None:
        """Send a keep-alive (RFC 5626 §4.4), where that needs no new connection."""
        if peer.reliable:
            self._streams.ping(peer)
            return
        sock = self._any_socket(peer.host)
        if sock is not None:
            with suppress(OSError):
                sock.sendto(PING, peer[:2])

    def carry_out(self) -> None:
        """Do what the agent asks for; called after each use of it. Called within itself it does nothing: the
        outer one goes on until nothing is left."""
        if self._working:
            return
        self._working = True
        try:
            while outputs := self.agent.drain():
                for output in outputs:
                    if isinstance(output, Send):
                        self._send(output)
                    else:
                        self._tell(output)
        finally:
            self._working = False
        deadline = self.agent.next_deadline()
        if deadline is not None:
            due = max(deadline, self._rung + _GRAIN)
            if due < self._alarm.deadline:  # trio takes its time to set one
                self._alarm.deadline = due
        if self.changed:
            self.changed.unpark_all()

    # In

    async def _listen(self, listener: Listener) -> None:
        batches = Batches(listener.socket)
        while True:
            await trio.lowlevel.wait_readable(listener.socket)
            for data, source in batches.take():
                local = listener.told(source.host)
                if local is not None:
                    self._senders[local] = listener.socket
                    self.agent.receive(data, source, local, self.now(), listener)
                    self.carry_out()

    async def _accept(self, listener: Listener) -> None:
        context = None
        if listener.transport == "tls":
            assert self._tls is not None  # without a certificate no such listener is opened
            context = self._tls.server
        accepting = trio.SocketListener(trio.socket.from_stdlib_socket(listener.socket))
        await self._streams.accept(accepting, listener, context)

    def _on_stream_message(self, data: bytes, connection: Connection) -> None:
        peer, listener = connection.peer, connection.listener
        local = self.local_for(peer.host, peer.transport) if listener is None else listener.told(peer.host)
        if local is not None:
            self.agent.receive(data, peer, local, self.now(), listener)
            self.carry_out()

    async def _keep_time(self) -> None:
        while True:
            deadline = self.agent.next_deadline()
            due = math.inf if deadline is None else max(deadline, self._rung + _GRAIN)
            self._alarm = trio.CancelScope(deadline=due)
            with self._alarm:
                await trio.sleep_forever()
            self._rung = self.now()
            self.agent.tick(self._rung)
            self.carry_out()

    # Out

    def _send(self, output: Send) -> None:
        if output.destination.reliable:
            if output.destination.transport == "tls" and self._tls is None:
                self._on_unreachable(output.destination)
            else:
                self._streams.send(output.data, self._reached_at(output))
            return
        sock = self._senders.get(output.local) or self._any_socket(output.destination.host)
        if sock is None:
            return
        try:
            sock.sendto(output.data, output.destination[:2])
        except OSError:  # a full buffer, no route: SIP repeats what was lost
            return

    def _reached_at(self, output: Send) -> Address:
        """The connection that the peer is at. Where a response finds it closed, the port that the peer's Via
        says it listens on (RFC 3261 §18.2.2)."""
        there = output.destination
        if self._streams.has(there) or not output.data.startswith(b"SIP/"):
            return there
        found = _TOP_VIA.search(output.data)
        with suppress(SipSyntaxError):
            if found is not None:
                via = parse_via(split_list(found[1].decode("utf-8", "surrogateescape"))[0])
                return there._replace(port=via.effective_port)
        return there

    def _any_socket(self, peer: str) -> socket.socket | None:
        local = self.local_for(peer)
        return None if local is None else self._senders.get(local)

    def _by_stream(self, destination: Address, local: Address) -> tuple[Address, Address] | None:
        ours = self.local_for(destination.host, "tcp")
        return None if ours is None else (destination._replace(transport="tcp"), ours)

    def _only_out(self, peer: str, transport: str) -> Address | None:
        """For a stream that only we open: nobody listens on the port that is told, but what comes back takes
        the connection."""
        if transport == "udp" or (transport == "tls" and self._tls is None):
            return None
        for each in self.listeners:
            host = each.facing.told(peer)
            if host is not None:
                return Address(host, each.address.port, transport)
        return None

    def _on_unreachable(self, destination: Address) -> None:
        self.agent.undeliverable(destination, self.now())
        self.carry_out()

    def _tell(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - whatever it is, the endpoint serves every other call
            _log.exception("a SIP event could not be handled")


def check_addresses(listen: str, advertised: str | None) -> None:
    """ValueError unless we can listen there and peers can be told the other address, of the same family."""
    here = ip_literal(listen)
    if here is not None and here.is_multicast:
        raise ValueError(f"cannot listen for SIP on {listen}: it is a multicast address, which nobody owns")
    if advertised is None:
        return
    told = ip_literal(advertised)
    if told is None or not may_send_to(advertised):
        raise ValueError(
            f"the address to advertise must be an IP address that peers can reach, not {advertised!r}"
        )
    if here is not None and here.version != told.version:
        raise ValueError(
            f"the address to advertise must be IPv{here.version} as the one to listen on, not {advertised}"
        )
