"""What comes a moment behind a deadline that nobody was told of yet, as on a machine that is busy, is for who
waits then; and what comes in the very commit that parks an activeflow is told after it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.core import Happened, StopAsked
from flowlang.model.events import CALLER_LEG, MessageReceived
from flowlang.model.policy import EVERYTHING
from flowlang.store import MemoryStore
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, Watched

Virtual = trio.testing.MockClock
ANN = "+14155550100"
ASKS = """
route sms => talk
flow talk {
    let got = ask("How many?", timeout: 3s)
    loop up to 5 {
        match got {
            text as answer     => { log "answered ${answer.text}"; stop }
            no_input, no_match => { log "asked again"; got = ask("", timeout: 3s) }
        }
    }
}
"""
WAITS = """
route sms => talk
flow talk {
    within 3s { let m = ask("How many?", timeout: 1h); log "in time" } else { log "too late" }
    let next = wait for message
    log "then ${next.text}"
}
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [(ASKS, ["asked again", "answered two"]), (WAITS, ["too late", "then two"])],
)
@pytest.mark.parametrize("durable", [False, True])
async def test_a_message_behind_a_deadline_is_not_for_who_has_stopped_waiting(
    durable: bool, text: str, lines: list[str], tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier, watched = Carrier(), Watched()
    store = SqliteStore(tmp_path) if durable else MemoryStore()
    async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
        engine.observe(watched)
        engine.load_text(text)
        await engine.listen()
        carrier.receive(ANN, "one")
        await trio.sleep(1)
        (activeflow,) = engine.activeflows
        running = engine.living(activeflow)
        assert running is not None
        late = engine.now() + 2_100_000  # a tenth of a second behind the deadline, which is met with it
        source, ours = f"sms:{ANN}", "sms:+16062067563"
        running.put(Happened(late, MessageReceived(CALLER_LEG, "two", None, "sms", source, "two", ours)))
        await trio.sleep(0.5)
        assert watched.lines == lines


@pytest.mark.parametrize("input_too", [False, True])
async def test_an_end_in_the_commit_that_parks_stays_one(
    input_too: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def slowly(commit: object) -> None:
        await trio.sleep(0.01)
        commit()  # type: ignore[operator]

    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(store=store, park_after=1.0, beside=slowly) as engine:
            engine.recover()
            engine.load_text('flow main { on signal "add" { }\nwait for signal "end" }')
            activeflow = engine.start("main").id
            await trio.sleep(0.5)
            running = engine.living(activeflow)
            assert running is not None
            parks = store.park

            def park(*given: object) -> None:
                parks(*given)  # type: ignore[arg-type]
                if input_too:
                    engine.signal(activeflow, "add")
                running.put(StopAsked(engine.now()))

            store.park = park  # type: ignore[method-assign]
            await trio.sleep(10)
            assert engine.activeflows == ()
    with open_archive(tmp_path) as archive:
        assert [each.state for each in archive.activeflows(all_of_them=True)] == ["ended"]
