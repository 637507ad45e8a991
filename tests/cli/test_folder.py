"""The data folder at its edges: one that another process has for a moment, of an older flowlang, empty, or
somebody else's. A command says in one line what to do, and changes nothing that it was not asked to."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from flowlang.cli.data import opened_store
from flowlang.store import StoreError
from flowlang.store.database import Database
from flowlang.store.errors import InUseError
from flowlang.store.files import unusable
from flowlang.store.reading import FILE, open_archive
from flowlang.store.schema import VERSION
from flowlang.store.sending import Sending
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

WRITING = (["stop", "x"], ["signal", "x", "go"], ["outbox", "--drop", "k"], ["outbox", "--retry", "k"])


def test_a_folder_that_another_has_for_a_moment_is_tried_until_it_is_free(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    threading.Timer(0.1, store.close).start()
    opened_store(tmp_path, patience=60).close()


def test_a_folder_that_another_keeps_is_given_up(tmp_path: Path) -> None:
    with SqliteStore(tmp_path), pytest.raises(InUseError):
        opened_store(tmp_path, patience=0.05)


@pytest.mark.parametrize("command", [*WRITING, ["ps"], ["cdr"]], ids=" ".join)
def test_a_store_of_an_older_flowlang_is_moved_by_flow_serve_alone(
    command: list[str], tmp_path: Path
) -> None:
    SqliteStore(tmp_path).close()
    db = Database(tmp_path / FILE)
    db.execute(f"PRAGMA user_version = {VERSION - 1}")
    done = flow(*command, "--data", tmp_path)
    text = f"flow: {tmp_path}: the store is of an older flowlang; `flow serve` moves it\n"
    assert (done.code, done.err) == (4, text)
    assert db.value("PRAGMA user_version") == VERSION - 1
    db.close()


@pytest.mark.parametrize("command", [*WRITING, ["ps"], ["cdr"]], ids=" ".join)
def test_an_empty_file_is_not_filled_by_a_command(command: list[str], tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    done = flow(*command, "--data", tmp_path)
    assert (done.code, done.err) == (4, f"flow: {tmp_path}: the store is empty\n")
    assert (tmp_path / FILE).stat().st_size == 0


def test_all_that_is_retried_is_done_with_the_folder_open_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SqliteStore(tmp_path) as store:
        for number in range(5):
            store.keep_sending(Sending(f"k{number}", "f", {"text": "a"}, number, state="failed"))
        store.commit()
    opened: list[Path] = []
    open_folder = SqliteStore.__init__

    def counted(self: SqliteStore, folder: Path, keys: Path | None = None) -> None:
        opened.append(folder)
        open_folder(self, folder, keys)

    monkeypatch.setattr(SqliteStore, "__init__", counted)
    done = flow("outbox", "--retry-all", "--data", tmp_path)
    assert done.out.splitlines() == [f"k{number} is sent when `flow serve` starts" for number in range(5)]
    assert len(opened) == 1
    with open_archive(tmp_path) as archive:
        assert {each.state for each in archive.outbox()} == {"open"}


def test_of_a_folder_that_is_somebody_elses_it_is_said_whose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = tmp_path.owner()
    yours = str(unusable(tmp_path, PermissionError(errno.EACCES, "Permission denied")))
    assert yours.endswith(
        "permission denied; it is yours: give yourself the permission to write it (`chmod u+rwX`)"
    )
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    refused = unusable(tmp_path / "not" / "there", PermissionError(errno.EACCES, "Permission denied"))
    assert str(refused).endswith(
        f"permission denied; it belongs to {owner}: run this as {owner}, or choose another folder"
    )
    SqliteStore(tmp_path).close()
    (tmp_path / FILE).write_bytes(b"what SQLite cannot read" * 100)
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(StoreError, match=f"only who may write here can read the store; run this as {owner}"):
        open_archive(tmp_path).__enter__()
