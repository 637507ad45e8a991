"""Calls that are up do not notice what others send: bent messages and forged requests."""

from __future__ import annotations

import random
from pathlib import Path

from flowlang.sip import CallEnded, CallOffered, CallReoffered, IncomingCall
from flowlang.sip.parse import parse_datagram
from tests.sip.wire import LIFETIME, SDP, Peer, request, session

CALLS = 20
MUTATED = 3_000
FORGED = 300  # of each kind
TORTURE = Path(__file__).parent / "torture" / "rfc4475"


def calls_up(peer: Peer) -> list[IncomingCall]:
    """Calls that were answered and acknowledged."""
    calls: list[IncomingCall] = []
    for number in range(CALLS):
        call_id, from_tag = f"call-{number}", f"their{number}"
        branch = f"z9hG4bKup{number}"
        peer.receive(request(body=SDP, branch=branch, call_id=call_id, from_tag=from_tag))
        offered = [event for event in peer.events if isinstance(event, CallOffered)]
        call = offered[-1].call
        media = session()
        assert call.offer is not None
        answer = media.answer(call.offer)
        assert answer is not None
        call.negotiate = media.negotiate
        call.answer(answer, peer.now)
        peer.take()
        tag = call.dialog.local_tag if call.dialog is not None else None
        ack = request("ACK", branch=f"{branch}ack", to_tag=tag, call_id=call_id, from_tag=from_tag)
        peer.receive(ack)
        calls.append(call)
    assert all(call.state == "confirmed" for call in calls)
    peer.events.clear()
    return calls


def seeds() -> list[bytes]:
    """What is bent: requests such as the calls' own, and the torture messages."""
    own = [
        request(method, call_id=f"call-{number}", from_tag=f"their{number}", body=body, cseq=2)
        for number, (method, body) in enumerate((("INVITE", SDP), ("BYE", ""), ("INFO", "x"), ("CANCEL", "")))
    ]
    return own + [path.read_bytes() for path in sorted(TORTURE.glob("*.dat"))]


def bend(data: bytes, chance: random.Random) -> bytes:
    """Bytes changed, cut, doubled or put elsewhere."""
    bent = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(bent)) if bent else 0
        end = min(len(bent), at + chance.randint(1, 40))
        match chance.randrange(5):
            case 0 if bent:
                bent[at] = chance.randrange(256)
            case 1:
                del bent[at:end]
            case 2:
                bent[at:at] = bent[at:end] * chance.randint(1, 30)
            case 3:
                bent[at:at] = chance.choice((b"\r\n", b"\0", b",", b"\xff", b'"', b"<", b";;", b"9" * 20))
            case _:
                bent[at:end] = bytes(reversed(bent[at:end]))
    return bytes(bent)


def settle(peer: Peer) -> None:
    """Reject what came up, and let all that waits come to its end."""
    for event in peer.events:
        if isinstance(event, CallOffered):
            event.call.hang_up(peer.now)
    peer.take()
    peer.run(peer.now + 4 * LIFETIME)


def test_bent_messages_end_no_call_and_leave_nothing() -> None:
    peer, chance = Peer(), random.Random(4475)
    calls = calls_up(peer)
    originals = seeds()
    for _ in range(MUTATED):
        peer.receive(bend(chance.choice(originals), chance))
        peer.now += 0.001
    assert all(call.state == "confirmed" for call in calls)
    settle(peer)
    assert all(call.state == "confirmed" for call in calls)
    assert (len(peer.agent.calls), len(peer.agent.transactions), len(peer.agent.timers)) == (CALLS, 0, 0)


def test_forged_requests_touch_no_call() -> None:
    peer, chance = Peer(), random.Random(3261)
    calls = calls_up(peer)
    for number in range(FORGED):
        victim = chance.randrange(CALLS)
        for method in ("BYE", "CANCEL", "INVITE", "UPDATE", "INFO"):
            tag = chance.choice((None, f"{chance.getrandbits(64):016x}"))
            forged = request(
                method,
                branch=f"z9hG4bKforged{method}{number}",
                call_id=f"call-{victim}",
                from_tag=f"their{victim}",
                to_tag=tag if method != "INVITE" else f"{chance.getrandbits(64):016x}",
                cseq=number + 2,
                body=SDP if method in ("INVITE", "UPDATE") else "",
            )
            (line,) = peer.receive(forged)
            assert line == "SIP/2.0 481 Call/Transaction Does Not Exist"
    assert not [each for each in peer.events if isinstance(each, CallEnded | CallReoffered)]
    assert all(call.state == "confirmed" for call in calls)
    settle(peer)
    assert len(peer.agent.transactions) == 0


def test_a_cseq_that_does_not_rise_moves_no_call() -> None:
    peer = Peer()
    (call, *_) = calls_up(peer)
    assert call.dialog is not None
    for method in ("BYE", "INVITE", "INFO"):
        data = request(
            method,
            branch=f"z9hG4bKold{method}",
            call_id="call-0",
            from_tag="their0",
            to_tag=call.dialog.local_tag,
            cseq=1,
        )
        assert peer.receive(data) == ["SIP/2.0 500 CSeq out of order"]
    assert call.state == "confirmed"


def test_a_cancel_matches_by_branch_alone() -> None:
    peer = Peer()
    call = peer.offered()
    assert peer.receive(request("CANCEL", branch="z9hG4bKguess")) == [
        "SIP/2.0 481 Call/Transaction Does Not Exist"
    ]
    assert call.state == "offered"
    peer.receive(request("CANCEL"))
    assert call.state == "ended"
    assert parse_datagram(peer.sent[-1][1].data).headers
