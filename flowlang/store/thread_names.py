"""What the threads of parked activeflows are found by: a digest under the key that goes with no month, which
lies outside the data folder. An address may be a secret, and all telephone numbers there are would soon be
tried on a digest without a key.

Where that key is another one than it was, nothing is found any more: then all that have a thread are awake
from the start.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b

from flowlang.model.secrets import unmarked

from .coding import encode
from .database import Database
from .errors import StoreError
from .keys import Keys

_SIZE = 16  # bytes: of 2^64 threads two would be one
_USE = b"threads"  # the key has other uses, and no digest of one is one of another
_MARK = "SELECT mark FROM threads_key"
_ANY = "SELECT 1 FROM parked_threads LIMIT 1"
_WAKE = """
    UPDATE activeflows SET state = 'live', due = NULL
        WHERE state = 'parked' AND number IN (SELECT activeflow FROM parked_threads);
    DELETE FROM parked_messages WHERE activeflow IN (SELECT activeflow FROM parked_threads);
    DELETE FROM parked_threads;
"""


class ThreadNames:
    """Those of one store."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._key: bytes | None = None
        self._looked = False

    @property
    def can_be_found(self) -> bool:
        """Whether there is a key: else nobody is parked with a thread."""
        if not self._looked:
            self._looked = True
            with suppress(StoreError):  # as where there is none
                found = self._keys.find_lasting()
                self._key = found[1] if found is not None else None
        return self._key is not None

    @property
    def mark(self) -> bytes:
        """Tells this key from another one. Raises `StoreError` where there can be none."""
        return self._digest()

    def of(self, channel: str, person: str, ours: str | None) -> bytes:
        """That of a thread; the addresses as of `same_person`, `None` for the operator's default. Raises as
        `mark`."""
        return self._digest(channel, person, ours or "")

    def _digest(self, *said: str) -> bytes:
        if self._key is None:
            _, self._key = self._keys.lasting()
        text = encode(unmarked(said)).encode()
        return blake2b(text, digest_size=_SIZE, key=self._key, person=_USE).digest()


def wake_those_not_found(db: Database, names: ThreadNames) -> None:
    """Nobody is parked with a thread under another key. Raises `DatabaseError`, `StoreError`."""
    if db.value(_ANY) is None or (names.can_be_found and db.value(_MARK) == names.mark):
        return
    db.begin()
    db.execute(_WAKE)
    db.commit()
