"""A message that came a moment before the end of its activeflow is not swallowed: it begins another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import UNAVAILABLE, Incoming, Refusal
from flowlang.core import Limits
from flowlang.engine import keeping
from flowlang.model.action import Action
from flowlang.model.policy import EVERYTHING
from flowlang.model.values import Value
from flowlang.store import MemoryStore
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier, DyingStore, Watched

TALK = """
route sms => talk
flow talk {
    send "hello ${message.text}"
    wait 1m
    let next = wait for message
    send "next ${next.text}"
    wait 1m
}
"""


@pytest.mark.parametrize("durable", [False, True])
async def test_messages_that_nobody_took_begin_the_next_activeflow(
    durable: bool, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    carrier = Carrier()
    store = SqliteStore(tmp_path) if durable else MemoryStore()
    async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
        engine.load_text(TALK)
        await engine.listen()
        kept: list[str] = []
        for number in range(4):
            carrier.receive("+14155550100", str(number), kept.append)
            await trio.sleep(1)
        assert kept == ["0", "1", "2", "3"]
        (first,) = engine.activeflows
        await trio.sleep(600)
        assert carrier.sent == ["hello 0", "next 1", "hello 2", "next 3"]
        assert first not in engine.activeflows


async def test_one_that_somebody_else_wrote_begins_what_his_route_says(
    autojump_clock: trio.testing.MockClock,
) -> None:
    carrier = Carrier()
    text = 'route sms => talk\nflow talk { sms to: "+14155550199", text: "hi"\nwait 1m }'
    async with flowlang.open_engine([carrier], policy=EVERYTHING) as engine:
        engine.load_text('policy { allow sms "+1415*" }\n' + text)
        await engine.listen()
        carrier.receive("+14155550100", "go")
        await trio.sleep(1)
        carrier.receive("+14155550199", "from elsewhere")
        await trio.sleep(600)
        assert carrier.sent == ["hi", "hi"]
        assert engine.activeflows == ()


BRIEF = """
route sms => t
flow t {
    log "began with ${message.text}"
    if message.text == "first" { wait 1m }
}
"""

BUSY = BRIEF.replace(
    "if message",
    'if message.text == "two" { loop up to 100000 { loop up to 5 { let n = 1 } } }\n    if message',
)


@pytest.mark.parametrize("closing", [False, True])
async def test_none_is_lost_where_the_next_ends_before_it_takes_the_others_or_the_engine_is_closing(
    closing: bool, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    watched, kept = Watched(), list[str]()
    texts = ["first", "two", "three", "four"]
    for begins in (True, False):
        carrier = Carrier()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                engine.observe(watched)
                engine.load_text(BRIEF)
                await engine.listen()
                for text in texts if begins else ():
                    carrier.receive("+14155550123", text, kept.append)
                    await trio.sleep(1)
                engine.closing = closing and begins
                await trio.sleep(600)
    assert kept == texts
    assert sorted(watched.lines) == sorted(f"began with {each}" for each in texts)


async def test_of_one_that_no_route_takes_any_more_the_record_tells(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    carrier = Carrier()
    text = 'route sms when message.text == "first" => t\nflow t { wait 1m }'
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.load_text(text)
            await engine.listen()
            for each in ("first", "two"):
                carrier.receive("+14155550123", each)
                await trio.sleep(1)
            await trio.sleep(600)
        records = {each.message: each for each in store.archive.messages()}
    assert records["id-first"].failed is None
    assert records["id-two"].failed is not None
    assert "no route takes it" in (records["id-two"].cause or "")


@pytest.mark.parametrize("durable", [False, True])
async def test_whoever_writes_more_than_is_kept_is_asked_to_try_again(
    durable: bool, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    carrier, taken = Carrier(), list[str]()
    store = SqliteStore(tmp_path) if durable else MemoryStore()
    limits = Limits(kept_messages=2)
    async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING, limits=limits) as engine:
        engine.load_text(TALK)
        await engine.listen()
        carrier.receive("+14155550100", "0")
        await trio.sleep(1)
        refused = [carrier.offer("+14155550100", str(each), taken.append) for each in range(1, 6)]
        assert refused == [None, None, *[Refusal(UNAVAILABLE)] * 3]
        await trio.sleep(90)  # it took one
        assert taken == ["1", "2"]
        assert carrier.offer("+14155550100", "3", taken.append) is None
        assert carrier.offer("+14155550100", "4", taken.append) == Refusal(UNAVAILABLE)
        await trio.sleep(1)
        assert taken == ["1", "2", "3"]


async def test_a_stop_is_told_as_taken_when_the_end_that_it_asks_for_is_on_disk(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    carrier, states = Carrier(), list[str]()

    def kept(_text: str) -> None:
        with open_archive(tmp_path) as archive:
            states.extend(each.state for each in archive.activeflows(all_of_them=True))

    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.load_text(TALK)
            await engine.listen()
            carrier.receive("+14155550100", "hi")
            await trio.sleep(1)
            carrier.receive("+14155550100", "STOP", kept)
            store.commit()  # before the activeflow comes to it
            assert states == []
            await trio.sleep(1)
            assert states == ["ended"]


async def at_once(work: Callable[[], None]) -> None:
    """A commit for which a virtual clock need not wait."""
    work()


PATIENT = Limits(steps_per_input=10**8)


@pytest.mark.parametrize("patience", [1.0, 0.0])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 13))
async def test_a_crash_at_any_commit_loses_none_that_was_told_kept_and_begins_none_twice(
    at: int,
    after: bool,
    patience: float,
    tmp_path: Path,
    autojump_clock: trio.testing.MockClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor where the next activeflow is busy for longer than a commit waits for it."""
    monkeypatch.setattr(keeping, "_PATIENCE", patience)
    watched, kept = Watched(), list[str]()
    texts = ["first", "two", "three", "four"]
    with suppress(flowlang.StoreError), DyingStore(tmp_path, at, after=after) as store:
        carrier = Carrier()
        async with flowlang.open_engine(
            [carrier], store=store, policy=EVERYTHING, beside=at_once, limits=PATIENT
        ) as engine:
            engine.load_text(BUSY)
            await engine.listen()
            for text in texts:
                carrier.receive("+14155550123", text, kept.append)
                await trio.sleep(1)
            await trio.sleep(600)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine(
            [Carrier()], store=store, policy=EVERYTHING, beside=at_once
        ) as engine:
            engine.observe(watched)
            engine.load_text(BUSY)
            await engine.listen()
            await trio.sleep(600)
        taken = [str(each.opening["data"]["text"]) for each in store.archive.activeflows(all_of_them=True)]
        assert store.archive.requests() == []
    assert len(taken) == len(set(taken))
    assert set(kept) <= set(taken)


class Mails(Carrier):
    """The same by e-mail, from somebody who wants his answers elsewhere."""

    channels = frozenset({"email"})
    outlets = frozenset({"email"})

    def write(self, text: str, reply_to: str | None) -> None:
        assert self._host is not None
        data: dict[str, Value] = {"text": text, "subject": "Hi", "id": f"{text}@x.example"}
        mail = Incoming("email", "mailto:desk@c.example", ANN, f"in-{text}", data=data, reply_to=reply_to)
        assert self._host.receive(mail) is None


ANN, TEAM = "mailto:ann@x.example", "mailto:team@x.example"
MAILS = """
route email => talk
flow talk {
    on message as m when m.text == "spare" { log "from ${m.from}, to ${m.reply_to}" }
    wait 1m
    log "${message.text} from ${message.reply_to}"
    if message.text == "one" { handoff other } else { send "dear all" }
}
flow other { wait 1m }
"""


async def test_where_its_writer_wants_the_answer_is_known_of_one_that_was_left_over(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    watched, carrier = Watched(), Mails()
    for begins in (True, False):
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
                engine.observe(watched)
                engine.load_text(MAILS)
                engine.recover()
                await engine.listen()
                if begins:
                    for text, reply_to in (("one", None), ("two", TEAM), ("spare", TEAM)):
                        carrier.write(text, reply_to)
                        await trio.sleep(1)
                else:
                    await trio.sleep(600)
    assert watched.lines == [f"from {ANN}, to {TEAM}", "one from none", f"two from {TEAM}"]
    assert [(each.to, each.deliver_to) for each in carrier.commands_out] == [(ANN, TEAM)]


HELD = Action("charge", "Takes money.")


async def charge() -> None:
    pass


@pytest.mark.parametrize("parks", [False, True])
async def test_one_that_is_left_over_does_not_go_past_an_activeflow_that_has_the_thread_and_is_held(
    parks: bool, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    talk = 'route sms => talk\nflow talk {\nlog "talk has ${message.text}"\nwait for signal "end" }\n'
    back = 'let m = wait for message\nlog "back has ${m.text}"\ncharge() }\n'
    back = f'policy {{ allow sms "+1415*" }}\nflow back {{ sms to: "+14155550100", text: "from back"\n{back}'
    watched = Watched()

    async def process(act: bool, texts: list[str], *, ends: bool = False) -> list[str]:
        carrier, kept = Carrier(), list[str]()
        with SqliteStore(tmp_path) as store:
            async with flowlang.open_engine(
                [carrier], store=store, policy=EVERYTHING, beside=at_once, park_after=20.0 if parks else None
            ) as engine:
                engine.observe(watched)
                if act:
                    engine.add_action(HELD, charge)
                    engine.load_text(back)
                engine.load_text(talk)
                engine.recover()
                await engine.listen()
                for text in texts:
                    if text == "back":
                        engine.start("back")
                    elif text == "end":
                        for each in [each.id for each in store.archive.activeflows() if each.flow == "talk"]:
                            await engine.signalled(each, "end")
                    elif carrier.offer("+14155550100", text, kept.append) is not None:
                        kept.append(f"not {text}")
                    await trio.sleep(60)
        return kept

    # `talk` has the thread first, so that what it never takes is for `back` next.
    assert await process(True, ["one", "back"]) == ["one"]
    assert await process(False, ["two", "three", "end", "four"]) == ["two", "three", "not four"]
    assert not any("two" in each for each in watched.lines)
    assert await process(True, ["five"]) == ["five"]
    assert [each for each in watched.lines if "has" in each] == [
        "talk has one",
        "back has two",
        "talk has three",
    ]
