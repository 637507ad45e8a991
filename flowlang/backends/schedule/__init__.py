"""Schedules: times at which flows begin."""

from .backend import Schedule, ScheduleBackend
from .cron import Cron, CronError
from .kind import KIND
from .marks import Marks

__all__ = ["KIND", "Cron", "CronError", "Marks", "Schedule", "ScheduleBackend"]
