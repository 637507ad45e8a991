"""The world that the service lives in: people who write, orders that come in, peers that take what is sent.

All of it outlives the process that is killed, and so does what it knows: what was acknowledged, and what was
done. Nobody answers a question twice, so what is lost of an answer is lost for good. No more is begun than
can be done: so many talks, opt-outs and orders are open at once, and each mail goes to somebody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import trio

from tests.backends.email.smtp_peer import smtp_server
from tests.peers.program import is_free

from .http_peer import HttpPeer, post_hook
from .ledger import Ledger
from .mailbox import Mailbox
from .phones import Phones, calling
from .project import Ports, write_project
from .smsc import Smsc

TALKS, OPT_OUTS, ORDERS, COUNTERS = 30, 2, 20, 3  # that are open at once
PORTS = 11_000, 19_000
PAUSE = 0.05  # seconds between two that begin, at most
STOPS = 20  # one of so many who write wants no more


class World:
    """`phones` are there when it runs."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.folder = folder
        self.ledger = Ledger()
        self.mailbox = Mailbox(chance, self.ledger.came)
        self.http = HttpPeer(chance, self._was_told)
        self.smsc = Smsc(chance, self._got, self._was_taken)
        self.phones: Phones
        self.ports: Ports
        self.stopped: dict[str, int] = {}
        """Who wants no more, and how many messages he had when that was acknowledged."""
        self.kills: list[float] = []
        """When the service was killed, in seconds since 1970-01-01 UTC."""
        self.texts: Counter[str] = Counter()
        """How many messages each person had, but for confirmations of opt-outs."""
        self._chance = chance
        self._nursery: trio.Nursery
        self._number = 0
        self._resting = False

    def rest(self) -> None:
        """Nothing new begins, and nothing is refused any more."""
        self._resting = True
        self.mailbox.refuses = False

    # -- people

    async def _write(self) -> None:
        while True:
            await trio.sleep(self._chance.uniform(0, PAUSE))
            ledger = self.ledger
            if self._resting:
                continue
            if self._chance.randrange(STOPS) == 0 and ledger.open("s") < OPT_OUTS:
                name = self._somebody("s")
                ledger.want(name, ("sms", f"stopped {name}"))
            elif ledger.open("c") < TALKS:
                name = self._somebody("c")
                done = ("webhook", f"told {name}"), ("mail", f"half {name}"), ("sms", f"done {name}")
                ledger.want(name, *done)

    def _somebody(self, kind: str) -> str:
        """Somebody new writes."""
        name = self._named(kind)
        self.ledger.names[_person(name)] = name
        self.smsc.write(_person(name), name, name)
        return name

    def _got(self, person: str, text: str) -> None:
        """A person got a message; a question is answered once, after a moment."""
        ledger = self.ledger
        mark = ledger.text_of(person, text)
        self.texts[person] += mark == text
        match text.split():
            case ["ask", name, number, _] if int(number) not in ledger.answers.setdefault(name, {}):
                answer = ledger.answers[name][int(number)] = f"{name}-answer-{number}"
                text = answer if name.startswith("c") else "STOP"
                self._nursery.start_soon(self._later, 0.2, person, text, answer)
            case ["ask", *_]:
                pass
            case _:
                ledger.came(("sms", mark))

    async def _later(self, seconds: float, person: str, text: str, name: str) -> None:
        self.ledger.give(name)
        await trio.sleep(self._chance.uniform(0, seconds))
        self.smsc.write(person, text, name)

    def _was_taken(self, name: str) -> None:
        """What somebody wrote was acknowledged: who wanted no more has got what he gets, but for the
        confirmation."""
        self.ledger.took(name)
        talk, answer, _ = name.partition("-answer-")
        if answer and talk.startswith("s"):
            self.stopped[_person(talk)] = self.texts[_person(talk)]

    def _was_told(self, what: dict[str, Any]) -> None:
        """Who was through with a talk adds a word, as that ends."""
        self.ledger.was_told(what)
        match what["what"].split():
            case ["told", name] if _person(name) in self.ledger.names:
                more = f"and {name}"
                self.ledger.want(name, ("webhook", more))
                self._nursery.start_soon(self._later, 0.03, _person(name), more, more)
            case _:
                pass

    # -- orders

    async def _order(self) -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(COUNTERS):
                nursery.start_soon(self._post, "counters", self._named("k"))
            while True:
                await trio.sleep(self._chance.uniform(0, PAUSE))
                if not self._resting and self.ledger.open("o") < ORDERS:
                    name = self._named("o")
                    done = ("webhook", f"paid {name}"), ("webhook", f"ended {name}"), ("mail", f"paid {name}")
                    self.ledger.want(name, *done)
                    nursery.start_soon(self._post, "orders", name)

    def _named(self, kind: str) -> str:
        self._number += 1
        self.ledger.give(f"{kind}{self._number}")
        return f"{kind}{self._number}"

    async def _post(self, hook: str, name: str) -> None:
        """Until it is taken."""
        while not await post_hook(self.ports.web, hook, name):  # noqa: ASYNC110 (it asks another process)
            await trio.sleep(self._chance.uniform(0.05, 0.2))
        self.ledger.took(name)

    # -- all of it

    @asynccontextmanager
    async def running(self, rate: float) -> AsyncGenerator[None]:
        """All of it is there; so many calls a second of each kind."""
        self.mailbox.token = trio.lowlevel.current_trio_token()
        with smtp_server(self.mailbox) as smtp:
            async with trio.open_nursery() as self._nursery:
                smsc, http = await self._listen(self.smsc.serve), await self._listen(self.http.serve)
                self.ports = Ports(self._port(), self._port(), smsc, smtp, http, self._port())
                write_project(self.folder, self.ports)
                async with calling(self.folder / "sipp", self.ports.sip, self.ports.callee, rate) as phones:
                    self.phones = phones
                    self._nursery.start_soon(self._write)
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


def _person(name: str) -> str:
    """The number of somebody."""
    return f"+1415{name[1:]:0>7}"
