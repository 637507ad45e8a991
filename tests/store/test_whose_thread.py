"""Whose a thread is does not depend on what became of the process, and no thread is of one that is over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import Finish, nothing
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, Watched

Virtual = trio.testing.MockClock
ANN = "+14155550123"
POLICY = 'policy { allow sms "*" }\nroute sms => other\nflow other { log "other: ${message.text}" }\n'
ASK = f"""
flow asks {{
    sms to: "{ANN}", text: "second"
    let m = wait for message within 10d
    match m {{ timeout => log "nothing"
        message => log "asked: ${{m.text}}" }}
}}
"""


@pytest.mark.parametrize("parks", [None])
@pytest.mark.parametrize("restarts", [False, True])
async def test_a_thread_passes_on_as_its_owner_ends_with_and_without_a_restart(
    restarts: bool, parks: float | None, tmp_path: Path, autojump_clock: Virtual
) -> None:
    watched = Watched()
    first = f'flow first {{ sms to: "{ANN}", text: "first"\nwait 1h }}'

    async def process(begins: bool, goes_on: bool) -> None:
        carrier = Carrier()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(
                [carrier], store=store, policy=EVERYTHING, park_after=parks
            ) as engine:
                engine.observe(watched)
                engine.load_text(POLICY + ASK + first)
                await engine.listen()
                if begins:
                    engine.start("first")
                    await trio.sleep(1)
                    engine.start("asks")
                    await trio.sleep(7_200)
                if goes_on:
                    carrier.receive(ANN, "hello")
                    await trio.sleep(600)

    await process(True, not restarts)
    if restarts:
        await process(False, True)
    assert watched.lines == ["asked: hello"]


@pytest.mark.parametrize("by_hand", [False, True])
async def test_one_that_is_over_gets_no_thread_by_what_it_had_sent(
    by_hand: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    results: list[Result] = [Failed("down", "the carrier is down")] if by_hand else []
    carrier, watched, late = Carrier(), Watched(), list[Callable[[], None]]()

    def send(command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        assert isinstance(command, SendMessage)
        sent = Done(Outcome("sent", {"id": command.key}))
        if command.text == "late" and not by_hand:
            late.append(lambda: finish(sent))
        else:
            finish(results.pop() if results else sent)
        return nothing

    carrier.send = send
    gone = f'flow gone {{ within 1s {{ sms to: "{ANN}", text: "late" }} else {{ }} }}'
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.load_text(POLICY + ASK + gone)
            await engine.listen()
            run = engine.start("gone")
            await trio.sleep(5)
            assert engine.activeflows == ()
            if by_hand:
                (kept,) = store.archive.outbox()
                assert engine.outbox.retry(kept.key)
                await trio.sleep(1)
            for each in late:
                each()
            engine.observe(watched)
            engine.start("asks")
            await trio.sleep(1)
            carrier.receive(ANN, "hello")
            await trio.sleep(1)
            assert watched.lines == ["asked: hello"]
            assert engine.post.held(run.id) == ([], [])
