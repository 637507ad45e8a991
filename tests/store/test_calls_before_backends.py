"""What goes on after a crash may want to call at once: it calls as soon as the backends run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

import flowlang
from flowlang.backends.border import Host, Inbox, Outgoing
from flowlang.backends.live_leg import LiveCallee
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.policy import EVERYTHING
from flowlang.model.values import SECOND
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

Virtual = trio.testing.MockClock

LATER = """
policy { allow dial "sip:*@peer.example" }
flow main {
    wait 10s
    match call("sip:ann@peer.example", flow: talk) { answered => log "there"; _ => log "nobody" }
}
flow talk { wait 1s }
"""
GIVES_UP = """
policy { allow dial "sip:*@peer.example" }
flow main {
    wait 10s
    within 5s { call("sip:ann@peer.example", flow: talk) } else { log "given up" }
}
flow talk { wait 1s }
"""


class Phones(SimulatorBackend):
    """Calls nobody before it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = False
        self.placed: list[str] = []

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        self.runs = True
        await super().run(host, task_status=task_status)

    def place(self, outgoing: Outgoing, inbox: Inbox) -> LiveCallee:
        assert self.runs
        self.placed.append(outgoing.to)
        return super().place(outgoing, inbox)


async def at_once(work: Callable[[], None]) -> None:
    """Commits: a virtual clock does not wait for a thread."""
    work()


async def process(folder: Path, text: str, phones: Phones | None) -> None:
    """One that begins it and dies; then, with `phones`, one in which its time is over before they run."""
    with SqliteStore(folder) as store:
        backends = [phones or Phones()]
        async with flowlang.open_engine(backends, store=store, policy=EVERYTHING, beside=at_once) as engine:
            if phones is None:
                engine.load_text(text)
                await engine.listen()
                engine.start("main")
                await trio.sleep(1)
                return
            engine.recover()
            await trio.sleep(20)
            await engine.listen()
            await trio.sleep(60)


async def test_a_call_waits_for_the_backends(tmp_path: Path, autojump_clock: Virtual) -> None:
    await process(tmp_path, LATER, None)
    phones = Phones()
    await process(tmp_path, LATER, phones)
    assert phones.placed == ["sip:ann@peer.example"]


async def test_where_its_activeflow_is_over_by_then_nobody_is_called_and_its_record_is_closed(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    await process(tmp_path, GIVES_UP, None)
    phones = Phones()
    await process(tmp_path, GIVES_UP, phones)
    assert phones.placed == []
    with open_archive(tmp_path) as archive:
        assert [each["cause"] for each in archive.records()] == ["cancelled"]


async def test_one_that_is_given_up_by_then_is_not_placed_and_its_record_is_closed(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = GIVES_UP.replace(
        'log "given up" }', 'log "given up" }\n    wait 12s\n    call("sip:ann@peer.example", flow: talk)'
    )
    await process(tmp_path, text, None)
    phones = Phones()
    await process(tmp_path, text, phones)
    assert phones.placed == ["sip:ann@peer.example"], "another one of it is"
    with open_archive(tmp_path) as archive:
        given_up, _ = archive.records()
    assert (given_up["cause"], given_up["ended"] - given_up["started"]) == ("cancelled", 5 * SECOND)
