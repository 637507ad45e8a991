"""The keys of secrets: files outside the data folder, so that a copy of that folder tells none.

There is one for each month, so that secrets are gone when their key is, wherever copies of the store lie, and
one for the values that outlive all months. A key is on disk, whole, before anything is encrypted under it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flowlang.model.values import SECOND

from .errors import StoreError
from .files import write_whole

_SIZE = 32  # bytes: AES-256
_SUFFIX = ".key"
LASTING = "values"
"""The key that no retention drops: of what scripts keep until they replace it."""


def default_keys() -> Path:
    """FLOWLANG_KEYS, else by the XDG Base Directory Specification: what is the user's own, and worth a copy
    to another place than the data's."""
    if given := os.environ.get("FLOWLANG_KEYS"):
        return Path(given)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "flowlang" / "keys"


class Keys:
    """Those of one store, in a folder of its name; nothing is made before it is needed."""

    def __init__(self, folder: Path, store: str) -> None:
        self._folder = folder / store
        self._known: dict[str, bytes] = {}

    def current(self, now: float) -> tuple[str, bytes]:
        """The name and key of the month of a time, in seconds since 1970-01-01 UTC. Raises `StoreError` where
        it can be neither read nor written."""
        name = f"{datetime.fromtimestamp(now, UTC):%Y-%m}"
        return name, self.named(name)

    def named(self, name: str) -> bytes:
        """The key of that name, made where there is none. Raises as `current`."""
        return self.find(name) or self._made(name)

    def probe(self, now: float) -> None:
        """Raises `StoreError` where no key could be had now. Leaves an empty folder at most."""
        name = f"{datetime.fromtimestamp(now, UTC):%Y-%m}"
        if self.find(name) is None:
            try:
                self._written(self._path(name), b"").unlink()
            except OSError as error:
                raise self._not_made(name, error) from None

    def find(self, name: str) -> bytes | None:
        """The key of that name, `None` where it is not there."""
        if name not in self._known:
            path = self._path(name)
            try:
                key = bytes.fromhex(path.read_text(encoding="ascii"))
            except FileNotFoundError:
                return None
            except (OSError, ValueError) as error:
                raise StoreError(f"{path}: this key cannot be used: {error}") from None
            if len(key) != _SIZE:
                raise StoreError(f"{path}: this is no key of {_SIZE} bytes")
            self._known[name] = key
        return self._known[name]

    def drop_before(self, at: int, needed: Callable[[int], bool] = lambda _end: False) -> list[str]:
        """Deletes those of months that were over by then (microseconds since 1970-01-01 UTC), the oldest
        first, up to one that is needed: `needed` is asked with the end of its month. What was encrypted under
        them is gone. Their names."""
        first = f"{datetime.fromtimestamp(at / SECOND, UTC):%Y-%m}"
        dropped: list[str] = []
        known = (each.stem for each in self._folder.glob(f"[0-9][0-9][0-9][0-9]-[01][0-9]{_SUFFIX}"))
        for name in sorted(each for each in known if each < first):
            if needed(_end_of(name)):
                break
            self._path(name).unlink(missing_ok=True)
            self._known.pop(name, None)
            dropped.append(name)
        return dropped

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _made(self, name: str) -> bytes:
        key, path = secrets.token_bytes(_SIZE), self._path(name)
        try:
            self._written(path, key.hex().encode()).rename(path)
            folder = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._not_made(name, error) from None
        self._known[name] = key
        return key

    def _written(self, path: Path, text: bytes) -> Path:
        """A file beside that one, on disk with all of the text; nothing is left of one that could not be
        written."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = path.with_suffix(f".{secrets.token_hex(4)}.new")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            write_whole(file, text)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        finally:
            os.close(file)
        return new

    def _not_made(self, name: str, error: OSError) -> StoreError:
        return StoreError(f"{self._path(name)}: the key of secrets cannot be made: {error.strerror}")


def _end_of(month: str) -> int:
    year, number = int(month[:4]), int(month[5:])
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return round(end.timestamp()) * SECOND
