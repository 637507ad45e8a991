"""An SMSC that is never killed, and what people write through it.

It keeps what a person writes until it is answered, over any number of connections; so it sends again what a
process took along. So it does with receipts. A message that is submitted is delivered at once, however often.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from random import Random

import trio

from flowlang.backends.smpp.pdu import Framer, Pdu, PduError, encode

from .project import OURS

AGAIN = 0.5  # seconds to the next try of what was refused
SLOW = 0.02  # seconds that an answer takes at most
THROTTLED = 0x58  # ESME_RTHROTTLED, SMPP v3.4 §5.1.3
RECEIPT = 4  # SMPP v3.4 §5.2.12


class Smsc:
    """`delivered` counts what each person got, `writers` has who wrote each message. `came` is told of the
    former, `kept` by its name of what a person wrote when it was answered. `submitted` has who got the
    message of an id, `reported` the ids whose receipts were answered."""

    def __init__(self, chance: Random, came: Callable[[str, str], None], kept: Callable[[str], None]) -> None:
        self.delivered: Counter[tuple[str, str]] = Counter()
        self.again = 0
        self.refused = 0
        self.writers: list[str] = []
        self.submitted: dict[str, str] = {}
        self.reported: set[str] = set()
        self._chance = chance
        self._came = came
        self._kept = kept
        self._unanswered: dict[int, tuple[Pdu, Callable[[], None]]] = {}
        self._sequence = 0
        self._output: trio.MemorySendChannel[Pdu] | None = None

    @property
    def unanswered(self) -> int:
        """How much was not answered yet."""
        return len(self._unanswered)

    def write(self, person: str, text: str, name: str) -> None:
        """Somebody writes."""
        self.writers.append(person)
        self._deliver(person, text, 0, lambda: self._kept(name))

    def _deliver(self, person: str, text: str, kind: int, kept: Callable[[], None]) -> None:
        self._sequence += 1
        fields: dict[str, str | int | bytes] = {
            "source_addr": person.lstrip("+"), "source_addr_ton": 1, "destination_addr": OURS.lstrip("+"),
            "dest_addr_ton": 1, "esm_class": kind, "short_message": text.encode("ascii"),
        }  # fmt: skip
        pdu = Pdu("deliver_sm", self._sequence, 0, fields)
        self._unanswered[self._sequence] = pdu, kept
        if self._output is not None:
            self._output.send_nowait(pdu)

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection."""
        output, pdus = trio.open_memory_channel[Pdu](math.inf)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write_out, stream, pdus)
                await self._read(stream, output, nursery)
                nursery.cancel_scope.cancel()
        finally:
            if self._output is output:
                self._output = None
            await trio.aclose_forcefully(stream)

    async def _write_out(self, stream: trio.SocketStream, pdus: trio.MemoryReceiveChannel[Pdu]) -> None:
        async for pdu in pdus:
            try:
                await stream.send_all(encode(pdu))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return

    async def _read(
        self, stream: trio.SocketStream, output: trio.MemorySendChannel[Pdu], nursery: trio.Nursery
    ) -> None:
        framer = Framer()
        try:
            while data := bytes(await stream.receive_some(65_536)):
                for pdu in framer.feed(data):
                    self._take(pdu, output, nursery)
        except (trio.BrokenResourceError, trio.ClosedResourceError, PduError):
            pass

    def _take(self, pdu: Pdu, output: trio.MemorySendChannel[Pdu], nursery: trio.Nursery) -> None:
        match pdu.command:
            case "bind_transceiver":
                output.send_nowait(Pdu("bind_transceiver_resp", pdu.sequence))
                self._output = output
                self.again += len(self._unanswered)
                for each, _ in self._unanswered.values():
                    output.send_nowait(each)
            case "submit_sm":
                if self._chance.random() < 0.02:
                    output.send_nowait(Pdu("submit_sm_resp", pdu.sequence, THROTTLED))
                    return
                person, text = f"+{pdu.text('destination_addr')}", pdu.octets("short_message").decode()
                self.delivered[person, text] += 1
                self._came(person, text)
                message = f"m{len(self.submitted) + 1}"
                self.submitted[message] = person
                nursery.start_soon(self._answer, pdu, message, output)
            case "deliver_sm_resp":
                taken = self._unanswered.get(pdu.sequence)
                if taken is not None and pdu.status == 0:
                    del self._unanswered[pdu.sequence]
                    taken[1]()
                elif taken is not None:
                    self.refused += 1
                    nursery.start_soon(self._later, pdu.sequence, output)
            case "enquire_link":
                output.send_nowait(Pdu("enquire_link_resp", pdu.sequence))
            case _:
                pass

    async def _later(self, sequence: int, output: trio.MemorySendChannel[Pdu]) -> None:
        """What was refused for now comes again, as long as this connection lasts."""
        await trio.sleep(AGAIN)
        if sequence in self._unanswered:
            output.send_nowait(self._unanswered[sequence][0])

    async def _answer(self, pdu: Pdu, message: str, output: trio.MemorySendChannel[Pdu]) -> None:
        """After a moment; then comes the receipt, on whichever connection there is."""
        try:
            await trio.sleep(self._chance.uniform(0, SLOW))
            output.send_nowait(Pdu("submit_sm_resp", pdu.sequence, 0, {"message_id": message}))
        finally:
            if pdu.number("registered_delivery"):
                receipt = f"id:{message} stat:DELIVRD err:000"
                person = self.submitted[message]
                self._deliver(person, receipt, RECEIPT, lambda: self.reported.add(message))
