"""What `at "2026-12-25 10:00 Europe/London"` says: an instant, in a time zone of the IANA database."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flowlang.model.values import SECOND

START = 1_767_607_200 * SECOND
"""When a test begins that does not say: Monday, 5 January 2026, 10:00 UTC."""

_FORM = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?"
    r"(?:\s*(Z|[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*))?\Z"
)


def instant(text: str) -> int:
    """Microseconds since 1970-01-01 UTC. Without a zone it is UTC; of an hour that clocks pass twice it is
    the first. `ValueError` says what is wrong."""
    form = _FORM.match(text.strip())
    if form is None:
        raise ValueError(f'{text!r:.60} is no time; write it as "2026-12-25 10:00 Europe/London"')
    zone = form[7]
    try:
        numbers = [int(form[place] or 0) for place in range(1, 7)]
        local = datetime(*numbers, tzinfo=UTC if zone in (None, "Z", "UTC") else _zone(zone))  # pyright: ignore[reportArgumentType]
    except ValueError as error:
        raise ValueError(f"{text!r:.60} is no time: {error}") from None
    there = local.astimezone(UTC).astimezone(local.tzinfo)
    if there.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"there is no {text!r:.60}: clocks go forward past it")
    return round(local.timestamp()) * SECOND


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # what zoneinfo raises for names that are none
        raise ValueError(f"there is no time zone {name:.40}") from None
