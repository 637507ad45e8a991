"""What the mails of a thread refer to, so that a reply can name the whole thread."""

from __future__ import annotations

from collections import OrderedDict


class Chains:
    """Of the newest `limit` mails that came in. A reply to one that is forgotten names its parent alone."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._chains: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def add(self, message_id: str, references: tuple[str, ...]) -> None:
        """One came in."""
        self._chains[message_id] = references
        self._chains.move_to_end(message_id)
        if len(self._chains) > self._limit:
            self._chains.popitem(last=False)

    def of(self, message_id: str | None) -> tuple[str, ...]:
        """What it refers to."""
        return self._chains.get(message_id, ()) if message_id is not None else ()
