"""A SIP endpoint: a user agent with its UDP socket and trio's clock.

One task reads in batches, one fires timers. What the agent wants sent goes out at once and in its order,
before the events that follow it are told. A fault in what handles an event is logged and harms no other call.
"""

from __future__ import annotations

import logging
import math
import socket
from collections.abc import Callable

import trio

from flowlang.sip import Address, Event, Send, Settings, UserAgent
from flowlang.sip.address import ip_literal, may_send_to

from .sockets import Batches, Facing

_log = logging.getLogger(__name__)


class Endpoint:
    """`on_event` is told what the agent finds; `changed` wakes whoever waits for the agent's state."""

    def __init__(
        self,
        sock: socket.socket,
        settings: Settings,
        token: Callable[[int], str],
        on_event: Callable[[Event], None],
        *,
        advertise: str | None = None,
    ) -> None:
        self.agent = UserAgent(settings, token)
        self.facing = Facing(sock, advertise)
        self.changed = trio.lowlevel.ParkingLot()
        self._socket = sock
        self._port: int = sock.getsockname()[1]
        self._on_event = on_event
        self._working = False
        self._alarm = trio.CancelScope()

    @property
    def address(self) -> Address:
        """What the socket is bound to."""
        host, port = self._socket.getsockname()[:2]
        return Address(host, port)

    @property
    def family(self) -> socket.AddressFamily:
        """IPv4 or IPv6: which peers it can speak with."""
        return self._socket.family

    def now(self) -> float:
        """The agent's clock, in seconds."""
        return trio.current_time()

    def local_for(self, peer: str) -> Address | None:
        """Our signalling address as this peer is told it; `None` where no route leads to him."""
        host = self.facing.told(peer)
        return None if host is None else Address(host, self._port)

    async def run(self) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_time)
            await self._listen()

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
        if deadline is not None and deadline < self._alarm.deadline:
            self._alarm.deadline = deadline
        self.changed.unpark_all()

    async def _listen(self) -> None:
        batches = Batches(self._socket)
        while True:
            await trio.lowlevel.wait_readable(self._socket)
            for data, source in batches.take():
                local = self.local_for(source.host)
                if local is not None:
                    self.agent.receive(data, source, local, self.now())
                    self.carry_out()

    async def _keep_time(self) -> None:
        while True:
            deadline = self.agent.next_deadline()
            self._alarm = trio.CancelScope(deadline=math.inf if deadline is None else deadline)
            with self._alarm:
                await trio.sleep_forever()
            self.agent.tick(self.now())
            self.carry_out()

    def _send(self, output: Send) -> None:
        try:
            self._socket.sendto(output.data, output.destination[:2])
        except OSError:  # a full buffer, no route: SIP repeats what was lost
            return

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
