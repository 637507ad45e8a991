"""Calls that were up when flowlang was killed: each peer gets a BYE at the next start, once."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.backends.sip.left_over import dialog_from_plain, dialog_to_plain, way_of
from flowlang.model.observations import LegAnswered, Observation
from flowlang.model.policy import EVERYTHING
from flowlang.sip import Address, Request
from flowlang.sip.dialog import Dialog
from flowlang.sip.trace import Trace
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore
from flowlang.testing.softphone import open_softphone
from tests.backend_sip.conftest import T1, raw_caller
from tests.backend_sip.raw import RawCaller
from tests.cli.flow import FLOW
from tests.cli.test_serve import PATIENCE, SCRIPT

from .recovering import DyingStore

Virtual = trio.testing.MockClock
_LISTENS = re.compile(r"flow: SIP on udp and tcp 127\.0\.0\.1:(\d+)")


@pytest.fixture
def loopback_clock() -> Virtual:
    """Jumps when nothing more comes from the loopback."""
    return Virtual(autojump_threshold=0.001)


@asynccontextmanager
async def engine_on(
    store: SqliteStore, text: str = SCRIPT
) -> AsyncGenerator[tuple[flowlang.Engine, SipBackend]]:
    """Commits are at once: a virtual clock does not wait for a thread."""

    async def at_once(work: Callable[[], None]) -> None:
        work()

    sip = SipBackend(SipSettings(("127.0.0.1", 0), t1=T1))
    with store:
        async with flowlang.open_engine([sip], store=store, policy=EVERYTHING, beside=at_once) as engine:
            engine.load_text(text)
            engine.recover()
            await engine.listen()
            yield engine, sip


def port_of(sip: SipBackend) -> int:
    assert sip.address is not None
    return sip.address.port


def files_with(folder: Path, secret: bytes) -> list[str]:
    """Those that have it in clear."""
    files = (each for each in folder.rglob("*") if each.is_file())
    return [each.name for each in files if secret in each.read_bytes()]


def left_in(folder: Path) -> dict[str, object]:
    with open_archive(folder) as archive:
        return archive.dialogs()


async def until_left(folder: Path, count: int) -> None:
    """Returns when so many are on disk."""
    while len(left_in(folder)) != count:  # noqa: ASYNC110 (another process writes it)
        await trio.sleep(0.02)


@contextmanager
def serving(folder: Path) -> Generator[int]:
    """The port of a server on this folder, whatever it tells before of what it recovered. Ends by kill -9."""
    process = subprocess.Popen(
        [FLOW, "serve", ".", "--listen", "127.0.0.1:0", "--data", "data"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    try:
        assert process.stderr is not None
        found = next(filter(None, (_LISTENS.match(line) for line in process.stderr)))
        yield int(found[1])
    finally:
        process.kill()
        process.communicate()


async def sent_by(port: int, caller: RawCaller, start: str) -> str:
    """The next message of the server at this port: leaving an engine sends some, too, which a kill does
    not."""
    while f"127.0.0.1:{port};" not in header(found := await caller.receive(start), "Via"):
        pass
    return found


async def bye_by(port: int, caller: RawCaller) -> str:
    """Its next BYE."""
    return await sent_by(port, caller, "BYE ")


@asynccontextmanager
async def engine_killed(
    folder: Path, text: str = SCRIPT
) -> AsyncGenerator[tuple[flowlang.Engine, SipBackend]]:
    """One that ends with a call on disk, and commits no more then."""
    store = DyingStore(folder)
    with suppress(flowlang.StoreError):
        async with engine_on(store, text) as (engine, sip):
            yield engine, sip
            await until_left(folder, 1)
            store.dead = True


@asynccontextmanager
async def engine_killed_at_once(folder: Path) -> AsyncGenerator[None]:
    """One that is killed before anybody answers it."""
    store = DyingStore(folder)
    with suppress(flowlang.StoreError):
        async with engine_on(store):
            store.dead = True
            yield


async def killed_in_a_call(folder: Path, caller: RawCaller) -> str:
    """The 200 of his call, which was up when the process ended."""
    async with engine_killed(folder) as (_, sip):
        caller.server = ("127.0.0.1", port_of(sip))
        await caller.invite()
        answer = await caller.receive("SIP/2.0 200")
        await caller.ack(answer)
    return answer


def header(message: str, name: str) -> str:
    return next(line for line in message.split("\r\n") if line.startswith(f"{name}: ")).partition(": ")[2]


async def test_after_kill_9_the_peer_has_a_bye_and_the_record_says_lost_once(tmp_path: Path) -> None:
    (tmp_path / "a.flow").write_text(SCRIPT, encoding="utf-8")
    byes: set[str | None] = set()

    def note(trace: Trace) -> None:
        message = trace.message
        if trace.inbound and isinstance(message, Request) and message.method == "BYE":
            byes.add(message.via.parameters.get("branch"))

    async with open_softphone(("127.0.0.1", 0)) as phone:
        phone.on_message = note
        with trio.fail_after(PATIENCE):
            with serving(tmp_path) as port:
                call = await phone.call(f"sip:desk@127.0.0.1:{port}")
                await call.wait_answered()
                await until_left(tmp_path / "data", 1)
            with serving(tmp_path):
                await call.wait_ended()
                await until_left(tmp_path / "data", 0)
            with serving(tmp_path):
                await trio.sleep(0.2)
    assert len(byes) == 1
    with open_archive(tmp_path / "data") as archive:
        (record,) = archive.records()
    assert (record["cause"], record["ended_by"], record["status"]) == ("lost", "network", 200)


async def test_who_was_answered_a_moment_before_the_kill_has_his_bye_and_his_record(
    tmp_path: Path, loopback_clock: Virtual
) -> None:
    store = DyingStore(tmp_path)

    def die(observation: Observation) -> None:
        store.dead |= isinstance(observation, LegAnswered)  # nothing is committed from here on

    async with raw_caller(0) as caller:
        with suppress(flowlang.StoreError):
            async with engine_on(store) as (engine, sip):
                engine.observe(die)
                caller.server = ("127.0.0.1", port_of(sip))
                await caller.invite()
                await caller.ack(await caller.receive("SIP/2.0 200"))
                await trio.sleep_forever()
        async with engine_on(SqliteStore(tmp_path)) as (_, sip):
            await bye_by(port_of(sip), caller)
    with open_archive(tmp_path) as archive:
        (record,) = archive.records()
    assert record["answered"] is not None
    assert (record["cause"], record["status"]) == ("lost", 200)


async def test_the_bye_is_of_the_same_dialog_and_later_in_it(tmp_path: Path, loopback_clock: Virtual) -> None:
    async with raw_caller(0) as caller:
        answer = await killed_in_a_call(tmp_path, caller)
        async with engine_on(SqliteStore(tmp_path)) as (_, sip):
            bye = await bye_by(port_of(sip), caller)
            assert header(bye, "From") == header(answer, "To")
            assert header(bye, "To") == header(answer, "From")
            assert header(bye, "Call-ID") == "raw-1"
            assert int(header(bye, "CSeq").split()[0]) > 1_000


async def test_a_peer_that_does_not_answer_delays_nothing_and_is_given_up(
    tmp_path: Path, loopback_clock: Virtual
) -> None:
    async with raw_caller(0) as silent:
        await killed_in_a_call(tmp_path, silent)
        began = trio.current_time()
        async with engine_on(SqliteStore(tmp_path)) as (_, sip):
            (leg,) = left_in(tmp_path)
            async with raw_caller(port_of(sip)) as other:
                await other.invite(branch="INVITE-new")
                await other.receive("SIP/2.0 200")
            assert trio.current_time() - began < 10 * T1  # by far less than a BYE is waited for
            assert leg in left_in(tmp_path)
            await trio.sleep(80 * T1)
            assert leg not in left_in(tmp_path)
            byes = [await bye_by(port_of(sip), silent) for _ in range(3)]
        assert len({header(each, "Via") for each in byes}) == 1  # one, and its retransmissions


async def test_a_peer_that_answers_no_start_is_given_up_after_a_few(
    tmp_path: Path, loopback_clock: Virtual
) -> None:
    async with raw_caller(0) as silent:
        await killed_in_a_call(tmp_path, silent)
        (leg,) = left_in(tmp_path)
        tried = 0
        while leg in left_in(tmp_path):
            async with engine_killed_at_once(tmp_path):
                tried += leg in left_in(tmp_path)
        assert tried == 3


async def test_a_call_that_ended_is_owed_nothing(tmp_path: Path, loopback_clock: Virtual) -> None:
    text = "route call => main\nflow main { answer; wait 1s; hangup }\n"
    async with engine_on(SqliteStore(tmp_path), text) as (_, sip), raw_caller(port_of(sip)) as caller:
        await caller.invite()
        await caller.ack(await caller.receive("SIP/2.0 200"))
        await until_left(tmp_path, 1)
        await caller.receive("BYE ")
        await until_left(tmp_path, 0)


PLACES = """
policy {{ allow dial "sip:*@127.0.0.1:{port}" }}
route outbound call => hello
flow hello {{ wait 1h }}
flow reach(number) {{
    secret let pin = number
    call("sip:${{pin}}@127.0.0.1:{port}")
}}
"""


async def test_of_a_call_that_was_placed_a_secret_number_is_not_on_disk_and_it_gets_its_bye(
    tmp_path: Path, loopback_clock: Virtual
) -> None:
    async with open_softphone(("127.0.0.1", 0), t1=T1) as phone:
        text = PLACES.format(port=phone.endpoint.address.port)
        async with engine_killed(tmp_path, text) as (engine, _):
            engine.start("reach", number="patient471107")
            called = await phone.next_call()
            called.answer()
            await engine.ladders.written()
        (kept,) = left_in(tmp_path).values()
        assert "patient471107" in str(kept)
        assert not files_with(tmp_path, b"patient471107")
        asked: list[str] = []
        phone.on_message = lambda trace: asked.append(trace.summary) if trace.inbound else None
        async with engine_on(SqliteStore(tmp_path), text):
            await until_left(tmp_path, 0)
        assert [each for each in asked if each.startswith("BYE ")]


async def test_who_picks_up_after_the_kill_has_an_ack_and_a_bye(
    tmp_path: Path, loopback_clock: Virtual
) -> None:
    async with raw_caller(0) as called:
        text = PLACES.format(port=called.socket.getsockname()[1])
        store = DyingStore(tmp_path)
        with suppress(flowlang.StoreError):
            async with engine_on(store, text) as (engine, _):
                engine.start("reach", number="bob")
                invite = await called.receive("INVITE ")
                store.dead = True
        async with engine_on(SqliteStore(tmp_path), text) as (_, sip):
            called.server = ("127.0.0.1", port_of(sip))
            await called.respond(invite, "200 OK", called.sdp(), tag="b1")
            ack = await sent_by(port_of(sip), called, "ACK ")
            bye = await sent_by(port_of(sip), called, "BYE ")
            assert header(ack, "To") == header(bye, "To")
            assert header(ack, "Call-ID") == header(invite, "Call-ID")


async def test_who_was_called_is_acknowledged_when_it_is_on_disk_that_he_answered(
    tmp_path: Path, loopback_clock: Virtual
) -> None:
    kept: list[dict[str, object]] = []

    def note(trace: Trace) -> None:
        if trace.inbound and trace.summary.startswith("ACK "):
            kept.append(left_in(tmp_path))

    async with open_softphone(("127.0.0.1", 0), t1=T1) as phone:
        text = PLACES.format(port=phone.endpoint.address.port)
        phone.on_message = note
        async with engine_on(SqliteStore(tmp_path), text) as (engine, _):
            engine.start("reach", number="bob")
            (await phone.next_call()).answer()
            await trio.sleep(1)
    assert kept
    for each in kept:
        (dialog,) = each.values()
        assert "remote_tag" in str(dialog)
        assert "early" not in str(dialog)


async def test_who_rings_when_the_process_is_killed_has_a_bye_that_ends_it(
    tmp_path: Path, loopback_clock: Virtual
) -> None:
    async with open_softphone(("127.0.0.1", 0), t1=T1) as phone:
        text = PLACES.format(port=phone.endpoint.address.port)
        async with engine_killed(tmp_path, text) as (engine, _):
            engine.start("reach", number="bob")
            called = await phone.next_call()
            called.ring()
        called.answer()  # nobody is there who would take it
        asked: list[str] = []
        phone.on_message = lambda trace: asked.append(trace.summary) if trace.inbound else None
        async with engine_on(SqliteStore(tmp_path), text):
            await until_left(tmp_path, 0)
            await called.wait_ended()
        assert [each for each in asked if each.startswith("BYE ")]


@pytest.mark.parametrize("plain", [{}, {"$sealed": ["key", "text"]}, {"peer": 1}])
async def test_what_cannot_be_read_is_dropped_and_harms_nothing(
    plain: dict[str, object], tmp_path: Path, loopback_clock: Virtual
) -> None:
    with SqliteStore(tmp_path) as store:
        store.keep_dialog("leg-1", plain, 0)
        store.commit()
    async with engine_on(SqliteStore(tmp_path)):
        await until_left(tmp_path, 0)


def test_a_dialog_is_kept_with_a_margin_for_what_was_sent_since() -> None:
    local, peer = Address("127.0.0.1", 5060), Address("192.0.2.7", 5070)
    ours, theirs = "<sip:a@192.0.2.1>;tag=1", "<sip:c@192.0.2.7>;tag=2"
    dialog = Dialog("c", ours, "1", theirs, "2", "sip:c@192.0.2.7", ["<sip:p;lr>"], local, peer)
    dialog.local_cseq = 7
    again = dialog_from_plain(dialog_to_plain(dialog))
    assert again.local_cseq > dialog.local_cseq + 1_000
    assert (again.key, again.route_set, again.peer) == (dialog.key, dialog.route_set, peer)


@pytest.mark.parametrize(
    ("target", "port"),
    [
        ("sip:c@192.0.2.7:5070;transport=tcp", 5070),
        ("sip:c@192.0.2.7;transport=tcp", 5060),
        ("sip:c@phone.invalid;transport=tcp", 40_000),
    ],
)
def test_who_called_by_tcp_is_reached_at_his_contact_where_that_is_his_host(target: str, port: int) -> None:
    local, peer = Address("192.0.2.1", 5060, "tcp"), Address("192.0.2.7", 40_000, "tcp")
    dialog = Dialog("c", "<sip:a@192.0.2.1>;tag=1", "1", "<sip:c@d>;tag=2", "2", target, [], local, peer)
    assert way_of(dialog) == peer._replace(port=port)
