"""Messages that an SMSC sends again because the connection broke before it had our answer.

SMPP gives what comes in no id, so we make one. A message is the same as one before, and gets its id, where
the older came on a connection that broke within `DOUBT` seconds of it and all that it says is equal: whoever
writes the same twice writes it on one connection, or later.
"""

from __future__ import annotations

from collections.abc import Callable

from .incoming import Text

DOUBT = 60.0
_MOST = 1_000


class Again:
    """`new_id` makes ids."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._came: list[tuple[float, Text, str]] = []
        self._doubtful: list[tuple[float, Text, str]] = []

    def id_of(self, text: Text, now: float) -> str:
        """The id of what came."""
        for place, (until, before, found) in enumerate(self._doubtful):
            if before == text and now < until:
                del self._doubtful[place]
                return found
        message_id = self._new_id()
        self._came.append((now, text, message_id))
        del self._came[:-_MOST]
        return message_id

    def lost(self, now: float) -> None:
        """The connection broke."""
        recent = [(now + DOUBT, text, each) for at, text, each in self._came if now - at < DOUBT]
        self._doubtful = [*(each for each in self._doubtful if now < each[0]), *recent][-_MOST:]
        self._came.clear()
