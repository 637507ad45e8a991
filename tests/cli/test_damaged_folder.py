"""Whatever is damaged in a data folder, each command that looks into it ends with a line, and none with a
traceback."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.core import StopAsked
from flowlang.core.inputs import input_to_plain
from flowlang.model.policy import EVERYTHING
from flowlang.store.reading import FILE
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow
from tests.store.recovering import Carrier

TEXT = """
policy { allow sms "+1415*" }
route sms => talk
flow talk {
    let said = []
    on signal "tell" as s { said = [...said, s.data] }
    send "hello ${message.text}"
    let next = wait for message
    send "next ${next.text}"
    wait 1d
}
"""
COMMANDS = (
    "ps", "ps --all --json", "show ID", "show ID --json", "trace ID", "trace ID --json", "replay ID",
    "replay ID --step --json", "export-test ID", "cdr", "cdr --csv", "cdr --messages",
    "cdr --messages --json", "outbox", "outbox --retry-all", "outbox --drop KEY",
    "signal ID tell 1", "stop ID",
)  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with something in each table, and an id."""
    folder = tmp_path_factory.mktemp("kept")

    async def run() -> str:
        carrier = Carrier()
        with SqliteStore(folder) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                engine.recover()
                engine.load_text(TEXT)
                await engine.listen()
                for text in ("one", "two"):
                    carrier.receive("+14155550100", text)
                    await trio.sleep(1)
                (activeflow,) = engine.activeflows
                store.keep_ladder(
                    activeflow, "call@host", 0, [[1, "in", "127.0.0.1:5060", "INVITE", "1 INVITE"]]
                )
                store.keep_record(
                    {"leg": "leg", "started": 1, "call_id": "c", "direction": "in", "source": "a", "to": "b"}
                    | {"held": 0}
                )
                store.keep_request(activeflow, input_to_plain(StopAsked(0)))
                return activeflow

    return folder, trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))


def tried(folder: Path, activeflow: str) -> Iterator[tuple[str, int]]:
    """Each command with its exit code; what fails does so in a line."""
    for command in COMMANDS:
        done = flow(*command.replace("ID", activeflow).split(), "--data", folder)
        assert done.code in (0, 1, 2, 4), (command, done)
        if done.code:
            assert done.err.count("\n") == 1, (command, done.err)
        yield command, done.code


def test_a_sound_folder_is_read_by_all(kept: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(kept[0], tmp_path / "data")
    codes = dict(tried(tmp_path / "data", kept[1]))
    assert {command for command, code in codes.items() if code} == {"outbox --drop KEY"}


@pytest.mark.parametrize("wanted", ["\udcff", "\0", "a" * 5000, "'", "%", "-1"])
def test_an_id_that_nothing_can_have(wanted: str, kept: tuple[Path, str], tmp_path: Path) -> None:
    for command in COMMANDS:
        name, *words = command.split()
        if "ID" in words:
            options = [each for each in words if each.startswith("--")]
            others = [each.replace("ID", wanted) for each in words if not each.startswith("--")]
            done = flow(name, *options, "--data", kept[0], "--", *others)
        elif "KEY" in words:
            done = flow(name, "--drop", wanted, "--data", kept[0])
        else:
            continue
        assert (done.code in (1, 2), done.out, done.err.count("\n")) == (True, "", 1), (command, done)


@pytest.mark.parametrize("seed", range(12))
def test_bytes_that_are_others(seed: int, kept: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(kept[0], tmp_path / "data")
    path, chance = tmp_path / "data" / FILE, random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 30, 3000))):
        data[chance.randrange(100, len(data))] = chance.randrange(256)
    path.write_bytes(data)
    assert list(tried(tmp_path / "data", kept[1]))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9])
def test_a_file_that_is_cut(share: float, kept: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(kept[0], tmp_path / "data")
    path = tmp_path / "data" / FILE
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * share)])
    assert list(tried(tmp_path / "data", kept[1]))


COLUMNS = [
    ("activeflows", "opening"), ("activeflows", "ending"), ("journal", "given"), ("builds", "manifest"),
    ("texts", "text"), ("records", "source"), ("messages", "cause"), ("messages", "source"),
    ("ladders", "lines"), ("requests", "given"), ("outbox", "command"),
]  # fmt: skip


@pytest.mark.parametrize("what", ["no JSON", "{}", "[1]", '{"$secret": 1}', "\x1b[31m"])
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_value_that_nobody_wrote(
    table: str, column: str, what: str, kept: tuple[Path, str], tmp_path: Path
) -> None:
    shutil.copytree(kept[0], tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / FILE) as db:
        db.execute(f"UPDATE {table} SET {column} = ?", (what,))  # noqa: S608 (ours)
    db.close()
    assert list(tried(tmp_path / "data", kept[1]))
