"""Which reports on a message are news. Carriers repeat them, and bring them in no order: a callback that was
not heard comes again, two pages of a chat each tell of the same message. An activeflow is told each step
once, and only forward: `sent`, then `delivered` and `read`, or `failed`.
"""

from __future__ import annotations

_STEPS = {"sent": 1, "failed": 2, "delivered": 2, "read": 3}
_FAILED = 4  # nothing is behind it
_REMEMBERED = 50_000


class Reports:
    """How far each message is; past so many the oldest are forgotten."""

    def __init__(self) -> None:
        self._reached: dict[str, int] = {}

    def is_news(self, message: str, status: str) -> bool:
        """Whether a message, known as of `threads.sent_key`, is further by this; from now on it is so far."""
        step, reached = _STEPS.get(status, 0), self._reached.get(message, 0)
        if step <= reached:
            return False
        if len(self._reached) >= _REMEMBERED and message not in self._reached:
            del self._reached[next(iter(self._reached))]
        self._reached[message] = _FAILED if status == "failed" else step
        return True
