"""A caller and three callees behind a forking proxy, on a bad network: whoever answers, refuses, offers again
or leaves, and however messages are lost, repeated, reordered and delayed, there are never two final answers,
nobody is told twice that a call is over, and no leg is left open: who is up in the end is up with the other.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from flowlang.sip import (
    Address,
    CallAnswered,
    CallEnded,
    CallLeg,
    CallOffered,
    Event,
    IncomingCall,
    Invitation,
    MediaSession,
    Send,
    UserAgent,
)

from .bad_network import QUICK, BadNetwork
from .forking_proxy import ForkingProxy
from .wire import make_agent

CALLER = Address("192.0.2.1", 5062)
PROXY = Address("192.0.2.2", 5062)
CALLEES = [Address(f"192.0.2.{host}", 5062) for host in (11, 12, 13)]
LONG = 4_000.0  # seconds: a session of 1800 s is refreshed, or found dead (RFC 4028), whatever was lost

WHO = st.integers(0, len(CALLEES) - 1)


class ForkedCall(BadNetwork):
    """What the users do is drawn, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.agents: dict[Address, UserAgent] = {
            address: make_agent(seed) for seed, address in enumerate([CALLER, *CALLEES], 1)
        }
        proxy = ForkingProxy(PROXY, CALLER, CALLEES, self.send, self.tell)
        self.nodes = {**self.agents, PROXY: proxy}
        self.media = {each: MediaSession(each.host, 5004, 7) for each in self.agents}
        self.events: list[Event] = []
        self.incoming: dict[Address, list[IncomingCall]] = {each: [] for each in CALLEES}
        self.finals: dict[tuple[Address, bytes, bytes], set[bytes]] = {}
        self.call: CallLeg | None = None

    @initialize(up=st.booleans())
    def begin(self, up: bool) -> None:
        """A call that nobody has heard of yet, or one that is up, for the time after that."""
        media = self.media[CALLER]
        invitation = Invitation(f"sip:desk@{PROXY.host}", f"sip:me@{CALLER.host}", media.offer())
        self.call = self.agents[CALLER].invite(invitation, PROXY, CALLER, 0.0)
        self.call.negotiate = media.negotiate
        self.collect()
        if up:
            self.deliver_all()
            self.answer(0)
            self.deliver_all()

    def collect(self) -> None:
        for address, agent in self.agents.items():
            for output in agent.drain():
                if isinstance(output, Send):
                    self.note(address, output.data)
                    self.send(output.data, output.local, output.destination)
                    continue
                self.events.append(output)
                if isinstance(output, CallOffered):
                    output.call.negotiate = self.media[address].negotiate
                    self.incoming[address].append(output.call)

    def note(self, source: Address, data: bytes) -> None:
        """Final answers by who gives them, transaction and CSeq."""
        if data.startswith(b"SIP/2.0 ") and not data.startswith(b"SIP/2.0 1"):
            branch = data.split(b"branch=", 1)[1].split(b"\r\n", 1)[0].split(b";", 1)[0]
            cseq = data.split(b"CSeq: ", 1)[1].split(b"\r\n", 1)[0]
            self.finals.setdefault((source, branch, cseq), set()).add(data[:11])

    def tell(self, data: bytes, source: Address, destination: Address) -> None:
        """Whatever the network is like."""
        self.nodes[destination].receive(data, source, destination, self.now)
        self.collect()

    @rule(who=WHO)
    def ring(self, who: int) -> None:
        for call in self.incoming[CALLEES[who]]:
            call.ring(self.now)
        self.collect()

    @rule(who=WHO)
    def answer(self, who: int) -> None:
        for call in self.incoming[CALLEES[who]]:
            sdp = None if call.offer is None else self.media[CALLEES[who]].answer(call.offer)
            if sdp is not None and call.unanswered:
                call.answer(sdp, self.now)
        self.collect()

    @rule(who=WHO, status=st.sampled_from([486, 603]))
    def refuse(self, who: int, status: int) -> None:
        for call in self.incoming[CALLEES[who]]:
            call.reject(status, self.now)
        self.collect()

    @rule(who=WHO)
    def callee_leaves(self, who: int) -> None:
        for call in self.incoming[CALLEES[who]]:
            call.hang_up(self.now)
        self.collect()

    @rule()
    def caller_leaves(self) -> None:
        if self.call is not None:
            self.call.hang_up(self.now)
        self.collect()

    @rule(caller=st.booleans())
    def offer_again(self, caller: bool) -> None:
        """By one side; in the next step maybe by the other: glare."""
        for address, legs in self.legs().items():
            for leg in legs:
                if (address == CALLER) == caller and leg.state == "confirmed":
                    leg.reoffer(self.media[address].offer(), self.now)
        self.collect()

    def legs(self) -> dict[Address, list[CallLeg]]:
        assert self.call is not None
        return {CALLER: [self.call], **{at: list[CallLeg](calls) for at, calls in self.incoming.items()}}

    @invariant()
    def one_final_answer_to_each_request(self) -> None:
        assert all(len(given) == 1 for given in self.finals.values()), self.finals

    @invariant()
    def each_end_is_told_once(self) -> None:
        ends = Counter(id(event.call) for event in self.events if isinstance(event, CallEnded))
        assert all(count == 1 for count in ends.values())
        answers = [event for event in self.events if isinstance(event, CallAnswered)]
        assert len(answers) <= 1

    def teardown(self) -> None:
        if self.call is None:
            return
        self.run(self.now + LONG, well=True)
        self.up_with_each_other()
        for legs in self.legs().values():
            for leg in legs:
                leg.hang_up(self.now)
        self.collect()
        self.run_out()
        for agent in self.agents.values():
            assert (len(agent.calls), len(agent.transactions), len(agent.timers)) == (0, 0, 0)
        self.one_final_answer_to_each_request()
        self.each_end_is_told_once()
        ended = {id(event.call) for event in self.events if isinstance(event, CallEnded)}
        assert ended == {id(leg) for legs in self.legs().values() for leg in legs}

    def up_with_each_other(self) -> None:
        """Who is up is up with the caller, and he with that one."""
        assert self.call is not None
        up = [leg for at in CALLEES for leg in self.incoming[at] if leg.state in ("answered", "confirmed")]
        if self.call.state != "confirmed":
            assert not up, "somebody talks to nobody"
            return
        (callee,) = up
        assert callee.dialog is not None
        assert self.call.dialog is not None
        assert (callee.dialog.local_tag, callee.dialog.remote_tag) == (
            self.call.dialog.remote_tag,
            self.call.dialog.local_tag,
        )


TestForkedCall = ForkedCall.TestCase
TestForkedCall.settings = QUICK
