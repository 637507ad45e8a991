"""Several activeflows that wrote to one person: who wrote first has what he answers, then the next, whether
they are awake, parked or brought back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import UNAVAILABLE, Refusal
from flowlang.model.action import Action
from flowlang.model.policy import EVERYTHING
from flowlang.store.database import Database
from flowlang.store.reading import FILE
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, Watched

Virtual = trio.testing.MockClock
ANN = "+14155550123"
TEXT = f"""
policy {{ allow sms "*" }}
route sms => other
flow other {{ log "other: ${{message.text}}" }}
flow asks(name) {{
    sms to: "{ANN}", text: name
    let m = wait for message within 30d
    match m {{ timeout => log "nothing"
        message => log "${{name}}: ${{m.text}}" }}
}}
"""
NAMES = "first", "second", "third"
EXPECTED = [*(f"{each}: {each}" for each in NAMES), "other: fourth"]


async def asked(engine: flowlang.Engine) -> None:
    for each in NAMES:
        engine.start("asks", each)
        await trio.sleep(100)


async def answered(carrier: Carrier) -> None:
    for each in (*NAMES, "fourth"):
        carrier.receive(ANN, each)
        await trio.sleep(1)


@pytest.mark.parametrize("restarts", [0, 1, 2])
@pytest.mark.parametrize("parks", [None, 10.0, 1_000.0])
async def test_what_he_answers_is_for_whoever_wrote_first_of_those_that_live(
    restarts: int, parks: float | None, tmp_path: Path, autojump_clock: Virtual
) -> None:
    watched = Watched()
    for number in range(1 + restarts):
        carrier = Carrier()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(
                [carrier], store=store, policy=EVERYTHING, park_after=parks
            ) as engine:
                engine.observe(watched)
                engine.load_text(TEXT)
                await engine.listen()
                if number == 0:
                    await asked(engine)
                await trio.sleep(2_000)
                if number == restarts:
                    await answered(carrier)
    assert watched.lines == EXPECTED


async def test_one_that_wakes_meanwhile_keeps_its_place(tmp_path: Path, autojump_clock: Virtual) -> None:
    carrier, watched = Carrier(), Watched()
    text = TEXT.replace("sms to", 'on signal "stir" { log "stirred" }\n    sms to')
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.load_text(text)
            await engine.listen()
            ids: list[str] = []
            for each in NAMES:
                ids.append(engine.start("asks", each).id)
                await trio.sleep(100)
            await trio.sleep(100)
            assert engine.activeflows == ()
            assert engine.signal(ids[1], "stir")
            await trio.sleep(1)
            assert engine.activeflows == (ids[1],)
            engine.observe(watched)
            await answered(carrier)
    assert watched.lines == EXPECTED


async def test_no_address_of_who_is_written_to_is_on_disk(tmp_path: Path, autojump_clock: Virtual) -> None:
    text = """
        policy { allow sms "*" }
        flow asks {
            secret let who = wait for signal "who"
            sms to: who.data, text: "hi"
            let m = wait for message
            log "heard"
        }
    """
    carrier, watched = Carrier(), Watched()
    with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.observe(watched)
            engine.load_text(text)
            await engine.listen()
            assert await engine.signalled(engine.start("asks").id, "who", ANN)
            await trio.sleep(100)
            assert engine.activeflows == ()
            assert carrier.sent == ["hi"]
            written = [each.read_bytes() for each in (tmp_path / "data").iterdir()]
            carrier.receive(ANN, "hello")
            await trio.sleep(1)
    assert watched.lines == ["heard"]
    assert not any(ANN[1:].encode() in each for each in written)


async def test_none_loses_its_thread_with_the_key_that_threads_are_found_by(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    watched = Watched()
    for number in range(2):
        carrier = Carrier()
        with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                engine.observe(watched)
                engine.load_text(TEXT)
                await engine.listen()
                if number == 0:
                    await asked(engine)
                    await trio.sleep(1_000)
                    assert engine.activeflows == ()
                else:
                    assert len(engine.activeflows) == 3
                    await trio.sleep(1_000)
                    assert engine.activeflows == ()
                    await answered(carrier)
        shutil.rmtree(tmp_path / "keys")
    assert watched.lines == EXPECTED


async def test_where_no_key_can_be_had_those_with_a_thread_stay_in_memory(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier, watched = Carrier(), Watched()
    (tmp_path / "keys").write_text("no folder")
    with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.observe(watched)
            engine.load_text(TEXT)
            await engine.listen()
            await asked(engine)
            await trio.sleep(100)
            assert len(engine.activeflows) == 3
            await answered(carrier)
    (told,) = [each for each in watched.lines if each not in EXPECTED]
    assert "stay in memory" in told
    assert [each for each in watched.lines if each != told] == EXPECTED


async def test_where_who_wrote_first_cannot_be_woken_nobody_else_has_what_he_answers(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def done() -> None:
        pass

    first = f"""
        policy {{ allow sms "*" }}
        flow works {{
            sms to: "{ANN}", text: "first"
            let m = wait for message
            work()
            log "first: ${{m.text}}"
        }}
    """
    watched, answers = Watched(), list[Refusal | None]()
    for number, offered in enumerate((True, False, True)):
        carrier = Carrier()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(
                [carrier], store=store, policy=EVERYTHING, wall=lambda: 2e9 + trio.current_time()
            ) as engine:
                engine.observe(watched)
                if offered:
                    engine.add_action(Action("work", "Works."), done)
                engine.load_text(TEXT)
                await engine.listen()
                if number == 0:
                    engine.load_text(first)
                    engine.start("works")
                    await trio.sleep(1)
                    engine.start("asks", "second")
                    await trio.sleep(200)
                    assert engine.activeflows == ()
                else:
                    engine.start("asks", "third")
                    await trio.sleep(1)
                    answers.append(carrier.offer(ANN, "hello", lambda _text: None))
                    await trio.sleep(1)
    assert answers == [Refusal(UNAVAILABLE), None]
    assert [each for each in watched.lines if ": hello" in each] == ["first: hello"]


async def test_what_nobody_took_goes_to_the_next_who_is_parked(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier, watched = Carrier(), Watched()
    text = TEXT.replace("flow other", f'flow brief {{ sms to: "{ANN}", text: "brief"\nwait 1h }}\nflow other')
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.observe(watched)
            engine.load_text(text)
            await engine.listen()
            brief = engine.start("brief").id
            await trio.sleep(1)
            engine.start("asks", "second")
            await trio.sleep(200)
            carrier.receive(ANN, "hello")
            await trio.sleep(1)
            assert engine.activeflows == (brief,)
            await trio.sleep(7_200)
    assert watched.lines == ["second: hello"]


async def test_one_that_diverges_as_it_is_woken_holds_up_nobody_behind_it(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    watched = Watched()
    for number in range(2):
        carrier = Carrier()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                engine.load_text(TEXT)
                await engine.listen()
                if number == 0:
                    await asked(engine)
                    await trio.sleep(100)
                    assert engine.activeflows == ()
                else:
                    engine.observe(watched)
                    carrier.receive(ANN, "hello")
                    await trio.sleep(1)
        db = Database(tmp_path / FILE)
        db.execute("UPDATE journal SET outcome = x'00' WHERE activeflow = 1")
        db.close()
    assert [each.partition(":")[0].split()[-1] for each in watched.lines] == ["diverged", "second"]


HANDS_OVER = """
policy { allow sms "*" }
route sms => other
flow other { log "other: ${message.text}" }
flow begins {
    secret let who = wait for signal "who"
    sms to: who.data, text: "hi"
    handoff hears()
}
flow hears {
    let m = wait for message
    log "heard ${m.text}"
    if m.text == "one" { handoff hears() }
}
"""


@pytest.mark.parametrize("parks", [None, 10.0])
async def test_one_that_is_handed_over_has_its_threads_in_the_next_process_too(
    parks: float | None, tmp_path: Path, autojump_clock: Virtual
) -> None:
    watched, written = Watched(), list[bytes]()
    for number, text in enumerate(("", "one", "two", "three")):
        carrier = Carrier()
        with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
            async with flowlang.open_engine(
                [carrier], store=store, policy=EVERYTHING, park_after=parks
            ) as engine:
                engine.observe(watched)
                engine.load_text(HANDS_OVER)
                await engine.listen()
                if number == 0:
                    assert await engine.signalled(engine.start("begins").id, "who", ANN)
                else:
                    carrier.receive(ANN, text)
                await trio.sleep(100)
                if number == 0:
                    written += [each.read_bytes() for each in (tmp_path / "data").iterdir()]
    assert watched.lines == ["heard one", "heard two", "other: three"]
    assert not any(ANN[1:].encode() in each for each in written)
