"""Our own stores conform; and the kit finds one that does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flowlang.store import MemoryStore, Store
from flowlang.store.sqlite import SqliteStore
from flowlang.testing import NonconformingError, check_store
from flowlang.testing.store_conformance import RULES

if TYPE_CHECKING:
    from flowlang.store.protocol import FullStore

    def has_all_of_it(store: SqliteStore, memory: MemoryStore) -> tuple[FullStore, Store]:
        return store, memory


def test_the_folder_conforms(tmp_path: Path) -> None:
    assert check_store(lambda: SqliteStore(tmp_path, tmp_path / "keys")) == RULES


def test_memory_conforms() -> None:
    assert check_store(MemoryStore) == RULES[:1]


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
