"""A message that came a moment before the end of its activeflow is not swallowed: it begins another."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.model.policy import EVERYTHING
from flowlang.store import MemoryStore
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier

TALK = """
route sms => talk
flow talk {
    send "hello ${message.text}"
    wait 1m
    let next = wait for message
    send "next ${next.text}"
    wait 1m
}
"""


@pytest.mark.parametrize("durable", [False, True])
async def test_messages_that_nobody_took_begin_the_next_activeflow(
    durable: bool, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    carrier = Carrier()
    store = SqliteStore(tmp_path) if durable else MemoryStore()
    async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
        engine.load_text(TALK)
        await engine.listen()
        kept: list[str] = []
        for number in range(4):
            carrier.receive("+14155550100", str(number), kept.append)
            await trio.sleep(1)
        assert kept == ["0", "1", "2", "3"]
        (first,) = engine.activeflows
        await trio.sleep(600)
        assert carrier.sent == ["hello 0", "next 1", "hello 2", "next 3"]
        assert first not in engine.activeflows


async def test_one_that_somebody_else_wrote_begins_what_his_route_says(
    autojump_clock: trio.testing.MockClock,
) -> None:
    carrier = Carrier()
    text = 'route sms => talk\nflow talk { sms to: "+14155550199", text: "hi"\nwait 1m }'
    async with flowlang.open_engine([carrier], policy=EVERYTHING) as engine:
        engine.load_text('policy { allow sms "+1415*" }\n' + text)
        await engine.listen()
        carrier.receive("+14155550100", "go")
        await trio.sleep(1)
        carrier.receive("+14155550199", "from elsewhere")
        await trio.sleep(600)
        assert carrier.sent == ["hi", "hi"]
        assert engine.activeflows == ()
