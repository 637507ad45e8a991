"""The ladder: every SIP message of an activeflow's calls, and of no others, kept as long as the activeflow
is."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

import flowlang
from flowlang.backends.ladder import LadderLine
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.backends.sip.ladders import MOST, Ladders
from flowlang.model.policy import EVERYTHING
from flowlang.store.reading import Archive, open_archive
from flowlang.store.sqlite import SqliteStore
from flowlang.testing.softphone import Softphone, open_softphone
from tests.cli.flow import flow

from .conftest import T1

SCRIPT = """
policy { allow dial "sip:bob@127.0.0.1:PORT" }
route call to "desk" => desk
route call to "dial" => dialling
flow desk { answer; wait 1h }
flow dialling { dial "sip:bob@127.0.0.1:PORT" }
"""


async def inline(work: Callable[[], None]) -> None:
    """Commits at once: virtual time waits for no thread."""
    work()


@asynccontextmanager
async def office(folder: Path) -> AsyncGenerator[tuple[flowlang.Engine, Softphone, str]]:
    """An engine that keeps all, a phone, and where the phone calls."""
    backend = SipBackend(SipSettings(("127.0.0.1", 0), t1=T1))
    with SqliteStore(folder) as store:
        async with (
            open_softphone(("127.0.0.1", 0), t1=T1) as phone,
            flowlang.open_engine([backend], store=store, policy=EVERYTHING, beside=inline) as engine,
        ):
            engine.load_text(SCRIPT.replace("PORT", str(phone.endpoint.address[1])))
            await engine.listen()
            assert backend.address is not None
            yield engine, phone, f"127.0.0.1:{backend.address.port}"


def drawn(archive: Archive, activeflow: str) -> list[list[tuple[str, str]]]:
    """Direction and start of each message, by call; a 100 is sent only where the answer takes its time."""
    return [
        [(line[1], line[3].partition(" sip:")[0]) for line in lines if not line[3].startswith("100 ")]
        for lines in sorted(archive.ladders(activeflow).values())
    ]


CALLER = [
    ("in", "INVITE"), ("out", "200 OK (INVITE)"), ("in", "ACK"),
    ("in", "BYE"),
    ("out", "200 OK (BYE)"),
]  # fmt: skip


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0.001)


async def test_a_call_is_there_from_its_invite_to_the_answer_to_its_bye(
    tmp_path: Path, clock: MockClock
) -> None:
    async with office(tmp_path) as (engine, phone, target):
        call = await phone.call(f"sip:desk@{target}")
        await call.wait_answered()
        (activeflow,) = engine.activeflows
        kept: list[list[tuple[str, str]]] = []
        while sum(map(len, kept)) < 3:  # the ACK may still be on its way
            await trio.sleep(0.1)
            await engine.ladders.written()
            with open_archive(tmp_path) as archive:
                kept = drawn(archive, activeflow)
        assert kept == [CALLER[:3]]
        await call.hang_up()
        while sum(map(len, kept)) < 5:  # now it is written by itself
            await trio.sleep(1)
            with open_archive(tmp_path) as archive:
                kept = drawn(archive, activeflow)
        with open_archive(tmp_path) as archive:
            assert kept == [CALLER]
            ((call_id, lines),) = archive.ladders(activeflow).items()
            (record,) = archive.records()
        assert call_id == record["call_id"]
        assert [line[4] for line in lines] == ["1 INVITE"] * (len(lines) - 3) + ["1 ACK", "2 BYE", "2 BYE"]
        assert lines[0][0] <= record["started"] <= lines[-1][0]


async def test_what_was_said_last_is_there_when_the_server_ends(tmp_path: Path, clock: MockClock) -> None:
    async with office(tmp_path) as (engine, phone, target):
        call = await phone.call(f"sip:desk@{target}")
        await call.wait_answered()
        (activeflow,) = engine.activeflows
        await engine.shutdown()
    with open_archive(tmp_path) as archive:
        (lines,) = drawn(archive, activeflow)
    assert lines[3:] == [("out", "BYE"), ("in", "200 OK (BYE)")]


async def test_a_call_that_was_placed_is_another_column_of_the_same_activeflow(
    tmp_path: Path, clock: MockClock
) -> None:
    async with office(tmp_path) as (engine, phone, target):
        phone.take_calls()
        call = await phone.call(f"sip:dial@{target}")
        callee = await phone.next_call()
        await trio.sleep(0.1)
        callee.answer()
        await call.wait_answered()
        await trio.sleep(0.1)
        (activeflow, *_) = engine.activeflows
        await call.hang_up()
        await callee.wait_ended()
        await engine.shutdown()
    with open_archive(tmp_path) as archive:
        caller, called = drawn(archive, activeflow)
        ours = {each["call_id"] for each in archive.records()}
        assert ours == set(archive.ladders(activeflow))
    assert caller == CALLER
    assert called == [("out" if way == "in" else "in", what) for way, what in CALLER]
    done = flow("trace", activeflow, "--data", tmp_path)
    assert (done.code, done.err) == (0, "")
    here = f"127.0.0.1:{phone.endpoint.address[1]}"
    _, head, _, *lines = done.out.splitlines()
    assert head.split()[1:] == [here, "flow", here]
    drawing = [line[22:72].rstrip() for line in lines if "│" in line and "100 Trying" not in line]
    assert drawing[:6] == [
        "│─INVITE───────────────▶│                       │",
        "│                       │─INVITE───────────────▶│",
        "│◀─200 OK (INVITE)──────│                       │",
        "│─ACK──────────────────▶│                       │",
        "│                       │◀─200 OK (INVITE)──────│",
        "│                       │─ACK──────────────────▶│",
    ]
    assert lines[0].endswith(f"│  CSeq 1  sip:dial@{target}")
    script = next(number for number, line in enumerate(lines) if 'flow dialling { dial "sip' in line)
    assert 1 < script < len(lines) - 5  # a line of the script stands where it ran
    done = flow("trace", activeflow, "--data", tmp_path, "--json")
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [each["at"] for each in told if each["kind"] == "SipMessage"] == sorted(
        each["at"] for each in told if each["kind"] == "SipMessage"
    )
    first = told[0]
    assert (first["kind"], first["direction"], first["cseq"]) == ("SipMessage", "in", "1 INVITE")
    assert first["call_id"] in ours


async def test_calls_that_no_activeflow_had_are_not_kept(tmp_path: Path, clock: MockClock) -> None:
    async with office(tmp_path) as (engine, phone, target):
        call = await phone.call(f"sip:nobody@{target}")
        await call.wait_ended()
        await engine.ladders.written()
        assert list(store_rows(tmp_path)) == []


def store_rows(folder: Path) -> list[object]:
    with open_archive(folder) as archive:
        return list(archive._db.rows("SELECT * FROM ladders"))


# -- what is gathered


def line(at: int, summary: str = "INVITE sip:a@b", cseq: str = "1 INVITE") -> LadderLine:
    return LadderLine(at, "in", "127.0.0.1:5060", summary, cseq)


def test_what_a_stranger_says_is_forgotten() -> None:
    ladders = Ladders()
    for number in range(2_000):
        ladders.seen(f"call-{number}", line(number))
        ladders.seen(f"options-{number}", line(number, "OPTIONS sip:a@b", "1 OPTIONS"))
    assert len(ladders) == 0
    assert len(ladders._early) == 500
    ladders.enter("call-1999", "flow", 2_000)
    assert [each.lines for each in ladders.take(3_000)] == [[line(1999)]]
    ladders.enter("call-3", "flow", 2_000)
    assert list(ladders.take(3_000)) == []


def test_a_call_takes_so_many_lines_and_counts_the_rest() -> None:
    ladders = Ladders()
    ladders.enter("call", "flow", 0)
    for number in range(MOST + 20):
        ladders.seen("call", line(number))
    one, rest = ladders.take(10_000)
    assert (len(one.lines), one.number) == (MOST, 0)
    assert (rest.number, rest.lines[0].summary) == (MOST, "and 20 more messages")
    ladders.seen("call", line(20_000))
    (rest,) = ladders.take(30_000)
    assert rest.lines[0].summary == "and 21 more messages"


def test_each_line_is_taken_once_for_each_activeflow_and_nothing_stays() -> None:
    ladders = Ladders()
    ladders.seen("call", line(0))
    ladders.enter("call", "one", 1)
    ladders.seen("call", line(2))
    assert [(each.activeflow, each.number, len(each.lines)) for each in ladders.take(10)] == [("one", 0, 2)]
    ladders.seen("call", line(11))
    ladders.enter("call", "two", 12)
    assert [(each.activeflow, each.number, len(each.lines)) for each in ladders.take(20)] == [
        ("one", 2, 1), ("two", 2, 1),
    ]  # fmt: skip
    ladders.leave("call", 21)
    ladders.seen("call", line(22))
    for at in range(10, 80, 10):
        taken = sum(len(each.lines) for each in ladders.take(at * 1_000_000))
        assert taken == (2 if at == 10 else 0)
    assert (len(ladders), ladders._due) == (0, {})


def test_a_password_in_an_address_and_what_cannot_be_shown_are_not_kept() -> None:
    ladders = Ladders()
    ladders.enter("call\udc80\x1b", "flow", 0)
    ladders.seen("call\udc80\x1b", line(0, "INVITE sip:bob:hunter2@host;user=phone", "1 \x1b[31mINVITE"))
    (part,) = ladders.take(1)
    assert part.call_id == "call??"
    assert part.lines[0].summary == "INVITE sip:bob:•••@host;user=phone"
    assert part.lines[0].cseq == "1 ?[31mINVITE"
