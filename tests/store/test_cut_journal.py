"""A journal that is cut near its end is one of an earlier moment: conversations go on from there, and what
people are told agrees with it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

import trio

import flowlang
from flowlang.model.policy import EVERYTHING
from flowlang.store import StoreError
from flowlang.store.reading import FILE, open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier

Virtual = trio.testing.MockClock

STEP = 512  # bytes: `test_damage` holds that each byte gives one of these moments
ANN, BOB = "+14155550100", "+14155550101"
TEXT = """
policy { allow sms "+1*" }
route sms => talk
flow talk {
    let heard = [message.text]
    send "1: ${message.text}"
    loop {
        let next = wait for message
        heard = [...heard, next.text]
        send "${length(heard)}: ${next.text}"
    }
}
"""


async def at_once(work: Callable[[], None]) -> None:
    """A commit for which a virtual clock need not wait."""
    work()


async def conversation(folder: Path, left: Path) -> list[str]:
    """Two people write, and the process is killed: what lies on disk then is in `left`. What went out, in
    order."""
    carrier = Carrier()
    with SqliteStore(folder) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING, beside=at_once) as engine:
            engine.load_text(TEXT)
            await engine.listen()
            for number in range(1, 7):
                for person in (ANN, BOB):
                    carrier.receive(person, f"{person[-1]} says {number}")
                    await trio.sleep(1)
            shutil.copytree(folder, left)
    return [f"{each.to} {each.text}" for each in carrier.commands_out]


async def goes_on(folder: Path) -> tuple[list[str], list[str]]:
    """The next process: what it sends of itself, and what it answers when both write once more."""
    carrier = Carrier()
    with SqliteStore(folder) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING, beside=at_once) as engine:
            recovered = engine.recover()
            assert (recovered.diverged, recovered.held) == ({}, {})
            engine.load_text(TEXT)
            await engine.listen()
            await trio.sleep(1)
            of_itself = [f"{each.to} {each.text}" for each in carrier.commands_out]
            for person in (ANN, BOB):
                carrier.receive(person, f"{person[-1]} again")
            await trio.sleep(1)
    return of_itself, [f"{each.to} {each.text}" for each in carrier.commands_out[len(of_itself) :]]


def heard(folder: Path) -> tuple[int, ...]:
    """How many messages of each conversation are on disk."""
    with open_archive(folder) as archive:
        journals = [archive.entries(each) for each in archive.activeflows(all_of_them=True)]
    return tuple(1 + sum("MessageReceived" in each.given for each in journal) for journal in journals)


async def test_wherever_the_journal_is_cut_conversations_go_on_from_an_earlier_moment(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    left = tmp_path / "left"
    sent = await conversation(tmp_path / "data", left)
    log = (left / f"{FILE}-wal").read_bytes()
    cut, moments = tmp_path / "cut", dict[tuple[int, ...], int]()
    shutil.copytree(left, cut)
    for less in range(0, len(log), STEP):
        os.truncate(cut / f"{FILE}-wal", len(log) - less)
        (cut / f"{FILE}-shm").unlink(missing_ok=True)
        with suppress(StoreError):  # of a moment at which there were no tables yet
            moments.setdefault(heard(cut), less)
    assert len(moments) >= 10
    for there, less in moments.items():
        shutil.rmtree(cut)
        shutil.copytree(left, cut)
        (cut / f"{FILE}-shm").unlink(missing_ok=True)
        os.truncate(cut / f"{FILE}-wal", len(log) - less)
        of_itself, answers = await goes_on(cut)
        assert set(of_itself) <= set(sent), "it says something new"
        assert len(of_itself) <= 1, "more than the one that was under way is sent again"
        for person, count in zip_longest((ANN, BOB), there, fillvalue=0):
            assert [each for each in answers if str(person) in each] == [
                f"sms:{person} {count + 1}: {str(person)[-1]} again"
            ]
