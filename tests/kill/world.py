"""The world that the service lives in: people who write, orders that come in, peers that take what is sent.

All of it outlives the process that is killed, and so does what it knows: what was acknowledged, and what was
done. Nobody answers a question twice, so what is lost of an answer is lost for good.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import h11
import trio

from flowlang.backends.signatures import standard_headers, standard_key
from tests.backends.email.smtp_peer import Mailbox, smtp_server
from tests.peers.program import is_free

from .http_peer import HttpPeer
from .phones import Phones, calling
from .service import SECRET, Ports, write_project
from .smsc import Smsc

TALKS, ORDERS = 40, 20  # that are open at once
PORTS = 11_000, 19_000
PAUSE = 0.05  # seconds between two that begin, at most


@dataclass(slots=True)
class Ledger:
    """What was given, by name; what was acknowledged of it; what was answered to each question."""

    talks: set[str] = field(default_factory=set[str])
    orders: set[str] = field(default_factory=set[str])
    answers: dict[str, dict[int, str]] = field(default_factory=dict[str, "dict[int, str]"])
    acknowledged: set[str] = field(default_factory=set[str])
    told: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    twice: int = 0

    def missing(self) -> list[str]:
        """What has to be told yet of all that was given and acknowledged."""
        talks = [f"told {each}" for each in self.talks if each in self.acknowledged]
        orders = [each for each in self.orders if each in self.acknowledged]
        wanted = talks + [f"paid {each}" for each in orders] + [f"ended {each}" for each in orders]
        return [each for each in wanted if each not in self.told]

    @property
    def unacknowledged(self) -> set[str]:
        """What was given and may have been taken."""
        answers = {text for each in self.answers.values() for text in each.values()}
        return (self.talks | self.orders | answers) - self.acknowledged


class World:
    """`phones` are there when it runs."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.folder = folder
        self.ledger = Ledger()
        self.mailbox = Mailbox()
        self.http = HttpPeer(chance, self._was_told)
        self.smsc = Smsc(chance, self._got, self.ledger.acknowledged.add)
        self.phones: Phones
        self.ports: Ports
        self.resting = False
        """Nothing new begins."""
        self._chance = chance
        self._nursery: trio.Nursery
        self._number = 0

    # -- people

    def _got(self, person: str, text: str) -> None:
        """A person got a message; a question is answered once, after a moment."""
        match text.split():
            case ["ask", name, number, _] if int(number) not in self.ledger.answers.setdefault(name, {}):
                answer = self.ledger.answers[name][int(number)] = f"{name}-answer-{number}"
                self._nursery.start_soon(self._answer, person, answer)
            case _:
                pass

    async def _answer(self, person: str, text: str) -> None:
        await trio.sleep(self._chance.uniform(0, 0.2))
        self.smsc.write(person, text)

    async def _talk(self) -> None:
        while True:
            await trio.sleep(self._chance.uniform(0, PAUSE))
            ledger = self.ledger
            going = sum(f"told {each}" not in ledger.told for each in ledger.talks)
            if not self.resting and going < TALKS:
                self._number += 1
                name = f"c{self._number}"
                ledger.talks.add(name)
                self.smsc.write(f"+1415{self._number:07}", name)

    # -- orders

    async def _order(self) -> None:
        async with trio.open_nursery() as nursery:
            limit = trio.CapacityLimiter(ORDERS)
            while True:
                await trio.sleep(self._chance.uniform(0, PAUSE))
                if not self.resting and limit.available_tokens:
                    self._number += 1
                    name = f"o{self._number}"
                    self.ledger.orders.add(name)
                    nursery.start_soon(self._post, name, limit)

    async def _post(self, name: str, limit: trio.CapacityLimiter) -> None:
        """Until it is taken."""
        async with limit:
            while not await self._posted(name):  # noqa: ASYNC110 (it asks another process)
                await trio.sleep(self._chance.uniform(0.05, 0.2))
        self.ledger.acknowledged.add(name)

    async def _posted(self, name: str) -> bool:
        body = json.dumps({"name": name}).encode()
        headers = {"host": "here", "content-type": "application/json", "content-length": str(len(body))}
        headers |= standard_headers(standard_key(SECRET), name, body, time.time())
        connection = h11.Connection(h11.CLIENT)
        request = h11.Request(method="POST", target="/hooks/orders", headers=list(headers.items()))
        try:
            async with await trio.open_tcp_stream("127.0.0.1", self.ports.web) as stream:
                for event in (request, h11.Data(data=body), h11.EndOfMessage()):
                    await stream.send_all(connection.send(event) or b"")
                while (event := connection.next_event()) is h11.NEED_DATA:
                    connection.receive_data(bytes(await stream.receive_some()))
                return isinstance(event, h11.Response) and event.status_code == 202
        except (OSError, trio.BrokenResourceError, h11.ProtocolError):
            return False

    # -- peers

    def _was_told(self, what: dict[str, Any]) -> None:
        """Under a key of its own: what was told already is told twice."""
        self.ledger.twice += what["what"] in self.ledger.told
        self.ledger.told[what["what"]] = what

    @asynccontextmanager
    async def running(self, rate: float) -> AsyncGenerator[None]:
        """All of it is there; so many calls a second of each kind."""
        with smtp_server(self.mailbox) as smtp:
            async with trio.open_nursery() as self._nursery:
                smsc, http = await self._listen(self.smsc.serve), await self._listen(self.http.serve)
                self.ports = Ports(self._port(), self._port(), smsc, smtp, http, self._port())
                write_project(self.folder, self.ports)
                async with calling(self.folder / "sipp", self.ports.sip, self.ports.callee, rate) as phones:
                    self.phones = phones
                    self._nursery.start_soon(self._talk)
                    self._nursery.start_soon(self._order)
                    yield
                self._nursery.cancel_scope.cancel()

    @staticmethod
    def _port() -> int:
        """One that nobody is given by chance while the service is down (ip_local_port_range, ip(7))."""
        while not is_free(port := SystemRandom().randrange(*PORTS)):
            pass
        return port

    async def _listen(self, serve: Any) -> int:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self._nursery.start_soon(partial(trio.serve_listeners, serve, listeners))
        return listeners[0].socket.getsockname()[1]
