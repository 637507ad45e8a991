"""What is remembered of the mails of a thread: their references, and which a machine wrote."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Known:
    chain: tuple[str, ...]
    automatic: bool


class KnownMails:
    """The newest `limit` mails. Of one that is forgotten a reply names the parent alone."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def add(self, message_id: str, chain: tuple[str, ...], *, automatic: bool) -> None:
        """One came in."""
        self._known[message_id] = _Known(chain, automatic)
        self._known.move_to_end(message_id)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)

    def has(self, message_id: str) -> bool:
        """Whether it came in before."""
        return message_id in self._known

    def chain(self, message_id: str | None) -> tuple[str, ...]:
        """What it refers to."""
        known = self._known.get(message_id) if message_id is not None else None
        return known.chain if known is not None else ()

    def is_automatic(self, message_id: str) -> bool:
        """Whether a machine wrote it."""
        known = self._known.get(message_id)
        return known is not None and known.automatic
