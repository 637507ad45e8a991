"""A simulated phone and its leg, at the border: commands in, events out, on a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.simulator import (
    Answered,
    Calling,
    Ended,
    Heard,
    NeverHeardError,
    PhoneError,
    Refused,
    Ringing,
    SimulatedPhone,
    SimulatorBackend,
    SoundFileError,
)
from flowlang.model.commands import Answer, HangUp, Play, Reject, Ring, Say
from flowlang.model.events import CallEnded, CallHeld, CallUnheld, DigitPressed
from flowlang.model.results import Done, Failed
from tests.simulator.host import FakeHost

TEN = Say(0, "ten chars.", None, None)  # a second long below


@asynccontextmanager
async def calling(host: FakeHost, backend: SimulatorBackend | None = None) -> AsyncGenerator[SimulatedPhone]:
    backend = backend or SimulatorBackend(characters_a_second=10)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: backend.run(host, task_status=task_status))
        yield backend.call(source="+14155550100", to="+16062067563")
        nursery.cancel_scope.cancel()


async def test_a_call_is_offered_with_addresses_that_have_a_scheme(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        incoming, _ = host.offered[0]
        assert (incoming.channel, incoming.source, incoming.to) == (
            "call",
            "tel:+14155550100",
            "tel:+16062067563",
        )
        assert phone.state == Calling()
        assert phone.activeflow == "flow-1"


async def test_a_call_that_no_flow_takes_is_refused(autojump_clock: MockClock) -> None:
    host = FakeHost(refuse=404)
    async with calling(host) as phone:
        assert await phone.wait_ended() == Refused(404)
        assert [(each.by, each.cause, each.status) for each in host.endings] == [("us", "not_found", 404)]


async def test_ringing_and_the_answer_are_seen(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(Ring(0), host.results.append)
        assert phone.state == Ringing()
        host.leg.perform(Answer(0), host.results.append)
        host.leg.perform(Answer(0), host.results.append)
        assert phone.state == Answered()
        assert host.results == [Done(), Done(), Done()]
        assert [type(each).__name__ for each in host.observed] == ["LegRang", "LegAnswered"]


async def test_speech_takes_its_time_and_answers_the_call(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(TEN, host.results.append)
        assert phone.state == Answered()
        assert phone.heard == (Heard("say", "ten chars.", 0.0),)
        await phone.wait_heard("ten", to_the_end=True)
        assert phone.heard == (Heard("say", "ten chars.", 0.0, 1.0),)
        assert host.results == [Done()]


async def test_early_speech_leaves_the_call_unanswered(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(Say(0, "wait", None, None, early=True), host.results.append)
        await phone.wait_quiet()
        assert phone.state == Calling()
        phone.press("1")
        assert host.inbox.events == [DigitPressed(0, "1")]


async def test_utterances_are_heard_one_after_the_other(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(Play(0, ("a.wav", "b.wav")), host.results.append)
        host.leg.perform(TEN, host.results.append)
        await phone.wait_heard("ten", to_the_end=True)
        assert [(each.what, each.at, each.until) for each in phone.heard] == [
            ("a.wav", 0.0, 1.0),
            ("b.wav", 1.0, 2.0),
            ("ten chars.", 2.0, 3.0),
        ]
        assert host.results == [Done(), Done()]


async def test_what_is_cancelled_is_cut_and_never_finishes(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        cancel = host.leg.perform(TEN, host.results.append)
        await trio.sleep(0.4)
        cancel()
        cancel()
        await trio.sleep(5)
        assert phone.heard == (Heard("say", "ten chars.", 0.0, 0.4, cut=True),)
        assert host.results == []


async def test_the_next_utterance_follows_one_that_was_cut(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        cancel = host.leg.perform(TEN, host.results.append)
        host.leg.perform(Say(0, "next", None, None), host.results.append)
        await trio.sleep(0.5)
        cancel()
        await phone.wait_heard("next", to_the_end=True)
        assert [(each.what, each.until) for each in phone.heard] == [("ten chars.", 0.5), ("next", 0.9)]
        assert host.results == [Done()]


async def test_speech_that_begins_when_other_speech_ends_is_heard_whole(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(
            TEN, lambda _result: host.leg.perform(Say(0, "then", None, None), host.results.append) and None
        )
        await phone.wait_heard("then", to_the_end=True)
        assert host.results == [Done()]


async def test_a_file_that_cannot_be_played_is_a_fault_and_nothing_is_heard(
    autojump_clock: MockClock,
) -> None:
    def length_of(file: str) -> float:
        raise SoundFileError("prompt_missing", f"{file}: no such file")

    host = FakeHost()
    async with calling(host, SimulatorBackend(length_of=length_of)) as phone:
        host.leg.perform(Play(0, ("a.wav",)), host.results.append)
        assert host.results == [Failed("prompt_missing", "a.wav: no such file")]
        assert phone.heard == ()
        assert phone.state == Calling()


async def test_keys_and_hold_reach_the_flow_in_order_and_once(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(Answer(0), host.results.append)
        phone.press("1#")
        phone.hold()
        phone.hold()
        phone.unhold()
        phone.unhold()
        assert host.inbox.events == [DigitPressed(0, "1"), DigitPressed(0, "#"), CallHeld(0), CallUnheld(0)]


async def test_a_phone_has_no_other_keys_and_none_before_the_answer(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        with pytest.raises(PhoneError, match="not answered"):
            phone.press("1")
        host.leg.perform(Answer(0), host.results.append)
        with pytest.raises(PhoneError, match="no key 'x'"):
            phone.press("1x")
        assert host.inbox.events == []


async def test_hanging_up_ends_the_call_cuts_the_speech_and_fails_the_action(
    autojump_clock: MockClock,
) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(TEN, host.results.append)
        await trio.sleep(0.5)
        phone.hang_up()
        phone.hang_up()
        assert phone.state == Ended("caller", "normal")
        assert phone.heard[0].cut
        assert host.inbox.events == [CallEnded(0, "normal")]
        assert host.results == [Failed("gone", "the caller has left")]
        assert [(each.by, each.cause, each.status) for each in host.endings] == [("caller", "normal", 200)]
        host.leg.perform(Answer(0), host.results.append)
        assert host.results[1:] == [Failed("gone", "the caller has left")]
        assert len(host.endings) == 1


async def test_hanging_up_before_the_answer_cancels(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        phone.hang_up()
        assert phone.state == Ended("caller", "cancelled")
        assert host.inbox.events == [CallEnded(0, "cancelled")]
        assert host.endings[0].status == 487


@pytest.mark.parametrize(
    ("command", "answered", "state"),
    [
        (Reject(0, 486, None), False, Refused(486)),
        (HangUp(0, 603), False, Refused(603)),
        (HangUp(0, 603), True, Ended("us", "normal")),
    ],
)
async def test_the_flow_ends_the_call(
    command: Reject | HangUp, answered: bool, state: Refused | Ended, autojump_clock: MockClock
) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        if answered:
            host.leg.perform(Answer(0), host.results.append)
        host.leg.perform(command, host.results.append)
        assert await phone.wait_ended() == state
        assert host.inbox.events == []


async def test_a_call_that_is_up_when_the_backend_is_cancelled_is_lost(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(TEN, host.results.append)
    assert phone.state == Ended("network", "lost")
    assert host.inbox.events == [CallEnded(0, "lost")]


async def test_waiting_for_a_text_goes_through_the_transcript_once(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(TEN, host.results.append)
        await phone.wait_heard("ten")
        with trio.move_on_after(0.5) as scope:
            await phone.wait_heard("ten")
        assert scope.cancelled_caught
        host.leg.perform(TEN, host.results.append)
        assert (await phone.wait_heard("ten")).at == 1.0


async def test_waiting_for_what_is_never_said_tells_what_was(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(TEN, host.results.append)
        phone.hang_up()
        with pytest.raises(NeverHeardError, match=r"'eleven' was never heard, but \['ten chars.'\]"):
            await phone.wait_heard("eleven")


async def test_a_released_leg_tells_its_activeflow_nothing(autojump_clock: MockClock) -> None:
    host = FakeHost()
    async with calling(host) as phone:
        host.leg.perform(Answer(0), host.results.append)
        host.leg.release()
        phone.press("1")
        phone.hang_up()
        assert host.inbox.events == []


def test_no_call_without_an_engine() -> None:
    with pytest.raises(PhoneError, match="place calls after"):
        SimulatorBackend().call(source="a", to="b")
