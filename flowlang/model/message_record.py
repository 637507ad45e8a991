"""The message record: what is kept of each message that came or went, without what it said."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

MessageState = Literal["accepted", "unknown", "sent", "failed", "delivered", "read"]


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One message. Times are microseconds since 1970-01-01 UTC, `None` where it never came to that.

    `key` names it and no other, `message` is what its carrier calls it. `flow` and `activeflow` are those
    that sent it, or to which it came, `route_line` that of the route by which the activeflow began. `parts`
    is how many short messages it makes.

    One that goes out is `accepted` as of `started`, when its activeflow gave it out; `sent`, when its carrier
    took it; `delivered` and `read` as carriers report it; `failed` when it was given up, `unknown` when
    nobody can tell. One that comes in is `delivered` when an activeflow has it, else `failed`. `cause` says
    why.
    """

    key: str
    started: int
    direction: Literal["in", "out"]
    channel: str
    source: str | None
    to: str
    activeflow: str | None
    flow: str | None
    route_line: int | None
    parts: int
    message: str | None = None
    sent: int | None = None
    delivered: int | None = None
    read: int | None = None
    failed: int | None = None
    unknown: int | None = None
    cause: str | None = None

    @property
    def state(self) -> MessageState:
        """What is known of it: of a delivery and a failure what was told last."""
        if self.read is not None:
            return "read"
        if self.delivered is not None and self.delivered >= (self.failed or 0):
            return "delivered"
        if self.failed is not None:
            return "failed"
        if self.sent is not None:
            return "sent"
        return "unknown" if self.unknown is not None else "accepted"

    def to_plain(self) -> dict[str, Any]:
        """One JSON object, times as they are and `state` with them."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return plain | {"state": self.state}
