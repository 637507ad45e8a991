"""What was under way at a crash: done again, asked about, or told as unknown, as its action declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

import flowlang
from flowlang.backends.border import Finish, nothing
from flowlang.model.action import Action, OutcomeType, Parameter
from flowlang.model.actions import ACTIONS
from flowlang.model.host_action import NOT_DONE
from flowlang.model.message_commands import (
    HttpRequest,
    OutsideCommand,
    SendMessage,
    StoreAdd,
    StoreGet,
    StorePut,
    action_of,
)
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

Virtual = trio.testing.MockClock

BOOK = Action(
    "book", "Books a seat.", (Parameter("seat", ("integer",), "which", by_place=True),),
    recovery="query", key="key",
)  # fmt: skip
PRINT = Action("print_label", "Prints.", outcomes=(OutcomeType("printed", (), "it did"),), recovery="unknown")


async def forever(**_: Any) -> None:
    await trio.sleep_forever()


class Outlets:
    """Every outlet; finishes only where it is told to."""

    name = "outside"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"http", "store", "sms"})

    def __init__(self, *, answers: bool) -> None:
        self.asked: list[OutsideCommand] = []
        self._answers = answers

    async def run(self, host: object, *, task_status: Any) -> None:
        task_status.started("outside")
        await trio.sleep_forever()

    async def settle(self) -> None:
        pass

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        self.asked.append(command)
        if self._answers:
            finish(Done({"status": 200, "text": "yes", "headers": {}}))
        return nothing


async def begun(folder: Path, text: str, *actions: Action, backends: tuple[Any, ...] = ()) -> str:
    """Starts `main` and leaves it under way, as by a crash."""
    with SqliteStore(folder) as store:
        async with flowlang.open_engine(backends, store=store, policy=EVERYTHING) as engine:
            for each in actions:
                engine.add_action(each, forever, forever if each.recovery == "query" else None)
            engine.load_text(text)
            await engine.listen()
            run = engine.start("main")
            await trio.sleep(1)
    return run.id


@pytest.mark.parametrize("answer", ["seat 4", NOT_DONE, None, RuntimeError("no line")])
async def test_a_query_tells_what_became_of_it(
    answer: object, tmp_path: Path, autojump_clock: Virtual
) -> None:
    activeflow = await begun(tmp_path, "flow main { try { return book(4) } catch e { return e.code } }", BOOK)
    keys: list[str] = []

    async def book(seat: int, key: str) -> str:
        keys.append(f"booked {key}")
        return f"now seat {seat}"

    async def query(seat: int, key: str) -> object:
        keys.append(f"asked {key}")
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.add_action(BOOK, book, query)
            engine.recover()
            run = engine.run_of(activeflow)
            assert run is not None
            value = (await run.ended()).value
    key = keys[0].removeprefix("asked ")
    assert keys == [f"asked {key}", *([f"booked {key}"] if answer is NOT_DONE else [])]
    match answer:
        case RuntimeError():
            assert value == "unknown"
        case _:
            assert value == ("now seat 4" if answer is NOT_DONE else answer)


async def test_where_the_host_has_no_query_any_more_nobody_knows(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    activeflow = await begun(tmp_path, "flow main { try { return book(4) } catch e { return e.code } }", BOOK)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.add_action(replace(BOOK, recovery="repeat"), forever)
            engine.recover()
            run = engine.run_of(activeflow)
            assert run is not None
            assert (await run.ended()).value == "unknown"


def test_an_action_that_asks_needs_somebody_to_ask() -> None:
    async def use() -> None:
        async with flowlang.open_engine() as engine:
            with pytest.raises(ValueError, match="belong together"):
                engine.add_action(BOOK, forever)
            with pytest.raises(ValueError, match="belong together"):
                engine.add_action(replace(BOOK, recovery="repeat"), forever, forever)

    trio.run(use)


async def test_what_is_not_repeated_ends_in_the_outcome_unknown(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = 'flow main { match print_label() { unknown => return "who knows"\n _ => return "printed" } }'
    activeflow = await begun(tmp_path, text, PRINT)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.add_action(PRINT, forever)
            engine.recover()
            run = engine.run_of(activeflow)
            assert run is not None
            assert (await run.ended()).value == "who knows"


async def test_an_activeflow_whose_action_the_host_lacks_is_held_for_a_start_that_has_it(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    action = replace(BOOK, recovery="repeat")
    activeflow = await begun(tmp_path, "flow main { return book(4) }", action)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            recovered = engine.recover()
            assert (recovered.live, recovered.diverged) == ((), {})
            assert recovered.held == {activeflow: "it calls `book`, which the host does not offer"}
    with open_archive(tmp_path) as archive:
        assert [each.state for each in archive.activeflows()] == ["live"]

    async def book(seat: int, key: str) -> str:
        return f"seat {seat}"

    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.add_action(action, book)
            assert engine.recover().live == (activeflow,)
            run = engine.run_of(activeflow)
            assert run is not None
            assert (await run.ended()).value == "seat 4"


@pytest.mark.parametrize(
    ("call", "ends"),
    [
        ('http.get("https://a.example/x")', "ok"),
        ('http.put("https://a.example/x")', "ok"),
        ('http.post("https://a.example/x")', "unknown"),
    ],
)
async def test_requests_are_repeated_as_their_methods_say(
    call: str, ends: str, tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = (
        f'flow main {{ match {call} {{ ok => return "ok"\n unknown => return "unknown"\n _ => return "" }} }}'
    )
    text = text.replace(' unknown => return "unknown"\n', "") if ends == "ok" else text
    text = 'policy { allow http "https://a.example/*" }\n' + text
    first = Outlets(answers=False)
    activeflow = await begun(tmp_path, text, backends=(first,))
    second = Outlets(answers=True)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([second], store=store, policy=EVERYTHING) as engine:
            engine.recover()
            run = engine.run_of(activeflow)
            assert run is not None
            await engine.listen()
            assert (await run.ended()).value == ends
    assert second.asked == (first.asked if ends == "ok" else [])


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (SendMessage("sms", "+1", "", "k"), "sms"),
        (SendMessage("notify", "default", "", "k"), "notify"),
        (HttpRequest("GET", "", {}, None, 1, "k"), "http.get"),
        (HttpRequest("DELETE", "", {}, None, 1, "k"), "http.delete"),
        (HttpRequest("POST", "", {}, None, 1, "k", sign=True), "webhook"),
        (StoreGet("a"), "store.get"),
        (StorePut("a", None, "k"), "store.put"),
        (StoreAdd("a", 1, "k"), "store.add"),
    ],
)
def test_a_command_leads_to_the_action_that_says_what_a_crash_means(
    command: OutsideCommand, action: str
) -> None:
    assert action_of(command) == action
    assert action in ACTIONS
