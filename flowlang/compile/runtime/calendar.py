"""Built-in functions of wall clocks and calendars: `local`, `instant`, `holiday`.

A time of the language is a point on UTC's line; only here does it meet a time zone. Pure: the same for the
same arguments, as long as the tables of zones and holidays stay the same. Holidays are loaded when they are
first asked for, for their tables take half a second.
"""

from __future__ import annotations

import datetime
import re
from datetime import UTC, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from flowlang.model.values import SECOND, Time, Value, type_name

from .faults import Fault

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WALL_CLOCK = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?\Z", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z", re.ASCII)
_CALENDARS_KEPT = 32  # of countries; with all their years some 400 KiB each
_YEARS = range(1900, 2101)
"""In which the tables of holidays are any good."""


def local(time: Any, zone: Any) -> dict[str, Value]:
    """What calendar and clock show at a time in a zone."""
    if type(time) is not Time:
        raise Fault("type", f"`local` takes a time, not {type_name(time)}")
    try:
        there = (_EPOCH + timedelta(microseconds=time.microseconds)).astimezone(_zone("local", zone))
    except OverflowError:
        raise Fault("value", "this time is in no calendar: years have four digits") from None
    return {
        "year": there.year,
        "month": there.month,
        "day": there.day,
        "weekday": _DAYS[there.weekday()],
        "hour": there.hour,
        "minute": there.minute,
        "second": there.second,
        "date": there.date().isoformat(),
    }


def instant(text: Any, zone: Any) -> Time:
    """The time at which clocks in a zone show it. Where clocks are set back the first of the two; where they
    are set forward over it, as long after the gap's beginning as it says."""
    place = _zone("instant", zone)
    match = _WALL_CLOCK.match(_text("instant", text))
    if match is None:
        raise Fault("value", f"`instant` takes a time such as `2026-12-25 10:00`, not `{_shown(text)}`")
    year, month, day, hour, minute, second = (int(each or 0) for each in match.groups())
    try:
        # fold=0 is the first of two; in a gap it counts on with the offset from before (PEP 495).
        there = datetime.datetime(year, month, day, hour, minute, second, tzinfo=place)
        since = there.astimezone(UTC) - _EPOCH
    except (ValueError, OverflowError):
        raise Fault("value", f"no calendar and clock show `{_shown(text)}`") from None
    return Time((since.days * 86_400 + since.seconds) * SECOND)


_OF_THE_HOST = frozenset({"localtime", "posixrules", "Factory"})
"""Files beside the zones that tell of this machine: with them equal inputs would not give equal values."""


def holiday(date: Any, country: Any, subdivision: Any = None) -> str | None:
    """The name of the public holiday that a date is in a country; none if it is none."""
    match = _DATE.match(_text("holiday", date))
    where = _text("holiday", country)
    part = None if subdivision is None else _text("holiday", subdivision)
    if match is None:
        raise Fault("value", f"`holiday` takes a date such as `2026-12-25`, not `{_shown(date)}`")
    try:
        day = datetime.date(*map(int, match.groups()))
    except ValueError:
        raise Fault("value", f"no calendar has the date `{_shown(date)}`") from None
    if day.year not in _YEARS:
        raise Fault("value", f"holidays are known from {_YEARS[0]} to {_YEARS[-1]}, not in {day.year}")
    return _calendar(where, part).get(day)


@lru_cache(_CALENDARS_KEPT)
def _calendar(country: str, subdivision: str | None) -> Any:
    """The holidays of a country; it works out a year when it is first asked for a day of it."""
    from holidays import country_holidays
    from holidays.utils import list_supported_countries

    known = (
        list_supported_countries()
    )  # the package looks a country up by its attributes: only these may be named
    try:
        if country not in known or (subdivision is not None and subdivision not in known[country]):
            raise NotImplementedError
        return country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        where = _shown(country if subdivision is None else f"{country}, {subdivision}")
        raise Fault(
            "value", f"no holidays are known for `{where}`; a country is written as in `US` (ISO 3166-1)"
        ) from None


@cache
def _zones() -> frozenset[str]:
    """Looked up once: a name that is none costs as little as one that is."""
    return frozenset(available_timezones() - _OF_THE_HOST)


def _zone(what: str, zone: Any) -> ZoneInfo:
    name = _text(what, zone)
    try:
        if name in _zones():
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise Fault("value", f"there is no time zone `{_shown(name)}`; they are written as in `Europe/London`")


def _text(what: str, value: Any) -> str:
    if type(value) is str:
        return value
    raise Fault("type", f"`{what}` does not take {type_name(value)}")


def _shown(text: str) -> str:
    """Text of a script's for a message of one line."""
    return text[:40] if text.isprintable() else "…"
