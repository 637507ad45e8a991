"""What a phone of pyVoIP's does as a backend: each in a call with our own SIP backend."""

from __future__ import annotations

import trio

from flowlang.model.commands import Answer, HangUp, Press, Record, Reject, Say
from flowlang.model.events import CallAnswered, CallEnded, CallRefused, CallRinging
from flowlang.model.observations import LegAnswered, LegEnded, LegRang
from flowlang.model.results import Done, Failed
from flowlang.model.values import SECOND, Duration

from .conftest import Line


async def test_it_answers_and_both_know_how_it_ended(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call()
        await calling.wait_for(CallRinging)
        assert called.incoming.to == "sip:desk@127.0.0.1"
        assert await called.do(Answer(0)) == Done()
        await calling.wait_for(CallAnswered)
        assert await calling.do(HangUp(0, 603)) == Done()
        assert (await called.wait_for(CallEnded)).cause == "normal"
    host = line.desk.host
    assert [len(host.of(each)) for each in (LegRang, LegAnswered, LegEnded)] == [1, 1, 1]
    (ended,) = host.of(LegEnded)
    assert (ended.by, ended.cause, ended.status) == ("caller", "normal", 200)
    assert await called.do(Answer(0)) == Failed("gone", "the caller has left")


async def test_it_hangs_up(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call()
        await called.do(Answer(0))
        await calling.wait_for(CallAnswered)
        await called.do(HangUp(0, 603))
        assert (await calling.wait_for(CallEnded)).cause == "normal"
        await line.desk.backend.settle()


async def test_digits_come_in(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call()
        await called.do(Answer(0))
        await calling.wait_for(CallAnswered)
        await calling.do(Press(0, "12#"))
        await called.until(lambda: called.digits == "12#")


async def test_what_it_says_is_heard_to_the_end(line: Line) -> None:
    with trio.fail_after(15):
        calling, called = await line.call()
        await called.do(Answer(0))
        await calling.wait_for(CallAnswered)
        calling.begin(Record(0, "heard.wav", SECOND // 2, 5 * SECOND))
        begun = trio.current_time()
        assert await called.do(Say(0, "Hello, this is the desk", None, None)) == Done()
        spoken = trio.current_time() - begun
        recorded = await calling.wait_for(Done)
        assert isinstance(recorded.value, dict)
        duration = recorded.value["duration"]
        assert isinstance(duration, Duration)
        assert 0.5 * spoken < duration.microseconds / SECOND < spoken + 0.5


async def test_what_is_cut_is_not_finished_and_the_next_is_heard(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call()
        await called.do(Answer(0))
        await calling.wait_for(CallAnswered)
        results: list[object] = []
        cancel = called.leg.perform(Say(0, "a long text " * 20, None, None), results.append)
        await calling.do(Press(0, "1"))
        await called.until(lambda: called.digits == "1")
        cancel()
        assert await called.do(Say(0, "b", None, None)) == Done()
        assert results == []


async def test_a_call_is_rejected_with_the_status_that_the_flow_says(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call()
        assert await called.do(Reject(0, 480, None)) == Done()
        assert (await calling.wait_for(CallRefused)).status == 480
    (ended,) = line.desk.host.of(LegEnded)
    assert (ended.by, ended.status) == ("us", 480)


async def test_what_no_flow_takes_is_refused(line: Line) -> None:
    line.desk.host.refuse = 404
    with trio.fail_after(10):
        calling, _ = await line.call()
        assert (await calling.wait_for(CallRefused)).status == 404


async def test_a_caller_who_gives_up_is_told(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call()
        await calling.wait_for(CallRinging)
        await calling.do(HangUp(0, 603))
        assert (await called.wait_for(CallEnded)).cause == "cancelled"


async def test_it_calls_and_is_answered(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call_out()
        await called.do(Answer(0))
        await calling.wait_for(CallAnswered)
        await called.do(Press(0, "7"))
        await calling.until(lambda: calling.digits == "7")
        await calling.do(HangUp(0, 603))
        assert (await called.wait_for(CallEnded)).cause == "normal"


async def test_it_calls_and_is_refused(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call_out()
        await called.do(Reject(0, 486, None))
        assert (await calling.wait_for(CallRefused)).status == 486


async def test_it_calls_and_gives_up(line: Line) -> None:
    with trio.fail_after(10):
        calling, called = await line.call_out()
        await calling.do(HangUp(0, 200))
        assert (await called.wait_for(CallEnded)).cause == "cancelled"
    (ended,) = line.desk.host.of(LegEnded)
    assert (ended.by, ended.cause, ended.status) == ("us", "cancelled", 487)


async def test_what_is_no_number_reaches_no_header(line: Line) -> None:
    with trio.fail_after(10):
        calling = line.desk.place("sip:bob\r\nX: y@127.0.0.1")
        assert (await calling.wait_for(CallRefused)).status == 0
    assert line.office.host.calls == []
