"""`std/hours` against Python's own calendar: any hours, in zones whose clocks are set forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from flowlang.core import Script
from flowlang.core.routing import Bystander
from flowlang.diagnostics import Source
from flowlang.engine.loading import compiled
from flowlang.model.actions import ACTIONS
from flowlang.model.values import SECOND, Time, Value
from flowlang.resources import stdlib_path

ZONES = ("America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def hours() -> Script:
    path = stdlib_path() / "hours.flow"
    return compiled(Source("std/hours", path.read_text(encoding="utf-8")), ACTIONS, (), None)[0]


def call(function: str, **arguments: Value) -> Value:
    """Calls a function of the module."""
    given_ = {f"v_{name}": value for name, value in arguments.items()}
    return hours().namespace[f"g_{function}"](Bystander(), 0, **given_)


def at(moment: datetime) -> Time:
    return Time(int((moment - EPOCH).total_seconds()) * SECOND)


quarters = st.integers(0, 95)


def shown(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


@given(
    st.sampled_from(ZONES),
    st.sampled_from(DAYS),
    quarters,
    quarters,
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(microsecond=0)),
)
def test_contains_is_what_the_clock_on_the_wall_says(
    zone: str, day: str, opens: int, closes: int, moment: datetime
) -> None:
    week = call("weekly", zone=zone, week=f"{day} {shown(opens)}-{shown(closes)}")
    time = moment.replace(tzinfo=UTC)
    there = time.astimezone(ZoneInfo(zone))
    today, yesterday = DAYS[there.weekday()], DAYS[there.weekday() - 1]
    minute = there.hour * 60 + there.minute
    if opens < closes:
        within = today == day and opens * 15 <= minute < closes * 15
    else:
        within = (today == day and opens * 15 <= minute) or (yesterday == day and minute < closes * 15)
    assert call("contains", hours=week, time=at(time)) is within


@given(
    st.sampled_from(ZONES),
    st.lists(st.tuples(st.sampled_from(DAYS), quarters, quarters), min_size=1, max_size=4),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
)
def test_the_next_opening_is_open_and_nothing_before_it(
    zone: str, spans: list[tuple[str, int, int]], moment: datetime
) -> None:
    week = ", ".join(f"{day} {shown(opens)}-{shown(closes)}" for day, opens, closes in spans)
    value = call("weekly", zone=zone, week=week)
    time = moment.replace(tzinfo=UTC, second=0, microsecond=0)
    opening = call("next_opening", hours=value, time=at(time))
    assert isinstance(opening, Time)
    assert opening >= at(time)
    found = EPOCH + timedelta(microseconds=opening.microseconds)
    if found != time:
        between = time + (found - time) / 2
        for before in (time, between.replace(second=0, microsecond=0), found - timedelta(minutes=1)):
            if before >= time:
                assert call("contains", hours=value, time=at(before)) is False
