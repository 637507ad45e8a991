"""`flow export-test`: a run that is kept becomes a test that passes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio
import trio.testing

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.policy import EVERYTHING
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow
from tests.store.recovering import Carrier

DESK = """route call to "100" => desk

flow desk {
    let choice = ask("Press 1 for the nurse.", digits: 1, timeout: 5s)
    match choice {
        "1" => say "The nurse \\"will\\" call ${caller.number}."
        _   => raise "no such key"
    }
    wait 1m
}
"""
TALK = """policy { allow sms "+1415*" }

route sms => talk

flow talk {
    send "hello ${message.text}"
    let next = wait for message
    wait 10s
    sms to: "+14155550199", text: "${next.text} told"
    let s = wait for signal "paid"
    log "${s.data}"
}
"""

Use = Callable[[flowlang.Engine], Awaitable[None]]


async def at_once(work: Callable[[], None]) -> None:
    work()


def ran(folder: Path, text: str, backend: Any, use: Use) -> str:
    """A run on that text, kept in `data`; its id."""
    (folder / "a.flow").write_text(text)

    async def run() -> None:
        with SqliteStore(folder / "data") as store:
            options: dict[str, Any] = {"store": store, "policy": EVERYTHING, "beside": at_once}
            async with flowlang.open_engine([backend], **options) as engine:
                engine.load(folder / "a.flow")
                await engine.listen()
                await use(engine)

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
    with open_archive(folder / "data") as archive:
        return next(archive.activeflows(all_of_them=True)).id


def exported(folder: Path, activeflow: str) -> str:
    """What is exported passes, as `flow test` sees it too."""
    done = flow("export-test", activeflow, "--data", "data", folder=folder)
    assert (done.code, done.err) == (0, "")
    (folder / "a_test.flow").write_text(done.out)
    tested = flow("test", "a.flow", folder=folder)
    assert tested.code == 0, tested.out
    return done.out


def test_a_call_with_keys_and_its_end(tmp_path: Path) -> None:
    phones = SimulatorBackend()

    async def use(engine: flowlang.Engine) -> None:
        ann = phones.call(source="+14155550100", to="100")
        await ann.wait_heard("Press 1")
        await trio.sleep(2.5)
        ann.press("1")
        await ann.wait_heard("will", to_the_end=True)
        ann.hang_up()
        await trio.sleep(1)

    text = exported(tmp_path, ran(tmp_path, DESK, phones, use))
    heard = 'expect a hears "The nurse \\"will\\" call'
    for each in ("let a = call(from: ", 'a presses "1"', heard, "a hangs up", "expect stopped"):
        assert each in text


def test_a_fault_is_expected(tmp_path: Path) -> None:
    phones = SimulatorBackend()

    async def use(engine: flowlang.Engine) -> None:
        phones.call(source="+14155550100", to="100")
        await trio.sleep(60)

    text = exported(tmp_path, ran(tmp_path, DESK, phones, use))
    assert "expect fault raised" in text


def test_a_thread_with_messages_and_a_signal(tmp_path: Path) -> None:
    carrier = Carrier()

    async def use(engine: flowlang.Engine) -> None:
        carrier.receive("+14155550100", "one")
        await trio.sleep(5)
        carrier.receive("+14155550100", "two")
        await trio.sleep(20)
        (activeflow,) = engine.activeflows
        await engine.signalled(activeflow, "paid", {"amount": 5})
        await trio.sleep(1)

    text = exported(tmp_path, ran(tmp_path, TALK, carrier, use))
    for each in ('expect a gets "hello one"', 'a sends "two"', 'with text "two told"', '{"amount": 5}'):
        assert each in text


SURVEY = """policy { allow sms "+1415*" }

route sms => survey

flow survey {
    send "Welcome."
    match ask("How was it?", timeout: 1h) {
        text as t          => send "You said ${t.text}."
        no_input, no_match => send "You said nothing."
    }
    match ask("Anything else?", timeout: 1h, retries: 0) {
        text as t          => send "And ${t.text}."
        no_input, no_match => send "And nothing."
    }
}
"""
DIALLING = """policy { allow dial "tel:*" }

route call => desk

flow desk {
    for number in ["+14155550101", "+14155550102", "+14155550103", "+14155550104"] {
        match dial(number, timeout: 20s) {
            answered as leg => { log "talked for ${leg.duration}"; return }
            busy            => say "Busy."
            no_answer       => say "Nobody is there."
            rejected        => say "They will not."
            failed          => say "No way there."
            cancelled       => return
        }
    }
}
"""


def test_a_conversation_that_asks_and_waits_in_vain(tmp_path: Path) -> None:
    carrier = Carrier()

    async def use(engine: flowlang.Engine) -> None:
        carrier.receive("+14155550100", "hello")
        await trio.sleep(60.5)
        carrier.receive("+14155550100", "fine")
        await trio.sleep(2 * 3600)
        assert engine.activeflows == ()

    text = exported(tmp_path, ran(tmp_path, SURVEY, carrier, use))
    for each in ('a sends "fine"', 'expect a gets "You said fine."', 'expect a gets "And nothing."'):
        assert each in text


def test_calls_that_were_refused_in_every_way_and_one_that_was_answered(tmp_path: Path) -> None:
    phones = SimulatorBackend()

    async def use(engine: flowlang.Engine) -> None:
        phones.call(source="+14155550100", to="100")
        for number, status in (("+14155550101", 486), ("+14155550102", 404), ("+14155550103", 0)):
            called = await phones.wait_called(number)
            await trio.sleep(1.5)
            if status:
                called.reject(status)
        called = await phones.wait_called("+14155550104")
        called.answer()
        await trio.sleep(30)
        called.hang_up()
        await trio.sleep(5)
        assert not engine.activeflows

    text = exported(tmp_path, ran(tmp_path, DIALLING, phones, use))
    for each in ("is busy", "carrier down for", "answers", "after 30000ms", "hangs up", "expect stopped"):
        assert each in text


def test_what_cannot_be_brought_about_is_one_line(tmp_path: Path) -> None:
    async def use(engine: flowlang.Engine) -> None:
        run = engine.start("talk")
        await trio.sleep(1)
        engine.stop(run.id)
        await trio.sleep(1)

    activeflow = ran(tmp_path, "flow talk { wait 1d }\n", Carrier(), use)
    done = flow("export-test", activeflow, "--data", "data", folder=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"flow: {activeflow} is no test: somebody stopped it from outside\n"


def test_what_stands_for_the_actions_of_a_host_stands_for_them_here_too(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").write_text('[actions.price]\ndoc = "A price."\nfake = "fake_price:price"\n')
    (tmp_path / "fake_price.py").write_text("def price():\n    return 7\n")
    text = 'flow main { let p = price()\nif p != 7 { raise "dear" } }\n'
    (tmp_path / "a.flow").write_text(text)
    assert flow("check", "a.flow", folder=tmp_path).err == ""

    async def price() -> int:
        return 7

    async def run() -> None:
        with SqliteStore(tmp_path / "data") as store:
            async with flowlang.open_engine(store=store, beside=at_once) as engine:
                engine.add_action(flowlang.Action("price", "A price."), price)
                engine.load(tmp_path / "a.flow")
                await engine.start("main").ended()

    trio.run(run)
    with open_archive(tmp_path / "data") as archive:
        (stored,) = archive.activeflows(all_of_them=True)
    assert "expect stopped" in exported(tmp_path, stored.id)
