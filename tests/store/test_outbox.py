"""What leaves goes out at least once, under one key, whatever becomes of its activeflow; what does not arrive
is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

import flowlang
from flowlang.backends.border import Finish, nothing
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from flowlang.store.reading import open_archive
from flowlang.store.sending import Sending
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

from .recovering import Carrier, DyingStore

Virtual = trio.testing.MockClock

POLICY = 'policy { allow sms "+1415*"; allow http "https://a.example/*" }\n'
SEND = POLICY + 'flow main { let s = sms(to: "+14155550100", text: "hi")\nlog "${s}" }'
CUT = POLICY + 'flow main { within 1s { let s = sms(to: "+14155550100", text: "hi") } else { } }'


def failed(reason: str) -> Result:
    return Done(Outcome("failed", {"reason": reason}))


def nothing_yet(_: SendMessage) -> None:
    return None


def outbox(folder: Path) -> list[Sending]:
    with open_archive(folder) as archive:
        return archive.outbox()


async def at_once(work: Callable[[], None]) -> None:
    """A commit for which a virtual clock need not wait."""
    work()


async def served(
    folder: Path, carrier: Any, text: str | None = None, store: SqliteStore | None = None, **also: Any
) -> None:
    """A process that starts `main`, if there is a text, and lives for a while."""
    with store or SqliteStore(folder) as opened:
        async with flowlang.open_engine([carrier], store=opened, policy=EVERYTHING, **also) as engine:
            engine.recover()
            if text is not None:
                engine.load_text(text)
                engine.start("main")
            await engine.listen()
            await trio.sleep(10)


async def test_what_arrives_is_not_kept(tmp_path: Path, autojump_clock: Virtual) -> None:
    carrier = Carrier()
    await served(tmp_path, carrier, SEND)
    assert carrier.sent == ["hi"]
    assert outbox(tmp_path) == []


async def test_what_was_given_out_goes_on_after_a_crash_under_the_same_key(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    first, second = Carrier(nothing_yet), Carrier()
    await served(tmp_path, first, SEND)
    (kept,) = outbox(tmp_path)
    assert (kept.state, kept.key) == ("open", first.commands_out[0].key)
    await served(tmp_path, second)
    assert second.commands_out == first.commands_out
    assert outbox(tmp_path) == []


async def test_a_message_given_out_is_sent_also_when_its_action_was_cut_or_its_activeflow_is_over(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    first, second = Carrier(nothing_yet), Carrier()
    await served(tmp_path, first, CUT)
    with open_archive(tmp_path) as archive:
        assert [each.state for each in archive.activeflows(all_of_them=True)] == ["ended"]
    await served(tmp_path, second)
    assert second.commands_out == first.commands_out
    assert outbox(tmp_path) == []
    third = Carrier()
    await served(tmp_path, third)
    assert third.sent == []


def told(folder: Path, state: str | None) -> Sending:
    """Has what became of a message on disk, of which its activeflow had not heard at the crash."""
    (kept,) = outbox(folder)
    with SqliteStore(folder) as store:
        if state is None:
            store.drop_sending(kept.key)
        else:
            store.keep_sending(replace(kept, state=state, reason="no line"))  # pyright: ignore[reportArgumentType]
        store.commit()
    return kept


@pytest.mark.parametrize("before", [None, "failed", "unknown"])
@pytest.mark.parametrize(
    ("then", "state"), [(None, "open"), (failed("rejected"), "failed"), (Done(Outcome("sent", {})), None)]
)
async def test_what_the_activeflow_asks_for_again_is_kept_as_what_became_of_it_then(
    before: str | None, then: Result | None, state: str | None, tmp_path: Path, autojump_clock: Virtual
) -> None:
    await served(tmp_path, Carrier(nothing_yet), SEND)
    kept = told(tmp_path, before)
    carrier = Carrier(lambda _: then)
    await served(tmp_path, carrier)
    assert [each.key for each in carrier.commands_out] == [kept.key]
    found = {each.key: (each.state, each.reason) for each in outbox(tmp_path)}
    assert found == ({} if state is None else {kept.key: (state, "rejected" if state == "failed" else None)})


@pytest.mark.parametrize("dies", [False, True])
async def test_what_became_of_one_is_on_disk_with_the_input_that_tells_its_activeflow(
    dies: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    waiting: list[Finish] = []
    carrier = Carrier(nothing_yet)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.load_text(SEND.replace("log", "wait 1h\nlog"))
            await engine.listen()
            send = carrier.send

            def slow(command: OutsideCommand, finish: Finish) -> Callable[[], None]:
                waiting.append(finish)
                return send(command, finish)

            carrier.send = slow
            run = engine.start("main")
            await trio.sleep(1)
            (finish,) = waiting
            if dies:  # before it takes what it is told
                engine.stop(run.id)
            finish(Done(Outcome("sent", {"id": "m1"})))
            store.commit()  # before the activeflow comes to it
            assert [each.state for each in outbox(tmp_path)] == ["open"]
            await trio.sleep(1)
            assert outbox(tmp_path) == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 5))
async def test_a_crash_at_any_commit_loses_none(
    at: int, after: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    first, second = Carrier(), Carrier()
    begun = at > 1 or after
    try:
        await served(tmp_path, first, SEND, DyingStore(tmp_path, at, after=after))
    except flowlang.StoreError:
        await served(tmp_path, second)
    keys = {each.key for each in (*first.commands_out, *second.commands_out)}
    assert len(keys) == (1 if begun else 0)
    assert outbox(tmp_path) == []


@pytest.mark.parametrize(
    ("result", "state", "reason"),
    [
        (failed("carrier_down"), "failed", "carrier_down"),
        (Done(Outcome("failed", {"reason": "rejected", "detail": "no such number"})), "failed",
         "rejected: no such number"),
        (Failed("internal", "it broke"), "failed", "it broke"),
        (Done(Outcome("unknown")), "unknown", None),
    ],
)  # fmt: skip
async def test_what_was_given_up_is_kept_and_sent_again_by_hand(
    result: Result, state: str, reason: str | None, tmp_path: Path, autojump_clock: Virtual
) -> None:
    answers = [result, Done(Outcome("sent", {"id": "m1"}))]
    carrier = Carrier(lambda _: answers.pop(0))
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.recover()
            await engine.listen()
            engine.load_text(POLICY + 'flow main { try { sms(to: "+14155550100", text: "hi") } catch e { } }')
            engine.start("main")
            await trio.sleep(1)
            (kept,) = outbox(tmp_path)
            assert (kept.state, kept.reason) == (state, reason)
            assert not engine.outbox.retry("another")
            assert engine.outbox.retry(kept.key)
            assert not engine.outbox.retry(kept.key)
            await trio.sleep(1)
    assert outbox(tmp_path) == []
    first, again = carrier.commands_out
    assert again.key == f"{first.key}.1"


async def test_one_that_was_given_up_can_be_dropped(tmp_path: Path, autojump_clock: Virtual) -> None:
    carrier = Carrier(lambda _: failed("rejected"))
    await served(tmp_path, carrier, SEND)
    (kept,) = outbox(tmp_path)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store) as engine:
            engine.recover()
            assert engine.outbox.drop(kept.key)
            await trio.sleep(1)
            assert not engine.outbox.drop(kept.key)
    assert outbox(tmp_path) == []


class Machines:
    """Other machines: an outlet for HTTP."""

    name = "machines"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"http"})

    def __init__(self, status: int | None) -> None:
        self.asked: list[HttpRequest] = []
        self._status = status

    async def run(self, host: object, *, task_status: Any) -> None:
        task_status.started("machines")
        await trio.sleep_forever()

    async def settle(self) -> None:
        pass

    def send(self, command: OutsideCommand, finish: Finish) -> Any:
        assert isinstance(command, HttpRequest)
        self.asked.append(command)
        if self._status is not None:
            finish(Done({"status": self._status, "text": "", "headers": {}}))
        return nothing


async def test_webhooks_are_kept_too_and_other_requests_are_not(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = (
        POLICY
        + """
        flow main {
            let a = http.get("https://a.example/x")
            let b = webhook("https://a.example/y", {n: 1})
        }
    """
    )
    await served(tmp_path, Machines(503), text)
    (kept,) = outbox(tmp_path)
    assert (kept.state, kept.reason) == ("failed", "status 503")
    assert kept.command["url"] == "https://a.example/y"


def test_the_command_lists_and_drops_and_sends_again_on_a_folder_at_rest(tmp_path: Path) -> None:
    async def give_up() -> None:
        text = SEND.replace("flow main {", 'flow main { let w = sms(to: "+14155550101", text: "ho")\n')
        await served(tmp_path / "data", Carrier(lambda _: failed("rejected")), text, beside=at_once)

    async def deliver() -> None:
        await served(tmp_path / "data", carrier, beside=at_once)

    trio.run(give_up, clock=Virtual(autojump_threshold=0))
    one, two = outbox(tmp_path / "data")
    listed = flow("outbox", "--data", "data", folder=tmp_path)
    assert listed.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == [one.key, two.key]
    assert "rejected" in listed.out
    done = flow("outbox", "--data", "data", "--drop", one.key, folder=tmp_path)
    assert (done.code, done.out) == (0, f"{one.key} is dropped\n")
    done = flow("outbox", "--data", "data", "--retry-all", folder=tmp_path)
    assert (done.code, done.out) == (0, f"{two.key} is sent when `flow serve` starts\n")
    done = flow("outbox", "--data", "data", "--retry", "none", folder=tmp_path)
    assert (done.code, done.err.count("\n")) == (1, 1)
    (kept,) = outbox(tmp_path / "data")
    assert (kept.state, kept.tries) == ("open", 1)
    carrier = Carrier()
    trio.run(deliver, clock=Virtual(autojump_threshold=0))
    assert [each.key for each in carrier.commands_out] == [f"{two.key}.1"]
    assert outbox(tmp_path / "data") == []


async def test_a_result_behind_the_end_of_its_activeflow_leaves_nothing_to_be_written(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def slowly(work: Callable[[], None]) -> None:
        await trio.sleep(0.2)
        work()

    carrier = Carrier(nothing_yet)
    with SqliteStore(tmp_path) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING, beside=slowly) as engine:
            engine.recover()
            engine.load_text(SEND)
            run = engine.start("main")
            await engine.listen()
            await trio.sleep(5)
            engine.stop(run.id)
            await trio.sleep(0.05)  # it is over, and that is not on disk
            carrier.finishes[carrier.commands_out[0].key](failed("rejected"))
            assert not engine.keeper._within
            await run.ended()
    assert [each.state for each in outbox(tmp_path)] == ["failed"]
