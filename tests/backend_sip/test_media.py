"""What is agreed on media and told of addresses, against a caller whose every message is written out."""

from __future__ import annotations

import re

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.border import BackendError
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.commands import Answer, Reject, Ring
from flowlang.model.events import CallEnded, CallHeld, CallUnheld
from flowlang.model.observations import LegEnded
from flowlang.model.results import Done, Failed
from flowlang.rtp import parse_packet

from .conftest import T1, Bench, raw_caller, rtp_socket
from .host import FakeHost, say


async def test_to_is_the_request_uri_and_never_the_to_header(bench: Bench, clock: MockClock) -> None:
    async with raw_caller(bench.port) as caller:
        await caller.invite(uri="sip:%31%30%30@127.0.0.1;user=phone", to="sip:+19005550100@evil.example")
        call = await bench.host.next_call()
        assert call.incoming.to == "sip:100@127.0.0.1"
        assert call.incoming.source == "sip:alice@example.net"
        assert call.incoming.name == 'Al"ice'


async def test_a_late_offer_is_ours_and_is_heard_from_the_ack_on(bench: Bench, clock: MockClock) -> None:
    async with raw_caller(bench.port) as caller:
        await caller.invite(sdp=False)
        call = await bench.host.next_call()
        await call.do(Answer(0))
        call.begin(say("late"))
        answer = await caller.receive("SIP/2.0 200")
        assert "m=audio" in answer
        await trio.sleep(1)
        assert not call.seen[1:], "nothing is said before it can be heard"
        await caller.ack(answer, sdp=True)
        await call.wait_for(Done, 2)


async def test_an_offer_of_ours_inside_the_call_is_answered_by_the_ack(
    bench: Bench, clock: MockClock
) -> None:
    async with raw_caller(bench.port) as caller, rtp_socket() as elsewhere:
        await caller.invite()
        call = await bench.host.next_call()
        await call.do(Answer(0))
        first = await caller.receive("SIP/2.0 200")
        await caller.ack(first)
        for cseq, lines, expected in ((2, ["a=sendonly"], CallHeld), (3, [], CallUnheld)):
            await caller.re_invite(first, cseq)
            offer = await caller.receive("SIP/2.0 200")
            assert "m=audio" in offer
            assert not call.of(expected), "the answer is not there yet"
            body = caller.sdp(elsewhere.getsockname()[1], *lines)
            await caller.ack(offer, cseq=cseq, body=body)
            await call.wait_for(expected)
        await elsewhere.recv(2000)
        assert not call.endings


async def test_sound_goes_out_under_the_number_that_the_offer_gave_it(bench: Bench, clock: MockClock) -> None:
    async with raw_caller(bench.port) as caller, rtp_socket() as rtp:
        offer = caller.sdp(rtp.getsockname()[1], "a=rtpmap:96 PCMA/8000").replace(" 0 101", " 96 101")
        await caller.invite(body=offer)
        call = await bench.host.next_call()
        await call.do(Answer(0))
        answer = await caller.receive("SIP/2.0 200")
        assert "RTP/AVP 96 101\r\n" in answer
        assert "a=rtpmap:96 PCMA/8000\r\n" in answer
        assert parse_packet(await rtp.recv(2000)).payload_type == 96


async def test_an_ack_without_the_answer_to_our_offer_ends_the_call(bench: Bench, clock: MockClock) -> None:
    async with raw_caller(bench.port) as caller:
        await caller.invite(sdp=False)
        call = await bench.host.next_call()
        await call.do(Answer(0))
        await caller.ack(await caller.receive("SIP/2.0 200"))
        await caller.receive("BYE ")
        assert call.endings == ["not_acceptable"]


async def test_a_lost_ack_ends_the_call_after_64_t1(bench: Bench, clock: MockClock) -> None:
    async with raw_caller(bench.port) as caller:
        await caller.invite()
        call = await bench.host.next_call()
        began = trio.current_time()
        await call.do(Answer(0))
        await call.wait_for(CallEnded)
        assert trio.current_time() - began == pytest.approx(64 * T1, abs=0.1)
        assert call.endings == ["no_ack"]
        assert [each.by for each in bench.host.of(LegEnded)] == ["network"]
        await caller.receive("BYE ")
        assert sum(each.startswith("SIP/2.0 200") for each in caller.heard) > 5
        await bench.nothing_left()


async def test_each_peer_is_told_the_address_that_faces_him(clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        host, backend = FakeHost(), SipBackend(SipSettings(("0.0.0.0", 0), t1=T1, open_to_all=True))
        await nursery.start(backend.run, host)
        assert backend.address is not None
        async with raw_caller(backend.address.port) as caller:
            await caller.invite()
            await (await host.next_call()).do(Answer(0))
            answer = await caller.receive("SIP/2.0 200")
        assert "0.0.0.0" not in answer
        assert "c=IN IP4 127.0.0.1" in answer
        assert re.search(r"^Contact: <sip:127\.0\.0\.1:\d+>", answer, re.MULTILINE)
        nursery.cancel_scope.cancel()


async def test_the_advertised_address_is_told_in_its_place(clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        settings = SipSettings(("127.0.0.1", 0), t1=T1, advertise="203.0.113.7")
        host, backend = FakeHost(), SipBackend(settings)
        await nursery.start(backend.run, host)
        assert backend.address is not None
        async with raw_caller(backend.address.port) as caller:
            await caller.invite()
            await (await host.next_call()).do(Answer(0))
            answer = await caller.receive("SIP/2.0 200")
        assert "c=IN IP4 203.0.113.7" in answer
        assert re.search(r"^Contact: <sip:203\.0\.113\.7:\d+>", answer, re.MULTILINE)
        nursery.cancel_scope.cancel()


async def test_without_an_rtp_port_a_call_is_refused_with_503(clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        settings = SipSettings(("127.0.0.1", 0), t1=T1, rtp_ports=(21998, 21998))
        host, backend = FakeHost(), SipBackend(settings)
        await nursery.start(backend.run, host)
        assert backend.address is not None
        async with raw_caller(backend.address.port) as caller:
            with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as other:
                await other.bind(("127.0.0.1", 21998))
                await caller.invite()
                failed = await (await host.next_call()).do(Answer(0))
            await caller.receive("SIP/2.0 503")
        assert isinstance(failed, Failed)
        assert failed.code == "no_rtp_port"
        nursery.cancel_scope.cancel()


async def test_a_backend_that_is_stopped_takes_leave_of_its_calls(clock: MockClock) -> None:
    host, backend = FakeHost(), SipBackend(SipSettings(("127.0.0.1", 0), t1=T1))
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, host)
        assert backend.address is not None
        async with raw_caller(backend.address.port) as caller:
            await caller.invite()
            call = await host.next_call()
            await call.do(Answer(0))
            await caller.ack(await caller.receive("SIP/2.0 200"))
            assert await call.do(say("")) != Done(), "there is no voice"
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await caller.receive("BYE ")
    assert len(host.of(LegEnded)) == 1
    assert await call.do(Ring(0)) == Failed("gone", "the caller has left")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"listen": ("192.0.2.1", 0)}, "this machine has no such address"),
        ({"listen": ("no such host", 5060)}, "there is no such address"),
        ({"listen": ("127.0.0.1", 70000)}, "a port is a number from 0 to 65535"),
        ({"advertise": "0.0.0.0"}, "the address to advertise must be"),
        ({"advertise": "::1"}, "must be IPv4 as the one to listen on"),
        ({"listen": ("224.0.0.1", 0)}, "it is a multicast address"),
        ({"advertise": "pbx.example"}, "the address to advertise must be"),
        ({"rtp_ports": (30000, 20000)}, "no range of UDP ports"),
    ],
)
async def test_what_cannot_be_listened_on_is_said_in_one_line(
    options: dict[str, object], said: str, clock: MockClock
) -> None:
    given = {"listen": ("127.0.0.1", 0)} | options
    with pytest.raises(BackendError, match=said) as raised:
        await SipBackend(SipSettings(**given)).run(FakeHost())
    assert "\n" not in str(raised.value)


async def test_a_port_in_use_is_said_in_one_line(bench: Bench, clock: MockClock) -> None:
    with pytest.raises(BackendError, match="another program has this port"):
        await SipBackend(SipSettings(("127.0.0.1", bench.port))).run(FakeHost())


async def test_settle_waits_for_the_ack_of_a_refusal(bench: Bench, clock: MockClock) -> None:
    async with raw_caller(bench.port) as caller, trio.open_nursery() as nursery:
        await caller.invite()
        call = await bench.host.next_call()
        await call.do(Reject(0, 486, None))
        refusal = await caller.receive("SIP/2.0 486")
        settled = trio.Event()

        async def settle() -> None:
            await bench.backend.settle()
            settled.set()

        nursery.start_soon(settle)
        await caller.receive("SIP/2.0 486")  # it is repeated
        assert not settled.is_set()
        await caller.ack(refusal, branch="INVITE1")
        await settled.wait()
