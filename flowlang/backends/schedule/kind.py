"""What an operator sets of schedules; `docs/backends.md` shows it."""

from __future__ import annotations

import re

from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.shapes import Choice, Named, Table, Text, Told

from .backend import Schedule, ScheduleBackend
from .cron import Cron, CronError
from .marks import Marks

_SCHEDULE = Table(
    {
        "cron": Told(Text(), "minute, hour, day of month, month, day of week"),
        "zone": Told(Text(), 'the time zone, as in "Europe/London"'),
        "catch_up": Told(Choice(("none", "last", "all")), "which times that were missed are made up; `none`"),
    },
    frozenset({"cron", "zone"}),
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


def _schedules(section: Section) -> dict[str, Schedule]:
    schedules: dict[str, Schedule] = {}
    for name, given in section.settings["schedules"].items():
        try:
            cron = Cron(given["cron"], given["zone"])
        except CronError as error:
            setting = "zone" if "time zone" in str(error) else "cron"
            raise SettingsError(str(error), "schedules", name, setting) from None
        schedules[name] = Schedule(cron, given.get("catch_up", "none"))
    return schedules


def _make(section: Section) -> ScheduleBackend:
    data = section.surroundings.data
    marks = Marks(data / f"schedule-{section.name}.json" if data is not None else None)
    return ScheduleBackend(_schedules(section), marks)


KIND = BackendKind(
    "Times at which flows begin, as cron has them.",
    Table(
        {
            "schedules": Told(
                Named(
                    Told(_SCHEDULE, 'begins what `route schedule to "NAME"` leads to'),
                    "a table of schedules",
                    _NAME,
                ),
                "times of the day",
            )
        },
        frozenset({"schedules"}),
    ),
    _make,
    {},
    _schedules,
    lambda section: {"schedule": frozenset(section.settings["schedules"])},
)
