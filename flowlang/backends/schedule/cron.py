"""Times of a cron expression in a time zone, as Debian's cron has them.

Where the clock is put forward a time that does not exist comes at the end of the gap; where it is put back a
time that comes twice is taken the first time, unless the expression means every hour or minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CLOCKS_CHANGE = timedelta(hours=3)
"""More than any clock is put back: walking back by the clock on the wall begins so much later."""
_LONGEST = 200


class CronError(Exception):
    """It is no cron expression, or the time zone is none; the message is one line."""


class Cron:
    """`expression` has five fields: minute, hour, day of month, month, day of week. Raises `CronError`."""

    def __init__(self, expression: str, zone: str) -> None:
        if len(expression) > _LONGEST or len(expression.split()) != 5:
            raise CronError("it has five fields: minute, hour, day of month, month, day of week")
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # the last of a name that is a folder
            raise CronError(f'there is no time zone "{zone[:60]}"; one looks like "Europe/London"') from None
        self._expression = expression
        try:
            CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            text = str(error)
            raise CronError(f"it is no cron expression: {text[:1].lower()}{text[1:]}") from None

    def after(self, at: int) -> int | None:
        """The next time after `at`, both microseconds since 1970; `None` where none comes in 50 years."""
        start = (_EPOCH + at * _MICROSECOND).astimezone(self._zone)
        found = next(CronSim(self._expression, start), None)
        return (found.astimezone(UTC) - _EPOCH) // _MICROSECOND if found is not None else None

    def between(self, after: int, until: int, most: int) -> list[int]:
        """The newest `most` of the times after the one and up to the other."""
        following = self.after(after)
        if following is None or following > until:
            return []
        times: list[int] = []
        start = (_EPOCH + until * _MICROSECOND + _CLOCKS_CHANGE).astimezone(self._zone)
        for each in CronSim(self._expression, start, reverse=True):
            found = (each.astimezone(UTC) - _EPOCH) // _MICROSECOND
            if found <= after or len(times) == most:
                break
            if found <= until:
                times.append(found)
        return times[::-1]
