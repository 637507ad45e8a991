"""A server that runs is spoken to through its data folder: `flow stop`, `flow signal`; and it reloads."""

from __future__ import annotations

import json
import os
import select
import socket
import stat
import subprocess
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.cli.control import SOCKET, ask
from flowlang.cli.controlling import Controls, serve_controls
from flowlang.cli.exits import CommandError
from flowlang.cli.reloading import reloaded
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow
from tests.cli.test_serve import PATIENCE, serving

TEXT = """
flow main {
    let sum = 0
    on signal "add" as s { sum = sum + s.data }
    wait for signal "end"
    return sum
}
"""


async def under_control(folder: Path, use: object) -> None:
    """An engine with controls, and a thread that speaks to it."""
    with SqliteStore(folder) as store:
        async with flowlang.open_engine(store=store) as engine, trio.open_nursery() as nursery:
            engine.load_text(TEXT)
            await nursery.start(serve_controls, Controls(engine, store.archive), folder)
            run = engine.start("main")
            await use(engine, run)  # pyright: ignore
            nursery.cancel_scope.cancel()


async def asked(folder: Path, **request: object) -> str:
    return await trio.to_thread.run_sync(lambda: ask(folder, **request))


async def test_signals_and_stops_reach_an_activeflow_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    async def use(engine: flowlang.Engine, run: flowlang.Run) -> None:
        said = await asked(tmp_path, do="signal", id=run.id[:5], name="add", data=3)
        assert said == f"{run.id} has the signal `add`"
        with open_archive(tmp_path) as archive:  # it is on disk by then
            (stored,) = archive.activeflows()
            assert archive.entries(stored)[-1].given[-2:] == ["add", 3]
        await asked(tmp_path, do="signal", id=run.id, name="add", data=4)
        await asked(tmp_path, do="signal", id=run.id, name="end")
        assert (await run.ended()).value == 7
        other = engine.start("main")
        assert await asked(tmp_path, do="stop", id=other.id) == f"{other.id} stops"
        assert (await other.ended()).how == "stop"
        with pytest.raises(CommandError, match="is over: stop"):
            await asked(tmp_path, do="stop", id=other.id)
        with pytest.raises(CommandError, match="no activeflow has the id"):
            await asked(tmp_path, do="stop", id="")

    await under_control(tmp_path, use)


async def test_the_socket_is_for_its_owner_alone_and_gone_with_the_server(tmp_path: Path) -> None:
    async def use(engine: flowlang.Engine, run: flowlang.Run) -> None:
        assert stat.S_IMODE(os.stat(tmp_path / SOCKET).st_mode) == 0o600

    await under_control(tmp_path, use)
    assert not (tmp_path / SOCKET).exists()
    with pytest.raises(CommandError, match="no `flow serve` runs on"):
        ask(tmp_path, do="stop", id="a")


@pytest.mark.parametrize(
    "line", [b"\n", b"[]\n", b"no JSON\n", b'{"do": []}\n', b'{"do": "fly"}\n', b"[" * 100_000 + b"\n"]
)
async def test_what_is_no_request_is_answered_with_an_error(line: bytes, tmp_path: Path) -> None:
    async def use(engine: flowlang.Engine, run: flowlang.Run) -> None:
        with trio.socket.socket(socket.AF_UNIX) as connection:
            await connection.connect(str(tmp_path / SOCKET))
            stream = trio.SocketStream(connection)
            await stream.send_all(line)
            answer = b""
            async for some in stream:
                answer += some
            assert "error" in json.loads(answer)

    await under_control(tmp_path, use)


async def test_a_folder_with_a_long_name_has_a_socket_too(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)

    async def use(engine: flowlang.Engine, run: flowlang.Run) -> None:
        assert await asked(folder, do="stop", id=run.id) == f"{run.id} stops"

    await under_control(folder, use)


def test_the_commands_speak_to_a_server(tmp_path: Path) -> None:
    (tmp_path / "a.flow").write_text("route call => main\nflow main { answer; wait 1h }\n", encoding="utf-8")
    with serving(tmp_path, "--data", "data"):
        done = flow("signal", "abc", "go", '{"a": 1}', "--data", "data", folder=tmp_path)
        assert done.code == 1
        assert done.err == "flow: no activeflow has the id 'abc'; `flow ps --all` lists them\n"


def said(process: subprocess.Popen[str], wanted: str) -> str:
    """What a server says up to that, within its patience."""
    assert process.stderr is not None
    heard = ""
    while wanted not in heard:
        assert select.select([process.stderr], [], [], PATIENCE)[0], f"it says only {heard!r}"
        heard += os.read(process.stderr.fileno(), 4096).decode()
    return heard


def test_a_changed_script_is_reloaded_and_a_broken_one_is_not(tmp_path: Path) -> None:
    script = tmp_path / "a.flow"
    script.write_text("route call => main\nflow main { answer }\n", encoding="utf-8")
    with serving(tmp_path, "--no-store") as (process, _):
        script.write_text("route call => main\nflow main { answer; hangup }\n", encoding="utf-8")
        said(process, "reloaded a.flow")
        script.write_text("route call => main\nflow main { answr }\n", encoding="utf-8")
        assert "flow: a.flow:2: E2" in said(process, "last good text")


async def test_what_runs_stays_on_its_text_and_what_begins_has_the_new_one(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    script = tmp_path / "a.flow"
    (tmp_path / "word.flow").write_text('func word() = "old"')
    script.write_text('use "./word"\nflow main { wait 1m\nreturn word.word() }')
    said: list[str] = []
    async with flowlang.open_engine() as engine:
        engine.load(tmp_path / "a.flow")
        first = engine.start("main")
        await trio.sleep(1)
        (tmp_path / "word.flow").write_text('func word() = "new"')
        reloaded(engine, script, lambda: None, said.append)
        second = engine.start("main")
        (tmp_path / "word.flow").write_text("func word() = ")
        reloaded(engine, script, lambda: None, said.append)
        third = engine.start("main")
        assert [(await each.ended()).value for each in (first, second, third)] == ["old", "new", "new"]
        before = engine.scripts
        script.write_text("flow other {}")

        def refuse() -> None:
            raise RuntimeError("no voice")

        reloaded(engine, script, refuse, said.append)
        assert engine.scripts == before
    assert said[0].startswith("reloaded ")
    assert said[-1] == "not reloaded: no voice"
