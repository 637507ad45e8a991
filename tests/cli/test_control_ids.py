"""Which activeflow of a server an id means, whether it is in memory, parked, or held for a later start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.cli.controlling import Controls, serve_controls
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow
from tests.store.recovering import engine_on

Virtual = trio.testing.MockClock

TEXT = 'flow main { wait for signal "end" }'


async def answers(controls: Controls, **request: object) -> str:
    answer = await controls.answer(dict(request))
    return str(answer.get("error") or answer["ok"])


async def test_the_beginning_of_one_in_memory_and_one_that_is_parked_means_neither(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    ids: Iterator[str] = iter(["ab1", "ab2", "ab3", "ab4", "b1"])
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, new_id=lambda: next(ids)) as engine:
            engine.load_text(TEXT)
            engine.recover()
            controls = Controls(engine, store.archive)
            engine.start("main")
            await trio.sleep(200)
            assert engine.activeflows == ()  # parked
            engine.start("main")
            said = await answers(controls, do="stop", id="ab")
            assert said == "several activeflows begin with 'ab': ab1, ab2; give more of the id"
            for _ in range(3):
                engine.start("main")
            said = await answers(controls, do="stop", id="a")
            assert "and others" in said
            assert await answers(controls, do="stop", id="ab1") == "ab1 stops"
            assert await answers(controls, do="stop", id="ab1") == "ab1 is over: stop"
            assert await answers(controls, do="stop", id="b") == "b1 stops"
            for each in ("ab2", "ab3"):
                await answers(controls, do="stop", id=each)
            assert await answers(controls, do="signal", id="ab", name="end") == "ab4 has the signal `end`"


@pytest.mark.parametrize("parked", [False, True])
async def test_one_that_is_held_or_cannot_be_woken_is_said_to_be_so(
    parked: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def pay() -> None:
        pass

    action = flowlang.Action("pay", "Pays."), pay
    async with engine_on(SqliteStore(tmp_path), None, None, action) as (engine, _):
        engine.load_text(TEXT.replace("{", "{ pay();", 1))
        run = engine.start("main").id
        await trio.sleep(200 if parked else 1)
    store = SqliteStore(tmp_path)
    async with engine_on(store) as (engine, recovered):
        controls, why = (
            Controls(engine, store.archive, recovered.held),
            "it calls `pay`, which the host does not offer",
        )
        for request in ({"do": "stop"}, {"do": "signal", "name": "end"}):
            said = await answers(controls, id=run[:6], **request)
            state = "is parked and cannot be woken now" if parked else "is held until a start that can go on"
            assert said.startswith(f"{run} {state}")
            assert said.endswith(why)
        answer = await controls.answer({"do": "held"})
        assert answer["held"] == ({} if parked else {run: why}) | dict(engine.parking.asleep)
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_controls, controls, tmp_path)
            listed = await trio.to_thread.run_sync(lambda: flow("ps", "--data", tmp_path))
            state = "parked" if parked else "held"
            assert [line.split()[:2] for line in listed.out.splitlines()[1:]] == [[run, state]]
            assert listed.out.endswith(f"  {why}\n")
            listed = await trio.to_thread.run_sync(lambda: flow("ps", "--data", tmp_path, "--json"))
            nursery.cancel_scope.cancel()
        assert (json.loads(listed.out)["state"], json.loads(listed.out)["ending"]) == (state, why)
    assert "held" not in flow("ps", "--data", tmp_path).out  # nobody knows before the next start
