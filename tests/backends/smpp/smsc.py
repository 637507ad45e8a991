"""An SMSC on loopback: it takes messages, throttles some, breaks connections, and sends receipts."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import trio
import trio.abc

from flowlang.backends.smpp.pdu import USER_MESSAGE_REFERENCE, Framer, Pdu, encode

THROTTLED = 0x58


@dataclass
class Smsc:
    """`throttle` and `lose` are chances of each submit; what is lost was taken half of the time. `taken` has
    what it delivered: text parts by message id; `count` how often each text came."""

    chance: Random = field(default_factory=lambda: Random(7))
    throttle: float = 0.0
    lose: float = 0.0
    password: str = "right"
    echoes: bool = True
    receipts: bool = True
    answers_submits: bool = True
    statuses: list[int] = field(default_factory=list)
    taken: dict[str, Pdu] = field(default_factory=dict)
    count: Counter[bytes] = field(default_factory=Counter)
    throttled: int = 0
    broken: int = 0
    binds: int = 0
    answered: list[Pdu] = field(default_factory=list)
    answer_came: trio.Event = field(default_factory=trio.Event)
    enquired: trio.Event = field(default_factory=trio.Event)
    unbound: trio.Event = field(default_factory=trio.Event)
    bound: trio.Event = field(default_factory=trio.Event)
    stream: trio.abc.Stream | None = None
    queue: list[Pdu] = field(default_factory=list)
    _sequence: int = 0
    _lock: trio.Lock = field(default_factory=trio.Lock)

    async def serve(self, stream: trio.abc.Stream) -> None:
        framer = Framer()
        bound = False
        try:
            while data := bytes(await stream.receive_some(65_536)):
                for pdu in framer.feed(data):
                    match pdu.command:
                        case "bind_transceiver":
                            wrong = pdu.text("password") != self.password
                            answer = Pdu("bind_transceiver_resp", pdu.sequence, 0x0E if wrong else 0)
                            await self._put(stream, answer)
                            if wrong:
                                return
                            self.binds += 1
                            self.stream = stream
                            self.bound.set()
                            bound = True
                            for each in self.queue:  # the receipts that nobody answered come again
                                await self._put(stream, each)
                        case "submit_sm" if bound:
                            if not await self._submit(stream, pdu):
                                return
                        case "enquire_link":
                            self.enquired.set()
                            await self._put(stream, Pdu("enquire_link_resp", pdu.sequence))
                        case "unbind":
                            self.unbound.set()
                            await self._put(stream, Pdu("unbind_resp", pdu.sequence))
                            return
                        case _:
                            self.queue = [each for each in self.queue if each.sequence != pdu.sequence]
                            self.answered.append(pdu)
                            self.answer_came.set()
                            self.answer_came = trio.Event()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            if self.stream is stream:
                self.stream = None
                self.bound = trio.Event()
            await trio.aclose_forcefully(stream)

    async def _put(self, stream: trio.abc.Stream, pdu: Pdu) -> None:
        async with self._lock:
            await stream.send_all(encode(pdu))

    async def put(self, pdu: Pdu) -> None:
        """It sends this."""
        assert self.stream is not None
        await self._put(self.stream, pdu)

    async def _submit(self, stream: trio.abc.Stream, pdu: Pdu) -> bool:
        """Whether the connection goes on."""
        if self.statuses:
            await self._put(stream, Pdu("submit_sm_resp", pdu.sequence, self.statuses.pop(0)))
            return True
        if self.chance.random() < self.throttle:
            self.throttled += 1
            await self._put(stream, Pdu("submit_sm_resp", pdu.sequence, THROTTLED))
            return True
        lost = self.chance.random() < self.lose
        if not lost or self.chance.random() < 0.5:
            message_id = f"m{len(self.taken) + 1}"
            self.taken[message_id] = pdu
            self.count[pdu.octets("short_message")] += 1
            if not lost and self.answers_submits:
                fields = {"message_id": message_id}
                await self._put(stream, Pdu("submit_sm_resp", pdu.sequence, 0, fields))
            if self.receipts:
                receipt = self.receipt(message_id, pdu)
                self.queue.append(receipt)
                if not lost:
                    await self._put(stream, receipt)
        if lost:
            self.broken += 1
        return not lost

    def receipt(self, message_id: str, pdu: Pdu, state: str = "DELIVRD") -> Pdu:
        dates = "submit date:2611211600 done date:2611211601"
        text = f"id:{message_id} sub:001 dlvrd:001 {dates} stat:{state} err:000"
        self._sequence += 1
        fields = {
            "source_addr": pdu.text("destination_addr"), "source_addr_ton": 1, "esm_class": 4,
            "destination_addr": pdu.text("source_addr"), "short_message": text.encode(),
        }  # fmt: skip
        extras = {}
        if self.echoes:
            extras[USER_MESSAGE_REFERENCE] = pdu.extras[USER_MESSAGE_REFERENCE]
        return Pdu("deliver_sm", self._sequence, 0, fields, extras)

    async def write(
        self,
        octets: bytes,
        coding: int = 0,
        *,
        header: bool = False,
        ton: int = 1,
        source: str = "14155550100",
    ) -> None:
        """A person writes."""
        self._sequence += 1
        fields = {
            "source_addr": source, "source_addr_ton": ton, "destination_addr": "16062067563",
            "dest_addr_ton": 1, "data_coding": coding, "short_message": octets,
            "esm_class": 0x40 if header else 0,
        }  # fmt: skip
        assert self.stream is not None
        await self._put(self.stream, Pdu("deliver_sm", self._sequence, 0, fields))


@asynccontextmanager
async def smsc_at_work(smsc: Smsc, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Its port."""

    async def serve(stream: trio.SocketStream) -> None:
        if context is None:
            await smsc.serve(stream)
        else:
            encrypted = trio.SSLStream(stream, context, server_side=True)
            with suppress(trio.BrokenResourceError):
                await smsc.serve(encrypted)

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()
