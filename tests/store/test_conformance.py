"""Our own stores conform; and the kit finds one that does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio

import flowlang
from flowlang.model.policy import EVERYTHING
from flowlang.store import MemoryStore, Store
from flowlang.store.sqlite import SqliteStore
from flowlang.testing import NonconformingError, check_store
from flowlang.testing.store_conformance import RULES

from .ledger import Disk, LedgerStore
from .recovering import Carrier

if TYPE_CHECKING:
    from flowlang.store.protocol import FullStore

    def have_all_of_it(
        folder: SqliteStore, ledger: LedgerStore, memory: MemoryStore
    ) -> tuple[FullStore, FullStore, Store]:
        return folder, ledger, memory


TALK = """
policy { allow sms "+1*" }
route sms => talk
flow talk {
    let count = 0
    send "0 ${message.text}"
    loop { let next = wait for message
        count = count + 1
        send "${count} ${next.text}" }
}
"""


def test_the_folder_conforms(tmp_path: Path) -> None:
    assert check_store(lambda: SqliteStore(tmp_path, tmp_path / "keys")) == RULES


def test_memory_conforms() -> None:
    assert check_store(MemoryStore) == RULES[:1]


def test_one_that_has_nothing_of_sqlite_conforms() -> None:
    disk = Disk()
    assert check_store(lambda: LedgerStore(disk)) == RULES


async def test_an_engine_on_it_goes_on_where_the_last_one_ended(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def at_once(work: Callable[[], None]) -> None:
        work()

    disk, said = Disk(), list[str]()
    for number in range(4):
        carrier = Carrier()
        with LedgerStore(disk) as store:
            async with flowlang.open_engine(
                [carrier],
                store=store,
                policy=EVERYTHING,
                beside=at_once,
                retention=flowlang.Retention(),
                wall=lambda at=2e9 + 1_000 * number: at,
            ) as engine:
                engine.load_text(TALK)
                await engine.listen()
                carrier.receive("+14155550100", f"m{number}")
                carrier.receive("+14155550100", "m0")  # once more
                await trio.sleep(1)
                said += carrier.sent
                await trio.sleep(80)
                assert engine.activeflows == ()
                carrier.receive("+14155550100", f"n{number}")
                await trio.sleep(1)
                said += carrier.sent[1:]
                if number % 2:
                    await trio.sleep(80)  # it is parked at the end
    assert said == [
        f"{2 * number + part} {name}{number}" for number in range(4) for part, name in enumerate("mn")
    ]
    assert disk.outbox == {}
    assert [each.state for each in disk.messages.values() if each.direction == "out"] == ["sent"] * 8


def test_one_that_forgets_what_lives_is_found(tmp_path: Path) -> None:
    class Forgetful(SqliteStore):
        def commit(self) -> None:
            self.entries.clear()
            super().commit()

    with pytest.raises(NonconformingError, match=r"^keeps journals: the entries are others"):
        check_store(lambda: Forgetful(tmp_path))


def test_one_that_sends_for_ever_is_found(tmp_path: Path) -> None:
    class Stubborn(SqliteStore):
        def drop_sending(self, key: str) -> None:
            pass

    with pytest.raises(NonconformingError, match=r"^keeps an outbox: one that was dropped is there"):
        check_store(lambda: Stubborn(tmp_path))
