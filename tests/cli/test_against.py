"""`flow check --against DATA`: which activeflows run on an older text."""

from __future__ import annotations

import json
from pathlib import Path

import trio

import flowlang
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow


async def _start(folder: Path, *flows: str) -> list[str]:
    with SqliteStore(folder / "data") as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.recover()
            engine.load(folder / "a.flow")
            runs = [engine.start(each).id for each in flows]
            for each in runs:
                await engine.signalled(each, "begun")
    return runs


def test_it_names_those_on_an_older_text_of_the_script_or_of_a_module(tmp_path: Path) -> None:
    script, module = tmp_path / "a.flow", tmp_path / "word.flow"
    module.write_text('func word() = "old"\n')
    script.write_text('use "./word"\n\nflow main {\n    wait 1d\n    log word.word()\n}\n\nflow brief { }\n')
    main, _ = trio.run(_start, tmp_path, "main", "brief")
    done = flow("check", "a.flow", "--against", "data", folder=tmp_path)
    assert (done.code, done.out) == (0, "")
    module.write_text('func word() = "new"\n')
    done = flow("check", "a.flow", "--against", "data", folder=tmp_path)
    assert done.code == 0
    assert done.out.startswith(f"a.flow: {main} (live) runs `main` since ")
    assert done.out.endswith(f"on an older {module}\n")
    script.write_text(script.read_text().replace("1d", "2d"))
    done = flow("check", "a.flow", "--against", "data", "--json", folder=tmp_path)
    (line,) = done.out.splitlines()
    assert json.loads(line)["changed"] == [str(module), str(script)]


def test_a_folder_without_a_store_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.flow").write_text("flow main { }\n")
    done = flow("check", "a.flow", "--against", "none", folder=tmp_path)
    assert (done.code, done.err.count("\n")) == (4, 1)


def test_modules_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    for each in ("a", "b"):
        (tmp_path / each).mkdir()
        (tmp_path / each / "x.flow").write_text(f'func word() = "{each}"\n')
    uses = 'use "./a/x" as one\nuse "./b/x" as two\n\n'
    (tmp_path / "a.flow").write_text(uses + "flow main {\n    wait 1d\n    log one.word() + two.word()\n}\n")
    (run,) = trio.run(_start, tmp_path, "main")
    assert flow("check", "a.flow", "--against", "data", folder=tmp_path).out == ""
    (tmp_path / "b" / "x.flow").write_text('func word() = "c"\n')
    assert flow("check", "a.flow", "--against", "data", folder=tmp_path).out.startswith(f"a.flow: {run} ")
