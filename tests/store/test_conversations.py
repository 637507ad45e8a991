"""Conversations by SMS over processes that are killed at random, on a disk that is slow: what the kill
harness does (`tests/kill`), without processes and on a virtual clock.

Everybody answers each question once, in half of the runs all with the same text. So a conversation that does
not come to its end has lost an answer, and one that has one twice took a repetition for another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import trio
import trio.testing

import flowlang
from flowlang.backends.on_wire import OnWire
from flowlang.backends.smpp import Account, SmppBackend
from flowlang.backends.smpp import Smsc as Where
from flowlang.backends.smpp.again import Again
from flowlang.backends.smpp.backend import new_id
from flowlang.backends.smpp.outgoing import Patience
from flowlang.model.manners import Manners
from flowlang.model.policy import EVERYTHING
from flowlang.store.sqlite import SqliteStore
from tests.kill.smsc import Smsc

from .recovering import DyingStore

TALKS, LIVES = 8, 6
SCRIPT = """
route sms => talk
flow talk {
    let first = asked(1)
    wait 200ms
    let second = asked(2)
    return "${message.text}: ${first}, ${second}, ${asked(3)}"
}
flow asked(number) {
    let n = 0
    let got = ask("ask ${message.text} ${number} ${n}", timeout: 3s)
    loop up to 1000 {
        match got {
            text as answer     => return answer.text
            no_input, no_match => {
                n = n + 1
                send "ask ${message.text} ${number} ${n}"
                got = ask("", timeout: 3s)
            }
        }
    }
}
"""


class Backend(SmppBackend):
    """Its connections are pairs of streams in memory."""

    connect: Callable[[], trio.abc.Stream]

    async def _open(self) -> trio.abc.Stream:
        return self.connect()


class World:
    """People, their SMSC, and processes one after the other."""

    def __init__(self, seed: int, folder: Path, *, same: bool) -> None:
        self.chance = Random(seed)
        self.smsc = Smsc(self.chance, self._got, lambda _name: None)
        self._folder = folder
        self._same = same
        self._answered: set[tuple[str, str]] = set()
        self._slow = self.chance.choice((0.002, 0.02, 0.2))  # seconds that a commit takes at most
        self._nursery: trio.Nursery

    def answer(self, name: str, number: object) -> str:
        """What one writes when he is asked."""
        return "yes" if self._same else f"{name}-answer-{number}"

    def _got(self, person: str, text: str) -> None:
        match text.split():
            case ["ask", name, number, _] if (name, number) not in self._answered:
                self._answered.add((name, number))
                self._nursery.start_soon(self._write, person, self.answer(name, number))
            case _:
                pass

    async def _write(self, person: str, text: str) -> None:
        await trio.sleep(self.chance.uniform(0, 0.2))
        self.smsc.write(person, text, text)

    async def _begin(self) -> None:
        for number in range(TALKS):
            await self._write(f"+1415{number:07}", f"c{number}")

    async def run(self) -> None:
        """All of it; the last process has the time that it needs."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._begin)
            for _ in range(LIVES):
                await self._life(self.chance.choice((0.3, 2.5)) * self.chance.random())
            await self._life(60.0)
            self._nursery.cancel_scope.cancel()

    async def _life(self, seconds: float) -> None:
        """A process that is killed then: nothing more of it is on disk or on the wire."""
        chance, store, ends = self.chance, DyingStore(self._folder / "data"), list[trio.abc.Stream]()

        async def beside(work: Callable[[], None]) -> None:
            await trio.sleep(chance.uniform(0, self._slow))
            work()
            await trio.sleep(chance.uniform(0, self._slow))

        def connect() -> trio.abc.Stream:
            ours, theirs = trio.testing.memory_stream_pair()
            self._nursery.start_soon(self.smsc.serve, theirs)  # pyright: ignore[reportArgumentType]
            ends.extend((ours, theirs))
            return ours

        backend = Backend(
            Where("smsc", 1, Account("desk"), again=0.2), "+16062067563", patience=Patience(doubt=1.0),
            on_wire=OnWire(self._folder / "wire"), again=Again(new_id, self._folder / "again"), chance=chance,
        )  # fmt: skip
        backend.connect = connect
        with suppress(flowlang.StoreError), store:
            async with flowlang.open_engine(
                [backend], store=store, policy=EVERYTHING, beside=beside,
                park_after=chance.choice((0.1, 0.3, 60.0)), wall=lambda: 2e9 + trio.current_time(),
                manners=Manners(thread=1_000_000, recipient=1_000_000),
            ) as engine:  # fmt: skip
                engine.load_text(SCRIPT)
                recovered = engine.recover()
                assert not recovered.diverged
                assert not recovered.held
                await engine.listen()
                await trio.sleep(seconds)
                store.dead = True
                for each in ends:
                    await trio.aclose_forcefully(each)


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("seed", range(4))
async def test_every_conversation_comes_to_its_end_with_the_answers_that_were_given(
    seed: int, same: bool, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    world = World(seed, tmp_path, same=same)
    await world.run()
    names = [f"c{number}" for number in range(TALKS)]
    wanted = [f"{name}: {', '.join(world.answer(name, each) for each in (1, 2, 3))}" for name in names]
    with SqliteStore(tmp_path / "data") as store:
        endings = [each.ending for each in store.archive.activeflows(all_of_them=True)]
    assert sorted(str(each[1]) for each in endings) == wanted
