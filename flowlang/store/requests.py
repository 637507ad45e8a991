"""What was asked of an activeflow while no process ran: `flow stop`, `flow signal` on a folder at rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """`given` is an input as `input_to_plain` makes it, as of when it was asked; `number` is their order. One
    that is encrypted has none, and `missing` says which key it lacks."""

    number: int
    activeflow: str
    given: list[Any]
    missing: str | None = None

    @property
    def what(self) -> str:
        """In words; without a signal's data, which may be a secret of its script."""
        match self.given:
            case [_, _, "SignalReceived", str(name), *_]:
                return f"signal `{name}`"
            case [str(kind), *_]:
                return kind
            case _:
                return "request"
