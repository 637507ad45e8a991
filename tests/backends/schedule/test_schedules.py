"""Schedules on a virtual clock: time zones, clocks put forward and back, and what was missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
import trio
from cronsim import CronSim
from trio.testing import MockClock

from flowlang.backends.border import Refusal
from flowlang.backends.schedule import KIND, Cron, CronError, Marks, Schedule, ScheduleBackend
from tests.backends.host import TestHost
from tests.backends.making import make, mistake


def micros(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def on(schedule: str, zone: str, begin: str, many: int) -> list[str]:
    cron, at, found = Cron(schedule, zone), micros(begin), []
    for _ in range(many):
        following = cron.after(at)
        assert following is not None
        at = following
        found.append(datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%d %H:%M"))
    return found


def test_a_time_that_does_not_exist_comes_at_the_end_of_the_gap() -> None:
    assert on("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00Z", 3) == ["28 01:30", "29 01:00", "30 00:30"]


def test_a_time_that_comes_twice_is_taken_once() -> None:
    assert on("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2) == ["25 00:30", "26 01:30"]


def test_every_hour_means_every_hour_also_when_the_clock_changes() -> None:
    assert on("0 * * * *", "Europe/Berlin", "2026-10-24T23:30Z", 4) == [
        "25 00:00", "25 01:00", "25 02:00", "25 03:00",
    ]  # fmt: skip
    assert on("0 * * * *", "Europe/Berlin", "2026-03-29T00:00Z", 2) == ["29 01:00", "29 02:00"]


@pytest.mark.parametrize(
    ("cron", "zone", "why"),
    [
        ("61 * * * *", "UTC", "it is no cron expression: bad minute"),
        ("* * * *", "UTC", "it has five fields"),
        ("* " * 500, "UTC", "it has five fields"),
        ("* * * * *", "Europe/Atlantis", 'there is no time zone "Europe/Atlantis"'),
        ("* * * * *", "../../etc/passwd", "there is no time zone"),
        ("* * * * *", "Europe", "there is no time zone"),
    ],
)
def test_what_is_no_schedule_is_told(cron: str, zone: str, why: str) -> None:
    with pytest.raises(CronError, match=why.replace("*", r"\*")):
        Cron(cron, zone)


class Counted:
    """How many times cronsim looked for."""

    def __enter__(self) -> Self:
        self.steps, self._step = 0, CronSim.__next__

        def counting(found: CronSim) -> datetime:
            self.steps += 1
            return self._step(found)

        CronSim.__next__ = counting  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        CronSim.__next__ = self._step  # type: ignore[method-assign]


def virtual(begin: str) -> Callable[[], int]:
    return lambda: micros(begin) + int(trio.current_time() * 1_000_000)


def begun(host: TestHost) -> list[str]:
    return [str(each.data["due"]) for each in host.offered]  # type: ignore[index, call-overload]


async def follow(host: TestHost, schedule: Schedule, marks: Marks, hours: float) -> None:
    with trio.move_on_after(hours * 3_600):
        await ScheduleBackend({"nightly": schedule}, marks).run(host)


async def test_each_time_begins_one_flow(autojump_clock: MockClock) -> None:
    host = TestHost(clock=virtual("2026-03-27T12:00Z"))
    await follow(host, Schedule(Cron("30 2 * * *", "Europe/Berlin")), Marks(), 72)
    assert begun(host) == ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    (first, *_) = host.offered
    assert (first.channel, first.to, first.source) == ("schedule", "nightly", "nightly")


@pytest.mark.parametrize(
    ("catch_up", "missed"),
    [
        ("none", []),
        ("last", ["2026-03-28T11:00:00Z"]),
        ("all", ["2026-03-28T09:00:00Z", "2026-03-28T10:00:00Z", "2026-03-28T11:00:00Z"]),
    ],
)
async def test_what_was_missed_is_caught_up_as_the_rule_says(
    autojump_clock: MockClock, tmp_path: Path, catch_up: str, missed: list[str]
) -> None:
    schedule = Schedule(Cron("0 * * * *", "UTC"), catch_up)  # type: ignore[arg-type]
    path = tmp_path / "data" / "marks.json"
    host = TestHost(clock=virtual("2026-03-28T07:30Z"))
    await follow(host, schedule, Marks(path), 1)
    assert begun(host) == ["2026-03-28T08:00:00Z"]
    host = TestHost(clock=virtual("2026-03-28T10:30Z"))  # an hour of virtual time has passed
    await follow(host, schedule, Marks(path), 1)
    assert begun(host) == [*missed, "2026-03-28T12:00:00Z"]


async def test_a_machine_that_slept_misses_what_came_meanwhile(autojump_clock: MockClock) -> None:
    slept = timedelta(hours=5) // timedelta(microseconds=1)
    base, cron = virtual("2026-03-28T07:30Z"), Cron("0 * * * *", "UTC")

    def clock() -> int:
        return base() + (slept if trio.current_time() > 600 else 0)

    host, host_all = TestHost(clock=clock), TestHost(clock=clock)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow, host, Schedule(cron), Marks(), 1)
        nursery.start_soon(follow, host_all, Schedule(cron, "all"), Marks(), 1)
    assert begun(host) == ["2026-03-28T13:00:00Z"]
    assert len(begun(host_all)) == 6


async def test_a_time_that_nobody_takes_is_over_too(autojump_clock: MockClock) -> None:
    host = TestHost(clock=virtual("2026-03-28T07:30Z"), answer=lambda _: Refusal(404))
    await follow(host, Schedule(Cron("0 * * * *", "UTC")), Marks(), 2)
    assert len(host.offered) == 2


async def test_a_time_that_the_engine_cannot_take_now_is_tried_again_and_not_marked(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    schedule, path = Schedule(Cron("0 * * * *", "UTC"), "all"), tmp_path / "marks.json"
    host = TestHost(clock=virtual("2026-03-28T07:30Z"), answer=lambda _: Refusal(503))
    await follow(host, schedule, Marks(path), 0.51)  # the engine stops, and takes nothing more
    assert set(begun(host)) == {"2026-03-28T08:00:00Z"}
    host = TestHost(clock=virtual("2026-03-28T07:31Z"))
    busy = [Refusal(503)] * 3
    host.answer = lambda _: busy.pop() if busy else None
    await follow(host, schedule, Marks(path), 0.5)
    assert begun(host) == ["2026-03-28T08:00:00Z"] * 4
    await follow(host, schedule, Marks(path), 0.1)
    assert len(begun(host)) == 4


@pytest.mark.parametrize(
    "cron", ["*/30 * * * *", "30 2 * * *", "15,45 0,2 * * *", "10 * 1 * *", "0 3 * * sun"]
)
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Africa/Cairo", "2026-10-30"),
    ],
)
def test_the_newest_times_of_a_span_are_those_that_come_one_after_another(
    cron: str, zone: str, day: str
) -> None:
    made, begin = Cron(cron, zone), micros(f"{day}T00:00Z") - 86_400_000_000
    expected: list[int] = []
    for minutes in range(0, 3 * 1_440, 71):
        until = begin + minutes * 60_000_000 + minutes % 2
        at = expected[-1] if expected else begin
        while (following := made.after(at)) is not None and following <= until:
            expected.append(following)
            at = following
        assert made.between(begin, until, 1_000) == expected
        assert made.between(begin, until, 1) == expected[-1:]


def test_a_year_of_minutes_is_looked_back_upon_at_once() -> None:
    now = micros("2026-11-21T00:00Z")
    looks = Cron("* * * * *", "Europe/London")
    with Counted() as counted:
        assert len(looks.between(now - 365 * 86_400_000_000, now, 100)) == 100
    assert counted.steps < 1_000


def test_broken_marks_count_as_none(tmp_path: Path) -> None:
    for text in ("", "[1]", '{"a": "b", "c": true}', "\x00"):
        (tmp_path / "marks.json").write_text(text)
        assert Marks(tmp_path / "marks.json").get("a") is None


def test_it_is_made_of_flow_toml(tmp_path: Path) -> None:
    made = make(KIND, '[schedules.nightly]\ncron = "0 2 * * *"\nzone = "Europe/London"\n', tmp_path)
    assert made.channels == {"schedule"}
    lines = '[schedules.nightly]\ncron = "0 2 * * *"\nzone = "Europe/Nowhere"\n'
    assert mistake(KIND, lines, tmp_path)[1] == ("schedules", "nightly", "zone")
    lines = '[schedules.nightly]\ncron = "0 25 * * *"\nzone = "UTC"\n'
    assert mistake(KIND, lines, tmp_path) == (
        "it is no cron expression: bad hour", ("schedules", "nightly", "cron"),
    )  # fmt: skip
