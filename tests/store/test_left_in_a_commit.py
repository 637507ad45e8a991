"""An engine that is left while a commit is under way does nothing more: what is on disk by then goes on at
the next start, as after a crash, and what was not acknowledged comes again and is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import Backend, Inbox, Outgoing
from flowlang.backends.live_leg import LiveCallee
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.policy import EVERYTHING
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier

Virtual = trio.testing.MockClock

CALLS = """
policy { allow dial "sip:*@peer.example" }
flow main { call("sip:ann@peer.example", flow: talk) }
flow talk { wait 1s }
"""
ANSWERS = """
policy { allow sms "*" }
route sms => talk
flow talk { send "hello"
    wait for message
    send "bye" }
"""


class Phones(SimulatorBackend):
    """Counts its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[str] = []

    def place(self, outgoing: Outgoing, inbox: Inbox) -> LiveCallee:
        self.placed.append(outgoing.to)
        return super().place(outgoing, inbox)


async def process(
    folder: Path, backend: Backend, text: str, does: Callable[[flowlang.Engine], object], lives: float
) -> None:
    """Each commit takes a second; one that is under way is over before the engine is left."""

    async def slow(work: Callable[[], None]) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(0.5)
            work()
            await trio.sleep(0.5)

    with SqliteStore(folder) as store:
        async with flowlang.open_engine([backend], store=store, policy=EVERYTHING, beside=slow) as engine:
            engine.recover()
            engine.load_text(text)
            await engine.listen()
            does(engine)
            await trio.sleep(lives)


async def test_it_places_no_call_and_its_record_is_closed(tmp_path: Path, autojump_clock: Virtual) -> None:
    phones = Phones()
    await process(tmp_path, phones, CALLS, lambda engine: engine.start("main"), 0.7)
    assert phones.placed == []
    with open_archive(tmp_path) as archive:
        assert [(each["cause"], each["answered"]) for each in archive.records()] == [("lost", None)]


async def test_what_it_took_is_not_acknowledged_and_is_known_when_it_comes_again(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    first, second, acknowledged = Carrier(), Carrier(), list[str]()

    def write(carrier: Carrier) -> Callable[[flowlang.Engine], None]:
        return lambda _: carrier.receive("+14155550100", "hi", acknowledged.append)

    await process(tmp_path, first, ANSWERS, write(first), 0.7)
    assert (first.sent, acknowledged) == ([], [])
    await process(tmp_path, second, ANSWERS, write(second), 10)
    assert (second.sent, acknowledged) == (["hello"], ["hi"])


async def test_who_waits_for_a_signal_to_be_taken_is_told_that_the_engine_was_left(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async with trio.open_nursery() as outside:

        async def asks(engine: flowlang.Engine) -> None:
            with pytest.raises(flowlang.EngineClosedError, match="was left before"):
                await engine.signalled(engine.activeflows[0], "go")

        def begin(engine: flowlang.Engine) -> None:
            engine.start("main")
            outside.start_soon(asks, engine)

        await process(tmp_path, Phones(), "flow main { wait 1h }", begin, 0.7)
