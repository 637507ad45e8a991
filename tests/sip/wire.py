"""A wire between user agents on virtual time, and the messages that tests put on it.

`Wire` moves datagrams between agents, with whatever loss, delay and repetition the test's `fate` decides.
`Peer` is one agent without a wire: a test speaks raw SIP to it and reads what it says.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

from flowlang.sip import (
    Address,
    CallOffered,
    Event,
    IncomingCall,
    MediaSession,
    Response,
    Send,
    Settings,
    UserAgent,
)
from flowlang.sip.message import Request
from flowlang.sip.parse import parse_datagram

HERE = Address("192.0.2.1", 5060)
THERE = Address("192.0.2.2", 5062)
T1 = 0.05
LIFETIME = 64 * T1

SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
)


def tokens(seed: int) -> Callable[[int], str]:
    """A repeatable source of tokens."""
    chance = random.Random(seed)
    return lambda size: chance.randbytes(size).hex()


def make_agent(seed: int = 1, t1: float = T1) -> UserAgent:
    return UserAgent(Settings(t1=t1), tokens(seed))


def session(host: str = HERE.host, port: int = 5004) -> MediaSession:
    return MediaSession(host, port, 7)


def request(
    method: str = "INVITE",
    *,
    branch: str = "z9hG4bKb1",
    cseq: int = 1,
    to_tag: str | None = None,
    from_tag: str = "their",
    call_id: str = "call-1",
    body: str = "",
    extra: str = "",
    uri: str = "sip:desk@192.0.2.1",
    via: str = "SIP/2.0/UDP 192.0.2.2:5062",
    length: int | None = None,
) -> bytes:
    """A request from THERE."""
    to = "<sip:desk@192.0.2.1>" + (f";tag={to_tag}" if to_tag else "")
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{method} {uri} SIP/2.0\r\nVia: {via};branch={branch}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:caller@192.0.2.2>;tag={from_tag}\r\nTo: {to}\r\n"
        f"Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
        f"Contact: <sip:caller@192.0.2.2:5062>\r\n{extra}{kind}"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n{body}"
    ).encode()


class Peer:
    """One agent of ours, and us as whoever talks to it."""

    def __init__(self, t1: float = T1) -> None:
        self.agent = make_agent(t1=t1)
        self.now = 0.0
        self.sent: list[tuple[float, Send]] = []
        self.events: list[Event] = []

    def receive(self, data: bytes, source: Address = THERE) -> list[str]:
        """Give it a datagram; returns the start lines that it sends at once."""
        self.agent.receive(data, source, HERE, self.now)
        return self.take()

    def take(self) -> list[str]:
        lines: list[str] = []
        for output in self.agent.drain():
            if isinstance(output, Send):
                self.sent.append((self.now, output))
                lines.append(output.data.split(b"\r\n", 1)[0].decode())
            else:
                self.events.append(output)
        return lines

    def run(self, until: float) -> list[tuple[float, str]]:
        """Let time pass; returns (time, start line) of what it sends."""
        seen: list[tuple[float, str]] = []
        while (at := self.agent.next_deadline()) is not None and at <= until:
            self.now = max(at, self.now)
            self.agent.tick(self.now)
            seen += [(round(self.now, 6), line) for line in self.take()]
        self.now = until
        return seen

    def last(self) -> Request | Response:
        """What it sent last, parsed."""
        return parse_datagram(self.sent[-1][1].data)

    def offered(self, data: bytes | None = None) -> IncomingCall:
        """Give it an INVITE; returns the call that it offers."""
        self.receive(request(body=SDP) if data is None else data)
        event = self.events[-1]
        assert isinstance(event, CallOffered)
        return event.call

    def answered(self) -> tuple[IncomingCall, str]:
        """A call that is answered, not yet acknowledged, and our tag in it."""
        call = self.offered()
        assert call.offer is not None
        media = session()
        call.negotiate = media.negotiate
        answer = media.answer(call.offer)
        assert answer is not None
        assert call.answer(answer, self.now)
        self.take()
        tag = self.last().to.tag
        assert tag is not None
        return call, tag

    def confirmed(self) -> tuple[IncomingCall, str]:
        """A call that is up."""
        call, tag = self.answered()
        self.receive(request("ACK", branch="z9hG4bKack", to_tag=tag))
        return call, tag

    def counts(self) -> tuple[int, int, int]:
        return (len(self.agent.transactions), len(self.agent.calls), len(self.agent.timers))

    def assert_nothing_left(self) -> None:
        """64*T1 later nothing is left of whatever happened."""
        self.run(self.now + 2 * LIFETIME)
        assert self.counts() == (0, 0, 0)
        assert self.agent.next_deadline() is None


Fate = Callable[[bytes], list[float]]
"""What becomes of a datagram: the delays after which copies of it arrive; none is a loss."""


class Wire:
    """Agents at addresses, datagrams under way."""

    def __init__(self, agents: dict[Address, UserAgent], fate: Fate = lambda data: [0.001]) -> None:
        self.agents = agents
        self.fate = fate
        self.now = 0.0
        self.events: list[tuple[float, Address, Event]] = []
        self.log: list[tuple[float, Address, bytes]] = []
        self.on_event: Callable[[Address, Event, float], None] = lambda at, event, now: None
        self._under_way: list[tuple[float, int, bytes, Address, Address]] = []
        self._count = 0

    def collect(self) -> None:
        moved = True
        while moved:
            moved = False
            for address, agent in self.agents.items():
                for output in agent.drain():
                    moved = True
                    if isinstance(output, Send):
                        self.log.append((self.now, address, output.data))
                        for delay in self.fate(output.data):
                            self._count += 1
                            entry = (
                                self.now + delay,
                                self._count,
                                output.data,
                                output.local,
                                output.destination,
                            )
                            heapq.heappush(self._under_way, entry)
                    else:
                        self.events.append((self.now, address, output))
                        self.on_event(address, output, self.now)

    def run(self, until: float) -> None:
        self.collect()
        while True:
            deadlines = [at for agent in self.agents.values() if (at := agent.next_deadline()) is not None]
            arrivals = [self._under_way[0][0]] if self._under_way else []
            due = min([*deadlines, *arrivals], default=None)
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            if self._under_way and self._under_way[0][0] <= self.now:
                _, _, data, source, destination = heapq.heappop(self._under_way)
                if destination in self.agents:
                    self.agents[destination].receive(data, source, destination, self.now)
            else:
                for agent in self.agents.values():
                    agent.tick(self.now)
            self.collect()
        self.now = until
