"""No carrier is told that we have a report before all that came of it is on disk."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import Refusal
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done
from flowlang.model.values import Outcome
from flowlang.store.sqlite import SqliteStore

from .recovering import CHARGE, Carrier, DyingStore, Watched

Virtual = trio.testing.MockClock

TEXT = """
policy { allow sms "+1415*" }
flow main {
    on delivered { log "delivered" }
    let sent = sms(to: "+14155550100", text: "hi")
    CHARGE
    wait 1d
}
"""


class Reporter(Carrier):
    """Keeps which of its reports were answered."""

    def __init__(self, name: str | None = "m1") -> None:
        super().__init__(lambda _: Done(Outcome("sent", {"id": name})) if name is not None else None)
        self.acknowledged: list[str] = []

    def tell(self, copy: str, message: str = "m1") -> Refusal | None:
        assert self._host is not None
        return self._host.report(message, "delivered", None, lambda: self.acknowledged.append(copy))

    def gives_name(self, message: str) -> None:
        (finish,) = self.finishes.values()
        finish(Done(Outcome("sent", {"id": message})))


async def charge(amount: int, key: str) -> None:
    pass


@pytest.mark.parametrize("parks", [False, True])
async def test_a_report_for_one_that_is_held_is_to_come_again(
    parks: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    logged: list[list[str]] = []
    for host_has_it in (True, False, True):
        carrier, watched = Reporter(), Watched()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                if host_has_it:
                    engine.add_action(CHARGE, charge)
                engine.observe(watched)
                engine.recover()
                if not logged:
                    engine.load_text(TEXT.replace("CHARGE", "charge(1)"))
                    engine.start("main")
                await engine.listen()
                if logged:
                    refused = carrier.tell("one")
                    assert (refused is None) == host_has_it
                    await trio.sleep(1)
                    assert carrier.acknowledged == (["one"] if host_has_it else [])
                else:
                    await trio.sleep(75 if parks else 1)
        logged.append([each for each in watched.lines if each == "delivered"])
    assert logged == [[], [], ["delivered"]]


@pytest.mark.parametrize("crash_at", range(1, 6))
async def test_no_copy_of_a_report_is_acknowledged_before_the_first_is_on_disk(
    crash_at: int, tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Reporter()
    with suppress(flowlang.StoreError), DyingStore(tmp_path, crash_at) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.load_text(TEXT.replace("CHARGE", ""))
            await engine.listen()
            engine.start("main")
            await trio.sleep(1)
            carrier.tell("one")
            carrier.tell("two")
            await trio.sleep(1)
    with SqliteStore(tmp_path) as store:
        entries = [entry for _, all_of_it, _ in store.archive.live() for entry in all_of_it]
    has = any("MessageReported" in each.given for each in entries)
    assert carrier.acknowledged == (["one", "two"] if has else [])


@pytest.mark.parametrize("crashes", [False, True])
async def test_an_early_report_is_acknowledged_when_its_message_has_its_name_on_disk(
    crashes: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier, watched = Reporter(None), Watched()
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.observe(watched)
            engine.load_text(TEXT.replace("CHARGE", ""))
            await engine.listen()
            engine.start("main")
            await trio.sleep(1)
            for copy in ("one", "two"):
                assert carrier.tell(copy) is None
                await trio.sleep(1)
            assert carrier.acknowledged == []
            if not crashes:
                carrier.gives_name("m1")
                await trio.sleep(1)
                assert carrier.acknowledged == ["one", "two"]
    if crashes:
        carrier = Reporter()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                engine.observe(watched)
                await engine.listen()
                await trio.sleep(1)
                carrier.tell("three")
                await trio.sleep(1)
                assert carrier.acknowledged == ["three"]
    assert watched.lines == ["delivered"]


async def test_a_report_on_nobodys_message_waits_for_what_is_under_way_and_not_for_ever(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Reporter(None)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.load_text(TEXT.replace("CHARGE", ""))
            await engine.listen()
            carrier.tell("nothing is under way", "alien")
            await trio.sleep(1)
            assert carrier.acknowledged == ["nothing is under way"]
            engine.start("main")
            await trio.sleep(1)
            carrier.tell("early", "alien")
            await trio.sleep(20)
            assert carrier.acknowledged == ["nothing is under way"]
            await trio.sleep(30)
            carrier.tell("known for that", "alien")
            await trio.sleep(1)
            assert carrier.acknowledged[1:] == ["early", "known for that"]


async def test_a_report_on_a_message_whose_sender_is_over_waits_for_nothing(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    ends, stays = TEXT.replace("CHARGE", "return"), TEXT.replace("CHARGE", "").replace("main", "other")
    first, second = Reporter(), Reporter(None)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([first], store=store, policy=EVERYTHING) as engine:
            engine.load_text(ends)
            await engine.listen()
            engine.start("main")
            await trio.sleep(1)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([second], store=store, policy=EVERYTHING) as engine:
            engine.load_text(stays)
            await engine.listen()
            engine.start("other")
            await trio.sleep(1)
            second.tell("one")
            await trio.sleep(1)
            assert second.acknowledged == ["one"]
            (record, _) = store.archive.messages()
            assert record.delivered is not None
