"""Who writes STOP has stopped the conversation, wherever the process is killed: what is not acknowledged by
then comes again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.model.policy import EVERYTHING
from flowlang.store.opt_outs import OptedOut
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, DyingStore

Virtual = trio.testing.MockClock

TALK = """
policy { allow sms "*" }
route sms => talk
flow talk { send "hello"
    wait for message }
"""
COMMITS = 8


async def process(store: SqliteStore, carrier: Carrier, *texts: str) -> set[str]:
    """One that is written these; what it acknowledged."""
    kept = set[str]()
    with store:
        opted_out = OptedOut(store.folder)
        async with flowlang.open_engine(
            [carrier], store=store, policy=EVERYTHING, opted_out=opted_out
        ) as engine:
            engine.recover()
            engine.load_text(TALK)
            await engine.listen()
            for text in texts:
                carrier.receive("+14155550100", text, kept.add)
                await trio.sleep(1)
    return kept


@pytest.mark.parametrize("at", range(1, COMMITS))
@pytest.mark.parametrize("after", [False, True])
async def test_no_crash_leaves_it_going_on_or_him_without_his_confirmation(
    tmp_path: Path, autojump_clock: Virtual, at: int, after: bool
) -> None:
    first, second = Carrier(), Carrier()
    with suppress(flowlang.StoreError):
        await process(DyingStore(tmp_path, at, after=after), first, "hi", "STOP")
    await process(SqliteStore(tmp_path), second, "hi", "STOP")  # whose answers the carrier did not hear
    with open_archive(tmp_path) as archive:
        assert list(archive.activeflows()) == []
    sent = {each.key for each in first.commands_out + second.commands_out if "no more" in each.text}
    assert len(sent) == 1


async def test_a_stop_is_no_message_that_was_here_before_it_has_stopped_the_conversation(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    first, second = Carrier(), Carrier()
    await process(SqliteStore(tmp_path), Carrier(), "hi")
    with suppress(flowlang.StoreError), DyingStore(tmp_path) as store:
        opted_out = OptedOut(store.folder)
        async with flowlang.open_engine(
            [first], store=store, policy=EVERYTHING, opted_out=opted_out
        ) as engine:
            engine.recover()
            engine.load_text(TALK)
            await engine.listen()
            await trio.sleep(1)
            first.receive("+14155550100", "STOP")
            store.commit()  # another's, before the activeflow takes it
            store.dead = True
            await trio.sleep(1)
    with open_archive(tmp_path) as archive:
        assert len(list(archive.activeflows())) == 1
    assert await process(SqliteStore(tmp_path), second, "STOP") == {"STOP"}
    with open_archive(tmp_path) as archive:
        assert list(archive.activeflows()) == []
    assert ["no more" in each for each in second.sent] == [True]


def test_who_was_confirmed_is_known_to_be(tmp_path: Path) -> None:
    ann = "sms:+14155550100"
    opted_out = OptedOut(tmp_path)
    opted_out.add(ann)
    assert opted_out.owes(ann)
    opted_out.is_confirmed(ann)
    opted_out.close()
    again = OptedOut(tmp_path)
    assert ann in again
    assert not again.owes(ann)
    again.discard(ann)
    again.add(ann)
    assert again.owes(ann)
    again.close()
