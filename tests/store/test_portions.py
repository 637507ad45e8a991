"""What waited for a start, or is sent again by hand, reaches a backend a portion at a time, in order: no more
than its queue takes, and nothing for anybody before what waits for him."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.engine.portions import PORTION, Portions
from flowlang.model.commands import command_to_plain
from flowlang.model.message_commands import SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from flowlang.store.reading import open_archive
from flowlang.store.sending import Sending
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier

Virtual = trio.testing.MockClock

ANN = "sms:+14155550100"
QUEUE = 10_000  # of the backend; as the shortest of ours
SENT = Done(Outcome("sent", {}))
POLICY = 'policy { allow sms "*" }\n'


def message(number: int, to: str | None = None) -> SendMessage:
    return SendMessage("sms", to or f"sms:+1415{number:07}", f"text {number}", f"key-{number:06}")


def kept(command: SendMessage, number: int) -> Sending:
    return Sending(command.key, "gone", command_to_plain(command), number)


def with_rows(folder: Path, rows: list[Sending]) -> None:
    with SqliteStore(folder) as store:
        for each in rows:
            store.keep_sending(each)
        store.commit()


def states(folder: Path) -> list[str]:
    with open_archive(folder) as archive:
        return [each.state for each in archive.outbox()]


class Small(Carrier):
    """One whose queue has an end; what is in it goes out when it is told."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.most = 0

    def _answer(self, command: SendMessage) -> Result | None:
        self.most = max(self.most, len(self.finishes))
        if len(self.finishes) <= QUEUE:
            return None
        return Done(Outcome("failed", {"reason": "overload"}))

    def carry(self, count: int) -> None:
        """So many go out, the first that came first."""
        for key in list(self.finishes)[:count]:
            self.finishes.pop(key)(SENT)


async def served(
    folder: Path, carrier: Carrier, during: Callable[[flowlang.Engine], None], rounds: int
) -> None:
    async def beside(work: Callable[[], None]) -> None:
        work()

    with SqliteStore(folder) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING, beside=beside) as engine:
            engine.recover()
            await engine.listen()
            during(engine)
            await trio.sleep(1)
            for _ in range(rounds):
                if isinstance(carrier, Small):
                    carrier.carry(PORTION)
                await trio.sleep(1)


def nothing_more(_: flowlang.Engine) -> None:
    pass


async def test_more_than_a_backend_keeps_waiting_all_goes_out_in_order(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    count = QUEUE + 500
    with_rows(tmp_path, [kept(message(each), each) for each in range(count)])
    carrier = Small()
    await served(tmp_path, carrier, nothing_more, count // PORTION + 1)
    assert carrier.most <= PORTION
    assert carrier.sent == [f"text {each}" for each in range(count)]
    assert states(tmp_path) == []


async def test_what_has_not_had_its_turn_at_a_crash_is_open_and_goes_out_at_the_next_start(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    count = PORTION + 200
    with_rows(tmp_path, [kept(message(each), each) for each in range(count)])
    first, second = Small(), Carrier(lambda _: SENT)
    await served(tmp_path, first, lambda _: first.carry(100), 0)
    assert len(first.sent) == PORTION + 100
    assert states(tmp_path) == ["open"] * (count - 100)
    await served(tmp_path, second, nothing_more, 0)
    assert second.sent == [f"text {each}" for each in range(100, count)]
    assert states(tmp_path) == []


async def test_what_is_sent_again_by_hand_goes_in_portions_too_and_once(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    count = PORTION + 200
    rows = [replace(kept(message(each), each), state="failed", reason="no line") for each in range(count)]
    with_rows(tmp_path, rows)

    def retry(engine: flowlang.Engine) -> None:
        assert all(engine.outbox.retry(each.key) for each in rows)
        assert not any(engine.outbox.retry(each.key) for each in rows)

    carrier = Small()
    await served(tmp_path, carrier, retry, 0)
    assert len(carrier.sent) == PORTION
    assert states(tmp_path) == ["open"] * count
    again = Small()
    await served(tmp_path, again, nothing_more, 3)
    assert [each.key for each in again.commands_out] == [f"{each.key}.1" for each in rows]
    assert states(tmp_path) == []


async def test_nothing_new_overtakes_what_waits_for_him_and_others_do_not_wait(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    rows = [kept(message(each), each) for each in range(PORTION)]
    rows.append(kept(message(PORTION, ANN), PORTION))
    with_rows(tmp_path, rows)

    def start(engine: flowlang.Engine) -> None:
        for name, number in (("ann", ANN), ("bob", "sms:+14155550199")):
            text = f'flow {name} {{ sms(to: "{number.removeprefix("sms:")}", text: "{name}") }}'
            engine.load_text(POLICY + text, name)
            engine.start(name)

    carrier = Small()
    await served(tmp_path, carrier, start, 3)
    assert carrier.sent[PORTION:] == ["bob", f"text {PORTION}", "ann"]
    assert states(tmp_path) == []


@pytest.mark.parametrize("at_once", [False, True])
def test_each_makes_room_once(at_once: bool) -> None:
    portions, begun = Portions(), list[Callable[[], None]]()

    def begin(over: Callable[[], None]) -> None:
        begun.append(over)
        if at_once:
            over()
        over()

    portions.hold()
    for each in range(3 * PORTION):
        portions.add(message(each), begin if at_once else begun.append)
    assert portions.waits(message(0))
    assert not begun
    portions.let_go()
    assert len(begun) == (3 * PORTION if at_once else PORTION)
    for over in begun[:10]:
        over()
        over()
    assert len(begun) == (3 * PORTION if at_once else PORTION + 10)
    assert portions.waits(message(3 * PORTION - 1)) is not at_once
    assert not portions.waits(message(0))
