"""What became of texts that break programs, counted: a test tells it, and `make naughty` shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

Record = Callable[[str, object], None]
"""pytest's `record_property`."""


@dataclass
class Counted:
    """Of one field: how many texts it was `given`, how many messages or requests `left`, and what of them was
    not ours: `headers`, `recipients`, and `commands`, parts or requests."""

    given: int
    left: int = 0
    headers: int = 0
    recipients: int = 0
    commands: int = 0

    def hold(self, record: Record, field: str) -> None:
        """Tells it, and fails where anything is not ours."""
        record("counted", {"field": field, **asdict(self)})
        assert (self.headers, self.recipients, self.commands) == (0, 0, 0), self
