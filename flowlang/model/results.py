"""How an action ended, as a backend tells it."""

from __future__ import annotations

from dataclasses import dataclass

from .values import Value


@dataclass(frozen=True, slots=True)
class Done:
    """It ended by itself; `value` is its outcome or `None`."""

    value: Value = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done: a fault in the script. `code` is a stable word such as `prompt_missing`, `text`
    one line."""

    code: str
    text: str


Result = Done | Failed
