"""An activeflow as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["live", "ended", "diverged", "parked"]


@dataclass(frozen=True, slots=True)
class Stored:
    """Times are microseconds since 1970-01-01 UTC; `ending` is how it ended, as `ending_to_plain` has it, or
    for one that diverged why. `first` is the row where its journal begins, `last` that of its last entry, of
    one that lives that of some entry before; `ended` is also when one diverged; `due` is when one that is
    parked is to be woken."""

    number: int
    id: str
    build: bytes
    opening: dict[str, Any]
    first: int
    state: State
    began: int
    ended: int | None
    last: int | None
    ending: Any
    due: int | None = None

    @property
    def flow(self) -> str:
        """The flow that it began with, or was handed to."""
        return self.opening["flow"]
