"""`make torture`: the messages of RFC 4475 and RFC 5118 at a `flow serve` that is open to all, over UDP and
TCP, each followed by a plain OPTIONS that has to be answered. The last line is JSON.

    python -m tests.attack.torture

The tables in `tests/sip/torture` say what may be answered; `expected_stream.tsv` where framing by stream asks
for something else, and whether the connection is open or closed then (which takes as long as a message may).
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import trio

from flowlang.backends.sip.connection import MESSAGE_TIME
from flowlang.sip.framing import Frame, Framer
from tests.sip.test_torture import FOLDER, acceptable, rows
from tests.sip.wire import request

from .served import Served, serving

T1_MS = 50
CATCH_ALL = "route call => away\nflow away { reject 480 }\n"

# Answers go to the port that a message's Via names (RFC 3261 §18.2.2): these stand there; 5061 is TLS's.
PORTS = (5050, 5060, 5061, 5070, 6050)
TOLD_AGAIN = "2xx,401,403,404,407,480,481,488"  # what a message that reads well may be answered with
PATIENCE = 2.0  # seconds in which an answer comes, a busy machine included
SILENCE = 0.3  # seconds after which none is taken to come


@dataclass(frozen=True, slots=True)
class Case:
    """A message, what its final answers may be (`none`: there must not be any), and what becomes of a
    connection."""

    name: str
    data: bytes
    wanted: str
    connection: str = "open"


@dataclass(slots=True)
class Tally:
    """`right` and `alive` messages of `of`, and what was wrong, in words."""

    of: int = 0
    right: int = 0
    alive: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def count(self, case: Case, found: list[int], *, right: bool, alive: bool) -> None:
        """One message more."""
        self.of += 1
        self.right += right
        self.alive += alive
        if not right or not alive:
            got = ", ".join(map(str, found)) or "silence"
            self.wrong.append(f"{case.name}: {got}, wanted {case.wanted}{'' if alive else '; not alive'}")

    @property
    def whole(self) -> bool:
        """Whether nothing was wrong."""
        return self.of == self.right == self.alive


def cases(rfc: str, *, stream: bool = False) -> Iterator[Case]:
    """The messages of `rfc4475` or `rfc5118`."""
    otherwise = {row["file"]: row for row in rows("stream")} if stream else {}
    for row in rows(rfc):
        data = (FOLDER / rfc / row["file"]).read_bytes()
        other = otherwise.get(row["file"], {})
        if rfc == "rfc4475":
            wanted = other.get("acceptable_final", row["acceptable_final"])
            yield Case(row["file"], data, wanted, other.get("connection", "open"))
        else:
            if stream:  # the lengths count line ends of one octet, the files have two
                (frame, *_) = Framer().feed(data)
                assert isinstance(frame, Frame)
                data = frame.data
            yield Case(row["file"], data, "400" if row["expected"] == "400" else TOLD_AGAIN)


def right(case: Case, found: list[int]) -> bool:
    """Whether these final answers are as wanted."""
    if case.wanted == "none":
        return not found
    return bool(found) and all(acceptable(status, case.wanted) for status in found)


def alive_request(number: int, via: str) -> bytes:
    """A plain OPTIONS."""
    branch = f"z9hG4bKalive{os.getpid()}x{number}"
    return request("OPTIONS", branch=branch, call_id=f"alive{number}", via=via)


class Datagrams:
    """The sockets to which answers by UDP may come, on an address of the loopback that is ours alone."""

    def __init__(self, stack: ExitStack, port: int) -> None:
        self.host = f"127.{64 + os.getpid() % 64}.{os.getpid() // 64 % 250}.{os.getpid() // 16000 % 250 + 1}"
        self._server = ("127.0.0.1", port)
        self._send, self._receive = trio.open_memory_channel[bytes](1000)
        self._sockets = [stack.enter_context(trio.socket.socket(type=trio.socket.SOCK_DGRAM)) for _ in PORTS]
        self._asked = 0

    async def run(self, nursery: trio.Nursery) -> None:
        """Bind them, and listen from now on."""
        for sock, port in zip(self._sockets, PORTS, strict=True):
            await sock.bind((self.host, port))
            nursery.start_soon(self._listen, sock)

    async def _listen(self, sock: trio.socket.SocketType) -> None:
        while True:
            await self._send.send(await sock.recv(65_536))

    async def say(self, data: bytes) -> None:
        """Send it from port 5060."""
        await self._sockets[1].sendto(data, self._server)

    async def answers(self, seconds: float, *, to: bytes | None, first: bool) -> list[int]:
        """The final answers with that Call-ID that come within so many seconds; only the first of them."""
        found: list[int] = []
        with trio.move_on_after(seconds):
            while True:
                data = await self._receive.receive()
                if data.startswith(b"SIP/2.0 ") and (to is None or call_id(data) == to):
                    found += [status for status in (int(data[8:11]),) if status >= 200]
                    if found and first:
                        break
        return found

    async def alive(self) -> bool:
        """Whether a plain OPTIONS is answered."""
        self._asked += 1
        probe = alive_request(self._asked, f"SIP/2.0/UDP {self.host}:5060")
        await self.say(probe)
        return await self.answers(PATIENCE, to=call_id(probe), first=True) == [200]

    async def judge(self, case: Case, tally: Tally) -> None:
        """Send a message and count what came of it."""
        await self.say(case.data)
        quiet = case.wanted == "none"
        name = call_id(case.data)
        found = await self.answers(SILENCE if quiet else PATIENCE, to=name, first=not quiet)
        tally.count(case, found, right=right(case, found), alive=await self.alive())


def call_id(data: bytes) -> bytes | None:
    """Its Call-ID, however it is folded; `None` where there is none."""
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", data)
    found = re.search(rb"(?im)^(?:call-id|i)[ \t]*:[ \t]*(\S+)", unfolded)
    return None if found is None else found[1]


async def by_udp(served: Served, rfc: str) -> Tally:
    """All messages of an RFC, one after the other."""
    tally = Tally()
    with ExitStack() as stack:
        datagrams = Datagrams(stack, served.port)
        async with trio.open_nursery() as nursery:
            await datagrams.run(nursery)
            for case in cases(rfc):
                await datagrams.judge(case, tally)
            nursery.cancel_scope.cancel()
    return tally


async def by_tcp(served: Served, rfc: str) -> Tally:
    """All messages of an RFC at once, each on a connection of its own; but one that is another once more, in
    its transaction, when that is over: else its answer goes to the other's connection."""
    tally = Tally()
    waiting = list(cases(rfc, stream=True))
    while waiting:
        first = {call_id(case.data): case for case in reversed(waiting)}
        async with trio.open_nursery() as nursery:
            for case in first.values():
                nursery.start_soon(_by_stream, served, case, tally)
        waiting = [case for case in waiting if case not in first.values()]
        if waiting:
            await trio.sleep(64 * T1_MS / 1000 + PATIENCE)
    return tally


async def _by_stream(served: Served, case: Case, tally: Tally) -> None:
    async with await trio.open_tcp_stream("127.0.0.1", served.port) as stream:
        await stream.send_all(case.data)
        patience = MESSAGE_TIME + PATIENCE if case.connection == "closed" else PATIENCE
        found, is_open = await statuses(stream, patience)
        as_wanted = right(case, found) and is_open == (case.connection == "open")
        if is_open:
            as_wanted &= await _answers_options(stream)
    async with await trio.open_tcp_stream("127.0.0.1", served.port) as another:
        tally.count(case, found, right=as_wanted, alive=await _answers_options(another))


async def _answers_options(stream: trio.SocketStream) -> bool:
    await stream.send_all(alive_request(id(stream), "SIP/2.0/TCP 127.0.0.1:5062"))
    return 200 in (await statuses(stream, PATIENCE, first=True))[0]


async def statuses(
    stream: trio.SocketStream, seconds: float, *, first: bool = False
) -> tuple[list[int], bool]:
    """The final answers that come within this time, or until the first, and whether the stream is open behind
    them."""
    heard, is_open = b"", True
    with trio.move_on_after(seconds):
        while is_open and not (first and _finals(heard)):
            data = await stream.receive_some(65_536)
            heard, is_open = heard + data, bool(data)
    return _finals(heard), is_open


def _finals(heard: bytes) -> list[int]:
    lines = [line for line in heard.split(b"\r\n") if line.startswith(b"SIP/2.0 ")]
    return [status for line in lines if (status := int(line[8:11])) >= 200]


async def run(folder: Path) -> dict[str, Tally]:
    """What became of them, by RFC and transport."""
    tallies: dict[str, Tally] = {}
    for transport, send in (("udp", by_udp), ("tcp", by_tcp)):
        # A server each: what came by the one and comes by the other again is a repetition.
        async with serving(folder, CATCH_ALL, "--t1", str(T1_MS)) as served:
            for rfc in ("rfc4475", "rfc5118"):
                tallies[f"{rfc} by {transport}"] = await send(served, rfc)
            assert served.up
            assert not served.tracebacks(), served.said()[-3000:]
    return tallies


def main() -> None:
    """Prints a line for each message that was not answered as wanted, and a line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        tallies = trio.run(run, Path(folder))
    told: Counter[str] = Counter()
    for name, tally in tallies.items():
        for each in tally.wrong:
            print(f"{name}: {each}")
        print(f"{name}: {tally.right} of {tally.of}, alive {tally.alive}")
        told[f"{name.replace(' by ', '_')}"] = tally.right
        told[f"{name.replace(' by ', '_')}_of"] = tally.of
    told["alive"] = sum(tally.alive for tally in tallies.values())
    told["of"] = sum(tally.of for tally in tallies.values())
    print(json.dumps(told))
    sys.exit(not all(tally.whole for tally in tallies.values()))


if __name__ == "__main__":
    main()
