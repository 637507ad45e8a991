"""Each message has one record, in or out, from its begin to what was told of it last, whatever crashes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import Incoming
from flowlang.model.message_commands import SendMessage
from flowlang.model.message_record import MessageRecord
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

from .recovering import Carrier, DyingStore

Virtual = trio.testing.MockClock

TALK = """
policy { allow sms "+1415*" }
route sms => talk
flow talk {
    send "hello ${message.text}"
    let next = wait for message
    send "next ${next.text}"
    sms to: "+14155550199", text: "€€"
}
"""
ANN, OURS = "sms:+14155550100", "sms:+16062067563"


@asynccontextmanager
async def process(store: SqliteStore, carrier: Carrier, text: str = TALK) -> AsyncGenerator[flowlang.Engine]:
    with store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.recover()
            engine.load_text(text)
            await engine.listen()
            yield engine


def records(folder: Path) -> list[MessageRecord]:
    with open_archive(folder) as archive:
        return list(archive.messages())


def told(folder: Path) -> list[tuple[str, str, str, str | None]]:
    return [(each.direction, each.to, each.state, each.cause) for each in records(folder)]


async def test_a_conversation_has_a_record_for_each_message_of_it(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Carrier()
    async with process(SqliteStore(tmp_path), carrier) as engine:
        for text in ("one", "two"):
            carrier.receive("+14155550100", text)
            await trio.sleep(1)
        assert engine.activeflows == ()
    ins, outs = ([each for each in records(tmp_path) if each.direction == way] for way in ("in", "out"))
    assert [(each.source, each.to, each.state, each.flow, each.route_line) for each in ins] == [
        (ANN, OURS, "delivered", "talk", 3)
    ] * 2
    assert [(each.to, each.state, each.flow, each.route_line, each.parts) for each in outs] == [
        (ANN, "sent", "talk", 3, 1), (ANN, "sent", "talk", 3, 1), ("sms:+14155550199", "sent", "talk", 3, 1),
    ]  # fmt: skip
    assert {each.activeflow for each in ins + outs} == {outs[0].activeflow}
    assert [each.message for each in ins] == ["id-one", "id-two"]
    assert [each.message for each in outs] == [each.key for each in outs]  # the carrier calls it so
    assert all(each.sent is not None and each.started <= each.sent for each in outs)


async def test_reports_are_told_also_when_the_activeflow_or_the_process_is_over(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Carrier()
    async with process(SqliteStore(tmp_path), carrier):
        carrier.receive("+14155550100", "one")
        await trio.sleep(1)
        first = carrier.commands_out[0].key
        carrier.report(first, "delivered")
        await trio.sleep(1)
        assert told(tmp_path)[1] == ("out", ANN, "delivered", None)
        carrier.report(first, "sent")  # late, and known
        carrier.report("nobody's", "delivered")
        carrier.receive("+14155550100", "two")
        await trio.sleep(1)
    again = Carrier()
    async with process(SqliteStore(tmp_path), again):
        again.report(first, "read")
        again.report(carrier.commands_out[1].key, "failed")
        await trio.sleep(1)
    assert [state for way, _, state, _ in told(tmp_path) if way == "out"] == ["read", "failed", "sent"]


async def test_a_report_that_comes_right_behind_the_answer_is_told(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Carrier(lambda _command: None)
    async with process(SqliteStore(tmp_path), carrier):
        carrier.receive("+14155550100", "one")
        await trio.sleep(1)
        (command,) = carrier.commands_out
        carrier.finishes[command.key](Done(Outcome("sent", {"id": "m1"})))
        carrier.report("m1", "delivered")
        await trio.sleep(1)
    assert [state for way, _, state, _ in told(tmp_path) if way == "out"] == ["delivered"]


@pytest.mark.parametrize(
    ("result", "state", "cause"),
    [
        (Done(Outcome("failed", {"reason": "no_route", "detail": "nobody"})), "failed", "no_route: nobody"),
        (Done(Outcome("unknown")), "unknown", None),
        (Failed("down", "the carrier is down"), "failed", "the carrier is down"),
        (None, "accepted", None),
    ],
)
async def test_what_became_of_it_is_told_with_its_cause(
    result: Result | None, state: str, cause: str | None, tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Carrier(lambda _command: result)
    async with process(SqliteStore(tmp_path), carrier):
        carrier.receive("+14155550100", "one")
        await trio.sleep(1)
    assert told(tmp_path)[1] == ("out", ANN, state, cause)


async def test_one_that_is_sent_again_by_hand_has_the_same_record(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    answers: list[Result] = [Failed("down", "the carrier is down")]
    carrier = Carrier(lambda command: answers[0])
    async with process(SqliteStore(tmp_path), carrier) as engine:
        carrier.receive("+14155550100", "one")
        await trio.sleep(1)
        (key,) = {each.key for each in records(tmp_path) if each.direction == "out"}
        answers[0] = Done(Outcome("sent", {"id": "carrier-1"}))
        assert engine.outbox.retry(key)
        await trio.sleep(1)
    (out,) = (each for each in records(tmp_path) if each.direction == "out")
    assert (out.key, out.state, out.cause, out.message) == (key, "sent", None, "carrier-1")


async def test_one_that_nobody_gets_is_failed_until_it_comes_again_and_somebody_does(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    class Refused(Carrier):
        def write(self, text: str) -> object:
            assert self._host is not None
            data = {"text": text, "subject": None, "id": "id-1"}
            return self._host.receive(Incoming("sms", OURS, ANN, f"in-{text}", data=data))

    carrier = Refused()
    async with process(SqliteStore(tmp_path), carrier, "flow nothing { wait 1s }"):
        assert carrier.write("one") is not None
        await trio.sleep(1)
    ((way, _, state, cause),) = told(tmp_path)
    assert (way, state) == ("in", "failed")
    assert cause is not None
    assert cause.startswith("no route takes it")
    async with process(SqliteStore(tmp_path), carrier):
        assert carrier.write("one") is None
        await trio.sleep(1)
    first, *_ = told(tmp_path)
    assert first == ("in", OURS, "delivered", None)
    assert len(told(tmp_path)) == 2


async def test_one_that_its_backend_refuses_is_failed_and_begins_nothing(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    class Strict(Carrier):
        def turn_away(self, name: str) -> None:
            assert self._host is not None
            self._host.refused(Incoming("sms", OURS, "sms:My-Shop\ud800\n", name), "who sends is no address")

    carrier = Strict()
    async with process(SqliteStore(tmp_path), carrier) as engine:
        for name in ("in-1", "in-2", "in-1"):
            carrier.turn_away(name)
            await trio.sleep(1)
        assert engine.activeflows == ()
    assert told(tmp_path) == [("in", OURS, "failed", "who sends is no address")] * 2


@pytest.mark.parametrize("answers", [False, True])
async def test_a_confirmation_of_opting_out_is_unknown_until_its_carrier_has_it(
    answers: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Carrier(lambda _command: Done(Outcome("sent", {"id": "1"})) if answers else None)
    async with process(SqliteStore(tmp_path), carrier):
        carrier.receive("+14155550100", "STOP")
        await trio.sleep(1)
    (_, _, one, why), (_, to, other, _) = told(tmp_path)
    assert (one, to, other) == ("failed", ANN, "sent" if answers else "unknown")
    assert why is not None


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
async def test_after_a_crash_at_any_commit_none_is_missing_and_none_is_there_twice(
    at: int, after: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    answers: dict[str, str] = {}

    def answer(command: SendMessage) -> Result:
        return Done(Outcome("sent", {"id": answers.setdefault(command.key, f"c-{len(answers)}")}))

    for dies_at in (at, 0):
        carrier = Carrier(answer)
        with suppress(flowlang.StoreError):
            async with process(DyingStore(tmp_path, dies_at, after=after), carrier):
                for text in ("one", "two"):
                    carrier.receive("+14155550100", text)  # the carrier sends again what was not kept
                    await trio.sleep(1)
    found = records(tmp_path)
    assert sorted(each.message or "" for each in found if each.direction == "in") == ["id-one", "id-two"]
    out = [each for each in found if each.direction == "out"]
    assert {each.key for each in out} == set(answers)
    assert [each.message for each in out] == [answers[each.key] for each in out]
    assert {each.state for each in found} == {"delivered", "sent"}


async def test_flow_cdr_lists_them_as_table_csv_and_json(tmp_path: Path, autojump_clock: Virtual) -> None:
    done = flow("cdr", "--messages", "--csv", "--data", tmp_path)
    assert (done.code, done.err.count("\n")) == (4, 1)
    carrier = Carrier(lambda command: Failed("=1+1", "=1+1"))
    async with process(SqliteStore(tmp_path), carrier):
        done = flow("cdr", "--messages", "--csv", "--data", tmp_path)
        assert (done.code, done.out.count("\n")) == (0, 1)  # the names alone
        carrier.receive("+14155550100", "one")
        await trio.sleep(1)
    out = flow("cdr", "--messages", "--data", tmp_path).out.splitlines()
    assert out[0].split() == [
        "STARTED",
        "(UTC)",
        "WAY",
        "BY",
        "FROM",
        "TO",
        "FLOW",
        "PARTS",
        "STATE",
        "CAUSE",
    ]
    assert out[1].split()[2:] == ["in", "sms", ANN, OURS, "talk", "1", "delivered"]
    assert out[2].split()[2:] == ["out", "sms", OURS, ANN, "talk", "1", "failed", "=1+1"]
    rows = list(csv.DictReader(io.StringIO(flow("cdr", "--messages", "--csv", "--data", tmp_path).out)))
    assert [(each["direction"], each["state"], each["cause"]) for each in rows] == [
        ("in", "delivered", ""), ("out", "failed", "'=1+1"),
    ]  # fmt: skip
    lines = flow("cdr", "--messages", "--json", "--data", tmp_path).out.splitlines()
    assert [json.loads(each)["state"] for each in lines] == ["delivered", "failed"]
    assert flow("cdr", "--messages", "--since", "2100-01-01", "--data", tmp_path).out.count("\n") == 1


async def test_they_are_forgotten_as_call_records_are_and_ladders_with_their_activeflow(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    carrier = Carrier()
    async with process(SqliteStore(tmp_path), carrier):
        for text in ("one", "two"):
            carrier.receive("+14155550100", text)
            await trio.sleep(1)
    with SqliteStore(tmp_path) as store:
        (over,) = store.archive.activeflows(all_of_them=True)
        assert over.ended is not None
        for name in (over.id, "another"):
            store.keep_ladder(name, "call@host", 0, [[over.began, "in", "peer", "INVITE sip:a", "1 INVITE"]])
        store.commit()
        store.prune(over.ended, over.began, 0)  # not yet
        store.commit()
        assert (len(records(tmp_path)), len(store.archive.ladders(over.id))) == (5, 1)
        store.prune(over.ended + 1, over.ended + 1, 0)
        store.commit()
        assert records(tmp_path) == []
        assert (store.archive.ladders(over.id), len(store.archive.ladders("another"))) == ({}, 1)
