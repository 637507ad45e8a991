"""The keys of secrets: files outside the data folder, so that a copy of that folder tells none.

There is one for each month, so that secrets are gone when their key is, wherever copies of the store lie, and
one for the values that outlive all months. A key is on disk, whole, before anything is encrypted under it.
Each name ends at random, and what is encrypted names its key in full: where one is missing and another is
made, both can lie beside each other as soon as the first one is back.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flowlang.model.values import SECOND

from .errors import StoreError
from .files import write_whole

_SIZE = 32  # bytes: AES-256
_TAIL = 4  # bytes: a use has few keys
_SUFFIX = ".key"
_of_a_month = re.compile(r"[0-9]{4}-[01][0-9](-|$)", re.ASCII).match
_LASTING = "values"

Named = tuple[str, bytes]
"""The name of a key, and the key."""


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
        self._used: dict[str, str] = {}  # the names that are in use, by how they begin

    def current(self, now: float) -> Named:
        """That of the month of a time, in seconds since 1970-01-01 UTC, made where there is none. Raises
        `StoreError` where it can be neither read nor written."""
        return self._in_use(_month(now)) or self._made(_month(now))

    def lasting(self) -> Named:
        """The one that no retention drops, for what scripts keep until they replace it; made where there is
        none. Raises as `current`."""
        return self.find_lasting() or self._made(_LASTING)

    def find_lasting(self) -> Named | None:
        """As `lasting`; `None` where there is none."""
        return self._in_use(_LASTING)

    def probe(self, now: float) -> None:
        """Raises `StoreError` where no key could be had now. Leaves an empty folder at most."""
        if self._in_use(_month(now)) is None:
            path = self.path(_month(now))
            try:
                self._written(path, b"").unlink()
            except OSError as error:
                raise _not_made(path, error) from None

    def find(self, name: str) -> bytes | None:
        """The key of that name, `None` where it is not there."""
        if name not in self._known:
            path = self.path(name)
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
        them is gone. Their names; none while the folder cannot be read, which ends no service."""
        first = _month(at / SECOND)
        dropped: list[str] = []
        try:
            months = list(filter(_of_a_month, self._names()))
        except StoreError:
            return []
        for name in sorted(each for each in months if each[: len(first)] < first):
            month = name[: len(first)]
            if needed(_end_of(month)):
                break
            self.path(name).unlink(missing_ok=True)
            self._known.pop(name, None)
            self._used.pop(month, None)
            dropped.append(name)
        return dropped

    def path(self, name: str) -> Path:
        """Where the key of that name is, or would be."""
        return self._folder / f"{name}{_SUFFIX}"

    def _names(self) -> list[str]:
        """Of all that are there."""
        try:
            return [path.stem for path in self._folder.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self._folder}: these keys cannot be used: {error.strerror}") from None

    def _in_use(self, use: str) -> Named | None:
        """The key for that; of several the first by name, so that it is the same each time."""
        name = self._used.get(use)
        if name is None:
            name = min((each for each in self._names() if each.startswith(f"{use}-")), default=None)
        key = self.find(name) if name is not None else None
        if name is None or key is None:
            return None
        self._used[use] = name
        return name, key

    def _made(self, use: str) -> Named:
        name = f"{use}-{secrets.token_hex(_TAIL)}"
        key, path = secrets.token_bytes(_SIZE), self.path(name)
        try:
            self._written(path, key.hex().encode()).rename(path)
            folder = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _not_made(path, error) from None
        self._known[name], self._used[use] = key, name
        return name, key

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


def _not_made(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path}: the key of secrets cannot be made: {error.strerror}")


def _month(now: float) -> str:
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m}"


def _end_of(month: str) -> int:
    year, number = int(month[:4]), int(month[5:])
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return round(end.timestamp()) * SECOND
