"""One call at a time: answer, speech, digits, and every way in which it can end."""

from __future__ import annotations

import pytest
from trio.testing import MockClock

from flowlang.model.commands import Answer, HangUp, Play, Reject, Ring
from flowlang.model.events import CallEnded, CallHeld, CallUnheld
from flowlang.model.observations import LegAnswered, LegEnded, LegRang, Refused, SipMessageSeen
from flowlang.model.results import Done, Failed
from flowlang.sip import Address, Invitation, parse_sdp
from flowlang.testing.softphone import CallFailed

from .conftest import Bench, raw_caller
from .host import say

G722_ONLY = b"""v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 4000 RTP/AVP 9
"""


async def test_a_call_is_answered_heard_pressed_and_hung_up(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    assert await call.do(Answer(0)) == Done()
    await phone.wait_answered()
    assert await call.do(say("Press a key, please.")) == Done()
    sound = await phone.wait_prompt()
    assert sound.seconds == pytest.approx(1.0, abs=0.05)
    phone.press("1#")
    await call.until(lambda: call.digits == "1#")
    await phone.hang_up()
    await call.wait_for(CallEnded)
    assert call.endings == ["normal"]
    ended = bench.host.of(LegEnded)
    assert [(each.by, each.cause, each.status) for each in ended] == [("caller", "normal", 200)]
    assert await call.do(say("Nobody hears this.")) == Failed("gone", "the caller has left")
    await bench.nothing_left()


async def test_the_call_is_named_by_request_uri_and_from(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    incoming = call.incoming
    assert (incoming.to, incoming.source, incoming.name) == (
        "sip:+16062067563@127.0.0.1",
        "sip:+14155550100@127.0.0.1",
        "Alice",
    )
    assert incoming.call_id == phone.leg.call_id


async def test_180_comes_from_ring_alone(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    assert not phone.rang
    assert await call.do(Ring(0)) == Done()
    await phone.wait_ringing()
    assert phone.rang
    assert len(bench.host.of(LegRang)) == 1


async def test_a_refusal_of_the_engine_is_the_status(bench: Bench, clock: MockClock) -> None:
    bench.host.refuse = 404
    phone, _ = await bench.call()
    with pytest.raises(CallFailed) as refused:
        await phone.wait_answered()
    assert refused.value.status == 404
    assert [each.status for each in bench.host.of(LegEnded)] == [404]
    await bench.nothing_left()


@pytest.mark.parametrize("status", [480, 603, 500])
async def test_an_unanswered_call_ends_with_the_status_that_the_core_gives(
    bench: Bench, clock: MockClock, status: int
) -> None:
    phone, call = await bench.call()
    assert await call.do(HangUp(0, status)) == Done()
    with pytest.raises(CallFailed) as refused:
        await phone.wait_answered()
    assert refused.value.status == status
    assert [(each.by, each.status) for each in bench.host.of(LegEnded)] == [("us", status)]
    assert len(call.endings) == 1
    await bench.nothing_left()


async def test_reject_gives_status_and_reason_and_no_line_breaks(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    assert await call.do(Reject(0, 486, "Busy\r\nX: 1")) == Done()
    with pytest.raises(CallFailed):
        await phone.wait_answered()
    assert "486 Busy??X: 1 (INVITE)" in [each.summary for each in bench.host.of(SipMessageSeen)]


async def test_we_hang_up_and_settle_waits_for_the_answer_to_our_bye(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    await call.do(Answer(0))
    await phone.wait_answered()
    await call.do(HangUp(0, 603))
    assert [type(each) for each in call.seen[-2:]] == [Done, CallEnded], "the result before the event"
    await bench.backend.settle()
    await phone.wait_ended()
    assert (phone.by, phone.cause) == ("remote", "normal")
    assert call.endings == ["normal"]
    assert [(each.by, each.cause) for each in bench.host.of(LegEnded)] == [("us", "normal")]
    await bench.nothing_left()


async def test_cancel_ends_the_leg_as_cancelled(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    await call.do(Ring(0))
    await phone.wait_ringing()
    await phone.hang_up()
    await call.wait_for(CallEnded)
    assert call.endings == ["cancelled"]
    assert [(each.by, each.status) for each in bench.host.of(LegEnded)] == [("caller", 487)]
    await bench.nothing_left()


async def test_answer_twice_answers_once(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    assert [await call.do(Answer(0)), await call.do(Answer(0))] == [Done(), Done()]
    await phone.wait_answered()
    assert len(bench.host.of(LegAnswered)) == 1


async def test_speech_waits_its_turn_and_goes_in_order(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.answered()
    call.begin(say("a" * 20))
    await call.do(say("b" * 40))
    sound = await phone.wait_prompt()
    assert sound.seconds == pytest.approx(3.0, abs=0.05)


async def test_what_is_cancelled_in_the_queue_is_never_heard(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.answered()
    call.begin(say("a" * 20))
    cancel = call.begin(say("b" * 40))
    cancel()
    await call.do(say("c" * 20))
    sound = await phone.wait_prompt()
    assert sound.seconds == pytest.approx(2.0, abs=0.05)
    assert len(call.of(Done)) == 3, "the answer and two texts"


async def test_what_is_cancelled_while_heard_stops_at_once_and_is_never_finished(
    bench: Bench, clock: MockClock
) -> None:
    phone, call = await bench.answered()
    cancel = call.begin(say("a" * 200))
    await phone.wait_sound()
    cancel()
    await phone.wait_quiet()
    assert phone.ear.sounds[-1].seconds < 0.1
    assert len(call.of(Done)) == 1, "the answer"


async def test_early_media_is_heard_before_the_answer(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    assert await call.do(say("early words", early=True)) == Done()
    assert phone.early
    assert not phone.answered
    assert phone.ear.sounds
    assert await call.do(Answer(0)) == Done()
    await phone.wait_answered()
    assert await call.do(say("late words")) == Done()
    await phone.hang_up()


async def test_hold_and_unhold_are_told(bench: Bench, clock: MockClock) -> None:
    phone, call = await bench.call()
    await call.do(Answer(0))
    await phone.wait_answered()
    await call.do(say("now"))
    await phone.hold()
    await call.wait_for(CallHeld)
    await phone.unhold()
    await call.wait_for(CallUnheld)
    await phone.hang_up()


async def test_a_file_outside_of_the_folder_is_not_opened(bench: Bench, clock: MockClock) -> None:
    _, call = await bench.call()
    secret = bench.folder.parent / "secret.wav"
    secret.write_bytes(b"RIFF")
    (bench.folder / "link.wav").symlink_to(secret)
    for name in ("../secret.wav", str(secret), "link.wav", "a\0b"):
        failed = await call.do(Play(0, (name,)))
        assert isinstance(failed, Failed)
        assert failed.code == "prompt_missing", name
        assert "\n" not in failed.text
    secret.unlink()


@pytest.mark.parametrize(("content", "code"), [(None, "prompt_missing"), (b"no wav", "prompt_bad")])
async def test_a_file_that_cannot_be_played_is_a_fault(
    bench: Bench, clock: MockClock, content: bytes | None, code: str
) -> None:
    _, call = await bench.call()
    if content is not None:
        (bench.folder / "x.wav").write_bytes(content)
    failed = await call.do(Play(0, ("x.wav",)))
    assert isinstance(failed, Failed)
    assert failed.code == code


async def test_what_is_being_said_when_the_caller_leaves_is_gone_after_the_event(
    bench: Bench, clock: MockClock
) -> None:
    phone, call = await bench.call()
    await call.do(Answer(0))
    call.begin(say("a" * 200))
    call.begin(say("b" * 200))
    await phone.wait_sound()
    await phone.hang_up()
    await call.wait_for(Failed, 2)
    assert [type(each) for each in call.seen[-3:]] == [CallEnded, Failed, Failed]
    await bench.nothing_left()


async def test_an_offer_without_audio_for_us_is_488_before_any_route(bench: Bench, clock: MockClock) -> None:
    phone = bench.phone.endpoint
    local = Address("127.0.0.1", phone.address.port)
    destination = Address("127.0.0.1", bench.port)
    invitation = Invitation(bench.target, "sip:a@127.0.0.1", parse_sdp(G722_ONLY))
    phone.agent.invite(invitation, destination, local, phone.now())
    phone.carry_out()
    while not bench.host.of(Refused):
        await phone.changed.park()
    assert [each.status for each in bench.host.of(Refused)] == [488]
    assert not bench.host.calls
    await bench.nothing_left()


async def test_who_leaves_the_offer_to_us_and_wants_reliability_has_it_in_the_180(
    bench: Bench, clock: MockClock
) -> None:
    async with raw_caller(bench.port) as caller:
        await caller.invite(sdp=False, more=("Require: 100rel",))
        taken = await bench.host.next_call()
        await taken.do(Ring(0))
        ringing = await caller.receive("SIP/2.0 180")
        assert "\r\nm=audio " in ringing
