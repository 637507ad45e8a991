"""What leaves and may not be lost on its way: an entry of the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .coding import DAMAGED
from .sealing import key_missing

SendingState = Literal["open", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Sending:
    """`command` is plain data as `command_to_plain` makes it, `key` its key, by which a peer that knows keys
    does it once. `open` is one of which is not known what became of it; one that `failed` did not go out, one
    that is `unknown` may have. `tries` counts those by hand. `since` is when it was given out, or given up,
    in microseconds since 1970-01-01 UTC."""

    key: str
    activeflow: str
    command: dict[str, Any]
    since: int
    state: SendingState = "open"
    tries: int = 0
    reason: str | None = None

    @property
    def unsendable(self) -> str | None:
        """Why it cannot be sent, for one that is damaged or has a secret whose key is gone; else `None`."""
        if DAMAGED in self.command:
            return "it is damaged on disk"
        why = key_missing(self.command)
        return None if why is None else f"it has {why}"
