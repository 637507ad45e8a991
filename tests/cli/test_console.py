"""The phone in the terminal at the border: what is typed becomes events, what is said becomes lines."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.border import Incoming, Leg, Refusal
from flowlang.backends.console import ConsoleBackend, PipedTerminal
from flowlang.backends.pace import Pace
from flowlang.backends.simulated_leg import Ended, Refused
from flowlang.model.commands import Answer, Play, Ring, Say
from flowlang.model.events import CallEnded, CallHeld, CallUnheld, DigitPressed, Event
from flowlang.model.results import Result
from tests.simulator.host import FakeHost, KeptInbox


class Flow(FakeHost):
    """A flow that rings, answers, greets, and says good-bye to the key 9."""

    def __init__(self, greeting: str = "Hello") -> None:
        super().__init__()
        self.greeting = greeting

    def offer(self, incoming: Incoming, leg: Leg) -> KeptInbox | Refusal:
        given = super().offer(incoming, leg)
        leg.perform(Ring(0), self.results.append)
        leg.perform(Answer(0), self.results.append)
        leg.perform(Say(0, self.greeting, None, None), self.results.append)
        leg.perform(Play(0, ("music.wav",)), self.results.append)
        return given


async def call(host: FakeHost, typed: bytes) -> tuple[Refused | Ended, list[str]]:
    lines: list[str] = []
    console = ConsoleBackend(PipedTerminal(io.BytesIO(typed), lines.append), Pace())
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: console.run(host, task_status=task_status))
        state = await console.converse(source="+14155550100", to="+16062067563")
        nursery.cancel_scope.cancel()
    return state, lines


async def test_a_whole_call_is_one_transcript(autojump_clock: MockClock) -> None:
    host = Flow()
    state, lines = await call(host, b"1#\nhold\nunhold\n\nhangpu\nhangup\n2\n")
    assert state == Ended("caller", "normal")
    assert host.inbox.events == [
        DigitPressed(0, "1"),
        DigitPressed(0, "#"),
        CallHeld(0),
        CallUnheld(0),
        CallEnded(0, "normal"),
    ]
    assert lines == [
        "calling tel:+16062067563 from tel:+14155550100",
        "ringing",
        "answered",
        "» Hello",
        "» [music.wav]",
        "> 1#",
        "> hold",
        "> unhold",
        "> hangpu",
        "'hangpu' is nothing that this phone can do; did you mean hangup?",
        "> hangup",
        "you hung up (normal)",
    ]


async def test_a_line_waits_until_nothing_is_heard(autojump_clock: MockClock) -> None:
    pressed: list[float] = []

    class Timed(Flow):
        def offer(self, incoming: Incoming, leg: Leg) -> KeptInbox | Refusal:
            super().offer(incoming, leg)
            return TimedInbox("flow-1")

    class TimedInbox(KeptInbox):
        def why_refused(self, to: str) -> str | None:
            return None

        def deliver(self, event: Event) -> None:
            pressed.append(trio.current_time() - start)

    start = trio.current_time()
    await call(Timed("fifteen letters"), b"1\nwait 5s\n2\n")
    assert pressed == [2.0, 7.0, 67.0]  # a second each for text and file, the pause, a minute of silence


async def test_at_the_end_of_the_input_the_caller_stays_for_a_minute(autojump_clock: MockClock) -> None:
    state, lines = await call(Flow(), b"")
    assert state == Ended("caller", "normal")
    assert trio.current_time() == pytest.approx(5 / 15 + 1 + 60)
    assert lines[-1] == "you hung up (normal)"


async def test_a_refused_call_is_over_at_once_and_says_so(autojump_clock: MockClock) -> None:
    state, lines = await call(FakeHost(refuse=404), b"1\n")
    assert state == Refused(404)
    assert lines[1:] == ["refused: 404"]


async def test_keys_wait_for_the_answer(autojump_clock: MockClock) -> None:
    class Late(FakeHost):
        def offer(self, incoming: Incoming, leg: Leg) -> KeptInbox | Refusal:
            answer_later: Callable[[Result], None] = self.results.append
            nursery.start_soon(_answer_after, leg, 3.0, answer_later)
            return super().offer(incoming, leg)

    host = Late()
    async with trio.open_nursery() as nursery:
        _, lines = await call(host, b"1\nhangup\n")
    assert host.inbox.events == [DigitPressed(0, "1"), CallEnded(0, "normal")]
    assert lines[1:] == ["> 1", "answered", "> hangup", "you hung up (normal)"]


async def _answer_after(leg: Leg, seconds: float, finish: Callable[[Result], None]) -> None:
    await trio.sleep(seconds)
    leg.perform(Answer(0), finish)


async def test_hanging_up_while_it_rings_cancels(autojump_clock: MockClock) -> None:
    host = FakeHost()
    state, _ = await call(host, b"hangup\n")
    assert state == Ended("caller", "cancelled")
    assert host.inbox.events == [CallEnded(0, "cancelled")]


async def test_what_a_script_says_cannot_move_the_cursor(autojump_clock: MockClock) -> None:
    _, lines = await call(Flow("a\x1b[2Jb\nc"), b"hangup\n")
    assert "» a [2Jb c" in lines


@pytest.mark.parametrize("word", [b"help", b"?"])
async def test_help_lists_what_can_be_typed(word: bytes, autojump_clock: MockClock) -> None:
    _, lines = await call(Flow(), word + b"\nhangup\n")
    assert any(line.startswith("hangup") for line in lines)
