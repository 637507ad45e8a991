"""How an action ended, as a backend tells it."""

from __future__ import annotations

from typing import final

from msgspec import Struct

from .values import Outcome, Value


@final
class Done(Struct, frozen=True):
    """It ended by itself; `value` is its outcome or `None`."""

    value: Value = None


@final
class Failed(Struct, frozen=True):
    """It could not be done: a fault in the script. `code` is a stable word such as `prompt_missing`, `text`
    one line."""

    code: str
    text: str


Result = Done | Failed


def failed(reason: str, detail: str = "") -> Done:
    """It ended with the outcome `failed` of what sends something; `reason` is one of the words of that."""
    return Done(Outcome("failed", {"reason": reason, "detail": detail}))
