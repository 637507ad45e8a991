"""Two agents of ours over a bad network: messages lost, repeated, reordered, delayed; and junk in between."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlang.sip import (
    Address,
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallLeg,
    CallOffered,
    CallReanswered,
    Event,
    IncomingCall,
    Invitation,
    MediaSession,
    Send,
    TransferAnswered,
    TransferAsked,
)
from tests.sip.wire import HERE, LIFETIME, SDP, T1, THERE, Wire, make_agent, request

Plan = tuple[str, float, str]
"""What the callee does, after how many T1, and who ends the call."""

PLANS = st.tuples(
    st.sampled_from(["answer", "ring and answer", "reject", "nothing", "late offer", "ring reliably"]),
    st.floats(0, 40),
    st.sampled_from(["caller", "callee", "both", "caller at once", "re-invite", "glare", "transfer"]),
)
QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


class Call:
    """One call from THERE to HERE over a wire that chance spoils, with both users following a plan."""

    def __init__(self, seed: int, plan: Plan, lost: float, spare: float) -> None:
        self.chance = random.Random(seed)
        self.plan = plan
        self.lost = lost
        self.spare = spare
        self.answers: dict[str, set[int]] = {}
        agents = {HERE: make_agent(seed), THERE: make_agent(seed + 1)}
        self.wire = Wire(agents, self.fate)
        self.wire.on_event = self.on_event
        self.media = {HERE: MediaSession(HERE.host, 5004, 1), THERE: MediaSession(THERE.host, 5006, 2)}
        self.todo: list[tuple[float, CallLeg, str]] = []
        late = plan[0] == "late offer"
        offer = None if late else self.media[THERE].offer()
        needs = (("Require", "100rel"),) if plan[0] == "ring reliably" else ()
        invitation = Invitation("sip:desk@192.0.2.1", "sip:me@192.0.2.2", offer, headers=needs)
        call = agents[THERE].invite(invitation, HERE, THERE, 0.0)
        call.negotiate = self.media[THERE].negotiate
        self.legs: list[CallLeg] = [call]
        if plan[2] == "caller at once":
            self.todo.append((plan[1] * T1, call, "hang up"))

    def fate(self, data: bytes) -> list[float]:
        copies = 0 if self.chance.random() < self.lost else 1
        while copies and self.chance.random() < self.spare:
            copies += 1
        # At most T1: a retransmission at 63*T1 that took longer may find its transaction gone (timer J).
        return [self.chance.uniform(0.001, T1) for _ in range(copies)]

    def on_event(self, at: Address, event: Event, now: float) -> None:
        action, wait, ends = self.plan
        if isinstance(event, CallOffered):
            self.legs.append(event.call)
            event.call.negotiate = self.media[at].negotiate
            if action.startswith("ring"):
                event.call.ring(now)
            self.todo.append((now + wait * T1, event.call, action))
        elif isinstance(event, CallConfirmed | CallAnswered):
            if (at == THERE and ends in ("caller", "both")) or (at == HERE and ends in ("callee", "both")):
                self.todo.append((now + 3 * T1, event.call, "hang up"))
            if ends == "glare" or (at == THERE and ends == "re-invite"):
                self.todo.append((now + 3 * T1, event.call, "offer again"))
            if ends == "transfer":  # both, at about one time
                self.todo.append((now + 3 * T1, event.call, "transfer"))
        elif isinstance(event, TransferAsked):
            self.todo.append((now + 2 * T1, event.call, "report"))
        elif isinstance(event, CallReanswered | TransferAnswered):
            self.todo.append((now + T1, event.call, "hang up"))

    def run(self) -> None:
        end = 20 * LIFETIME
        while self.wire.now < end:
            self.todo.sort(key=lambda entry: entry[0])
            due = self.todo[0][0] if self.todo else end
            self.wire.run(min(due, self.wire.now + LIFETIME, end))
            if self.todo and self.todo[0][0] <= self.wire.now:
                _, leg, action = self.todo.pop(0)
                self.act(leg, action)
                self.wire.collect()
            elif not self.todo and self.wire.now > 8 * LIFETIME:
                for leg in self.legs:  # nobody hung up, or nobody heard of it: each user loses patience
                    leg.hang_up(self.wire.now)
                self.wire.collect()

    def act(self, leg: CallLeg, action: str) -> None:
        now = self.wire.now
        if action == "hang up":
            leg.hang_up(now)
        elif action == "offer again":
            leg.reoffer(self.media[HERE if leg.incoming else THERE].offer(), now)
        elif action == "transfer":
            leg.transfer("sip:carol@192.0.2.9", now)
        elif action == "report":
            leg.report_transfer(486, now)
        elif isinstance(leg, IncomingCall) and action == "reject":
            leg.reject(486, now)
        elif isinstance(leg, IncomingCall) and action != "nothing":
            sdp = self.media[HERE].negotiate(leg.offer)
            assert sdp is not None
            leg.answer(sdp, now)

    def check(self) -> None:
        finals: dict[bytes, set[bytes]] = {}
        for _, _, data in self.wire.log:
            if data.startswith(b"SIP/2.0 ") and data[8:9] != b"1":
                branch = data.split(b"branch=", 1)[1].split(b"\r\n", 1)[0]
                cseq = data.split(b"CSeq: ", 1)[1].split(b"\r\n", 1)[0]
                finals.setdefault(branch + cseq, set()).add(data[:11])
        assert all(len(given_) == 1 for given_ in finals.values())
        for agent in self.wire.agents.values():
            assert (len(agent.transactions), len(agent.calls), len(agent.timers)) == (0, 0, 0)
        for leg in self.legs:
            ends = [e for _, _, e in self.wire.events if isinstance(e, CallEnded) and e.call is leg]
            assert len(ends) == 1
            told = [e for _, _, e in self.wire.events if isinstance(e, TransferAnswered) and e.call is leg]
            assert len(told) <= 1


@QUIET
@given(st.integers(0, 2**32), PLANS, st.sampled_from([0.0, 0.1, 0.4, 0.8]), st.sampled_from([0.0, 0.3]))
def test_never_two_final_answers_and_never_a_call_left(
    seed: int, plan: Plan, lost: float, spare: float
) -> None:
    call = Call(seed, plan, lost, spare)
    call.run()
    call.check()


@QUIET
@given(st.integers(0, 2**32), PLANS)
def test_a_network_that_loses_nothing_connects_every_call(seed: int, plan: Plan) -> None:
    call = Call(seed, plan, 0.0, 0.0)
    call.run()
    call.check()
    if plan[0] in ("answer", "ring and answer", "late offer", "ring reliably") and plan[2] in (
        "callee",
        "both",
        "re-invite",
    ):
        assert any(isinstance(event, CallAnswered) for _, _, event in call.wire.events)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_taken_without_a_word_of_python(data: bytes) -> None:
    agent = make_agent()
    summaries: list[str] = []
    agent.trace = lambda trace: summaries.append(trace.summary)
    agent.receive(data, THERE, HERE, 0.0)
    agent.tick(1e6)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few bytes changed, cut, doubled or swapped between lines."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        upto = min(len(data), at + chance.randint(0, 12))
        kind = chance.randrange(6)
        if kind == 0:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[upto:]
        elif kind == 2:
            data = data[:at] + data[at:upto] * 2 + data[upto:]
        elif kind == 3:
            data = (
                data[:at]
                + chance.choice([b'"', b",", b";", b"\r\n", b"\r\n ", b"<", b"\0", b"\r", b"\\", b"%"])
                + data[at:]
            )
        elif kind == 4:
            lines = data.split(b"\r\n")
            chance.shuffle(lines)
            data = b"\r\n".join(lines)
        else:
            data = data[:at]
    return data


@pytest.mark.parametrize("seed", range(4))
def test_mutated_messages_raise_nothing_and_leave_nothing(seed: int) -> None:
    chance = random.Random(seed)
    folder = Path(__file__).parent / "torture"
    originals = [path.read_bytes() for path in sorted(folder.glob("rfc*/*"))]
    agent = make_agent(seed)
    summaries: list[str] = []
    agent.trace = lambda trace: summaries.append(trace.summary)
    now = 0.0
    for number in range(1000):
        now += 0.01
        agent.tick(now)
        if number % 3:
            data = chance.choice(originals)
        else:
            method = chance.choice(["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE"])
            data = request(method, body=SDP, call_id=f"c{number % 7}", branch=f"z9hG4bK{number % 50}")
        if not number % 5:
            # What we have sent, sent back: responses to transactions that exist, in dialogs that do.
            sent = [output.data for output in agent.drain() if isinstance(output, Send)]
            data = chance.choice(sent) if sent else data
        agent.receive(mutated(data, chance), THERE, HERE, now)
        for output in agent.drain():
            if isinstance(output, CallOffered) and chance.random() < 0.7:
                sdp = MediaSession(HERE.host, 5004, 1).negotiate(output.call.offer)
                if sdp is None:
                    output.call.reject(488, now)
                else:
                    output.call.answer(sdp, now)
    for call in list(agent.calls):
        call.hang_up(now)
    while (at := agent.next_deadline()) is not None:
        assert at < now + 10 * LIFETIME
        agent.tick(at)
    assert (len(agent.transactions), len(agent.calls), len(agent.timers)) == (0, 0, 0)
    assert all(summary.isprintable() for summary in summaries)
