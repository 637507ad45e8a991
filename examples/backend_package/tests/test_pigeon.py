"""The backend conforms to flowlang's kit, and a flow talks through it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import trio
from flowlang_pigeon import PigeonBackend

from flowlang import open_engine
from flowlang.backends.border import Backend
from flowlang.backends.on_wire import OnWire
from flowlang.model.message_commands import SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from flowlang.project.project import ProjectError, open_project
from flowlang.testing import Subject, check_backend
from flowlang.testing.conformance import KitHost

PACKAGE = Path(__file__).parents[1]


def letters(loft: Path) -> list[str]:
    found = sorted((loft / "out").glob("*.json"), key=lambda each: each.stat().st_mtime_ns)
    return [json.loads(each.read_text(encoding="utf-8"))["text"] for each in found]


def put(loft: Path, name: str, text: str) -> Path:
    letter = loft / "in" / f"{name}.json"
    draft = letter.with_suffix(".draft")
    draft.write_text(json.dumps({"from": "+14155550100", "text": text}), encoding="utf-8")
    return draft.rename(letter)


def test_it_conforms(tmp_path: Path) -> None:
    lofts: list[Path] = []

    def make() -> PigeonBackend:
        lofts.append(tmp_path / str(len(lofts)))
        return PigeonBackend(lofts[-1], "sms:+16062067563")

    async def bring(_backend: Backend, text: str) -> bool:
        letter = put(lofts[-1], f"l{len(text)}", text)
        with trio.move_on_after(0.5):  # what the engine cannot take now stays
            while letter.exists():  # noqa: ASYNC110 (a folder tells nobody)
                await trio.sleep(0.01)
        return not letter.exists()

    subject = Subject(
        make=make,
        command=lambda key, text: SendMessage("sms", "sms:+14155550100", text, key),
        arrived=lambda: letters(lofts[-1]),
        bring=bring,
    )
    assert len(trio.run(check_backend, subject)) == 10


def test_a_flow_talks_by_pigeon(tmp_path: Path) -> None:
    for name in ("desk.flow", "flow.toml", "operator.flow"):
        shutil.copy(PACKAGE / name, tmp_path)
    (backend,) = open_project(tmp_path / "desk.flow").backends(Backend)
    loft = tmp_path / "loft"

    async def wait_letters(count: int) -> list[str]:
        with trio.fail_after(10):
            while len(letters(loft)) < count:  # noqa: ASYNC110 (a folder tells nobody)
                await trio.sleep(0.01)
        return letters(loft)

    async def main() -> None:
        async with open_engine([backend], policy=EVERYTHING) as engine:
            engine.load_text((tmp_path / "desk.flow").read_text(encoding="utf-8"))
            await engine.listen()
            put(loft, "one", "hi")
            assert await wait_letters(1) == ["Who writes?"]
            put(loft, "two", "Ann")
            assert await wait_letters(2) == ["Who writes?", "Hello, Ann."]

    trio.run(main)


def test_what_may_have_flown_when_it_was_killed_flies_no_second_time(tmp_path: Path) -> None:
    command = SendMessage("sms", "sms:+14155550100", "Hello", "af1/1")

    async def main(results: list[Result]) -> None:
        async with trio.open_nursery() as nursery:
            backend = PigeonBackend(tmp_path / "loft", "sms:+16062067563", OnWire(tmp_path / "sent"))
            await nursery.start(backend.run, KitHost())
            backend.send(command, results.append)
            await backend.settle()
            nursery.cancel_scope.cancel()

    first: list[Result] = []
    second: list[Result] = []
    trio.run(main, first)
    (letter,) = (tmp_path / "loft" / "out").glob("*.json")
    letter.unlink()  # it was fetched
    trio.run(main, second)
    assert first == [Done(Outcome("sent", {"id": letter.stem}))]
    assert second == [Done(Outcome("unknown"))]
    assert letters(tmp_path / "loft") == []


def test_a_mistake_in_flow_toml_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").write_text(
        '[backends.birds]\nkind = "pigeon"\nloft = "loft"\nfrom = "nobody at all"\n', encoding="utf-8"
    )
    with pytest.raises(ProjectError) as refused:
        open_project(tmp_path / "desk.flow").backends(Backend)
    assert "flow.toml:4:8: error E805: `nobody at all` is no number that writes" in str(refused.value)
