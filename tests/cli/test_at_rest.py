"""`flow stop` and `flow signal` on a data folder that no server has: the next one does it when it starts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from flowlang.cli.control import SOCKET
from flowlang.store.reading import FILE, open_archive
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import FLOW, flow
from tests.store.recovering import engine_on

TEXT = """
flow main {
    let told = []
    on signal "tell" as s { told = told + [s.data] }
    try { wait 1d } finally { log "end ${told}" }
}
"""


async def begun(folder: Path, count: int = 1) -> list[str]:
    """Activeflows that a server left behind."""
    async with engine_on(SqliteStore(folder), TEXT) as (engine, _):
        runs = [engine.start("main").id for _ in range(count)]
        await trio.sleep(1)
        return runs


async def test_a_signal_and_a_stop_are_done_by_the_next_server(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    data = tmp_path / "data"
    (run,) = await begun(data)
    (tmp_path / "a.flow").write_text(TEXT, encoding="utf-8")
    done = flow("signal", run[:6], "tell", "7", "--data", data)
    text = f"{run} has the signal `tell` when `flow serve` starts; none runs now\n"
    assert (done.code, done.out, done.err) == (0, text, "")
    done = flow("stop", run, "--data", data, "--json")
    assert json.loads(done.out) == {"activeflow": run, "when": "start"}
    with open_archive(data) as archive:
        (stored,) = archive.beginning(run, 1)
        assert all(each.given[1] >= stored.began for each in archive.requests())
    shown = flow("show", run, "--data", data)
    assert "asked for the next start: signal `tell`\nasked for the next start: stop\n" in shown.out
    assert "given to those that live: 2 of what was asked while no server ran\n" in served(tmp_path)
    with open_archive(data) as archive:
        (stored,) = archive.beginning(run, 1)
        assert (stored.state, archive.requests()) == ("ended", [])
    for what in (("stop", run), ("signal", run, "tell")):
        done = flow(*what, "--data", data)
        assert (done.code, done.err) == (1, f"flow: {run} is over: stop\n")


async def test_the_beginning_of_several_ids_stops_none_and_says_which(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    runs = await begun(tmp_path, 40)
    first = next(each[:1] for each in runs if sum(other[:1] == each[:1] for other in runs) > 1)
    several = [each for each in runs if each.startswith(first)]
    done = flow("stop", first, "--data", tmp_path)
    assert done.code == 1
    assert done.err.startswith(f"flow: several activeflows begin with '{first}': {', '.join(several[:3])}")
    assert done.err.endswith("; give more of the id\n")
    assert flow("show", first, "--data", tmp_path) == done
    for wanted in ("", "x", "%", "é"):
        done = flow("stop", wanted, "--data", tmp_path)
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert done.err.startswith("flow: no activeflow has the id")
    with open_archive(tmp_path) as archive:
        assert archive.requests() == []


async def test_data_that_no_signal_can_have_is_refused_at_once(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    (run,) = await begun(tmp_path)
    done = flow("signal", run, "\udcff", "--data", tmp_path)
    assert (done.code, done.err.count("\n")) == (1, 1)
    for data in ("9" * 400, "NaN", "[" * 200 + "]" * 200):
        done = flow("signal", run, "tell", data, "--data", tmp_path)
        assert (done.code, done.err.count("\n")) == (1, 1), data


def served(folder: Path) -> str:
    """What a server says from its start to where it listens."""
    server = [FLOW, "serve", "a.flow", "--listen", "127.0.0.1:0", "--data", "data"]
    with subprocess.Popen(server, stderr=subprocess.PIPE, text=True, cwd=folder) as process:
        assert process.stderr is not None
        lines: list[str] = []
        while not lines or "Ctrl-C ends" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        process.kill()
    return "".join(lines)


def broken(folder: Path, how: str) -> None:
    """A folder in which nothing can be asked."""
    folder.mkdir()
    match how:
        case "empty":
            pass
        case "text":
            (folder / FILE).write_text("this is no database, and long enough to be looked at as one" * 20)
        case "folder":
            (folder / FILE).mkdir()
        case "socket":
            (folder / SOCKET).write_text("no socket")
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize("how", ["empty", "text", "folder", "socket"])
@pytest.mark.parametrize("what", [("stop", "a"), ("signal", "a", "b", "1")])
def test_a_folder_with_nothing_or_something_else_in_it_is_one_line(
    what: tuple[str, ...], how: str, tmp_path: Path
) -> None:
    broken(tmp_path / "data", how)
    before = sorted(each.name for each in (tmp_path / "data").iterdir())
    done = flow(*what, "--data", tmp_path / "data")
    assert (done.code, done.out, done.err.count("\n")) == (4, "", 1)
    left = {each.name for each in (tmp_path / "data").iterdir()} - {"lock"}
    assert sorted(left) == [each for each in before if each != "lock"]
    done = flow(*what, "--data", tmp_path / "nowhere")
    assert (done.code, done.err.count("\n")) == (4, 1)


def test_a_server_that_dies_before_it_answers_is_one_line_that_says_so(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / SOCKET))
        server.listen(1)

        def die() -> None:
            connection, _ = server.accept()
            connection.recv(10)
            connection.close()

        dying = threading.Thread(target=die)
        dying.start()
        done = flow("stop", "abc", "--data", tmp_path)
        dying.join()
    assert done.code == 4
    assert done.err.startswith(f"flow: the server on {tmp_path} does not answer (")
    assert done.err.endswith("): whether it is done `flow trace` tells\n")


@contextmanager
def as_another_user(folder: Path) -> Generator[None]:
    """For root as nobody (65534 on Debian), for others as if they could do nothing in it."""
    if os.geteuid() == 0:
        os.seteuid(65534)
    else:
        folder.chmod(0)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o700)


@pytest.mark.parametrize("what", ["stop a", "signal a b", "ps", "show a", "cdr", "outbox", "outbox --drop a"])
def test_a_folder_of_another_user_is_one_line(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    flow(*what.split(), "--data", folder)  # imports what it needs, which the other user may not read
    with SqliteStore(folder):
        pass
    with as_another_user(folder):
        done = flow(*what.split(), "--data", folder)
    assert (done.code, done.out, done.err.count("\n")) == (4, "", 1), done.err
    assert "permission denied" in done.err


async def test_a_folder_that_a_process_has_which_cannot_be_asked_is_said_to_be_so(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    (run,) = await begun(tmp_path)
    with SqliteStore(tmp_path):  # as a server that starts: it has the folder, and does not listen yet
        for command in (("stop", run), ("signal", run, "tell"), ("outbox", "--drop", "key")):
            done = flow(*command, "--data", tmp_path)
            assert (done.code, done.out, done.err.count("\n")) == (4, "", 1)
            assert "a process has it that cannot be asked" in done.err
