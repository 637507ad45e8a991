"""Wall clocks, calendars and telephone numbers: what `local`, `instant`, `holiday` and `phone` give."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.compile.runtime.calendar import holiday, instant, local
from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.numbering import phone
from flowlang.model.values import SECOND, Time

NEW_YORK = "America/New_York"


def utc(text: str) -> Time:
    return instant(text, "UTC")


def test_local_is_what_clocks_and_calendars_show() -> None:
    assert local(utc("2026-12-25 04:30:05"), NEW_YORK) == {
        "year": 2026, "month": 12, "day": 24, "weekday": "thu", "hour": 23, "minute": 30, "second": 5,
        "date": "2026-12-24",
    }  # fmt: skip


ZONES = ["UTC", NEW_YORK, "Asia/Kathmandu", "Australia/Lord_Howe"]


@given(st.integers(0, 4_000_000_000), st.sampled_from(ZONES))
def test_instant_undoes_local_but_for_the_hour_that_comes_twice(seconds: int, zone: str) -> None:
    there = local(Time(seconds * SECOND), zone)
    text = f"{there['date']} {there['hour']:02}:{there['minute']:02}:{there['second']:02}"
    found = instant(text, zone)
    assert local(found, zone) == there
    assert Time(seconds * SECOND - 3600 * SECOND) <= found <= Time(seconds * SECOND)


def test_of_two_times_that_clocks_show_the_first_is_meant() -> None:
    assert instant("2026-11-01 01:30", NEW_YORK) == utc("2026-11-01 05:30")


def test_a_time_that_clocks_leave_out_counts_on_from_the_gap() -> None:
    assert instant("2026-03-08 02:30", NEW_YORK) == utc("2026-03-08 07:30")
    assert local(instant("2026-03-08 02:30", NEW_YORK), NEW_YORK)["hour"] == 3


def test_a_holiday_has_a_name_by_country_and_part_of_it() -> None:
    assert holiday("2026-12-25", "US") == "Christmas Day"
    assert holiday("2026-12-24", "US") is None
    assert holiday("2026-01-06", "DE") is None
    assert holiday("2026-01-06", "DE", "BY") is not None


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("(415) 555-0100", "US", "+14155550100"),
        ("020 7946 0000", "GB", "+442079460000"),
        ("+49 30 123456", None, "+4930123456"),
        ("020 7946 0000", None, None),
        ("12", "US", None),
        ("call me", "US", None),
        ("4" * 10_000, "US", None),
    ],
)
def test_a_number_as_people_write_it_becomes_e164(
    written: str, region: str | None, number: str | None
) -> None:
    assert phone(written, region) == number


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: local(utc("2026-01-01 00:00"), "Mars/Olympus"), "value"),
        (lambda: local(utc("2026-01-01 00:00"), "../../etc/passwd"), "value"),
        (lambda: local(utc("2026-01-01 00:00"), "/etc/localtime"), "value"),
        (lambda: local(utc("2026-01-01 00:00"), "Europe"), "value"),
        (lambda: local(Time(10**18), "UTC"), "value"),
        (lambda: local("2026-01-01", "UTC"), "type"),
        (lambda: instant("tomorrow", "UTC"), "value"),
        (lambda: instant("2026-02-30 10:00", "UTC"), "value"),
        (lambda: instant("2026-02-03 24:00", "UTC"), "value"),
        (lambda: instant("0001-01-01 00:00", "Asia/Tokyo"), "value"),
        (lambda: instant(5, "UTC"), "type"),
        (lambda: holiday("2026-12-25", "XX"), "value"),
        (lambda: holiday("2026-12-25", "US", "Nowhere"), "value"),
        (lambda: holiday("2026-13-25", "US"), "value"),
        (lambda: holiday("25 December", "US"), "value"),
        (lambda: phone("1", "Atlantis"), "value"),
        (lambda: phone(5), "type"),
    ],
)
def test_what_makes_no_sense_is_a_fault_of_one_line(call: object, code: str) -> None:
    with pytest.raises(Fault) as raised:
        call()  # type: ignore[operator]
    assert raised.value.code == code
    assert raised.value.text.isprintable()


def test_tables_are_loaded_only_when_somebody_asks() -> None:
    probe = "import sys, flowlang.compile; print({'holidays', 'phonenumbers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
