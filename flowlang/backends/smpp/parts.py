"""Parts of long messages that came in, until all are there and the message is kept.

A part is answered before its message is whole, for an SMSC may send the next only then; so it has to outlive
the process by itself, a line each.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .lines import Lines

Key = tuple[str, str, int, int]
"""Who, to whom, the reference, of how many parts."""

_MOST_OPEN = 1_000
_WAITS = 600.0
"""Seconds for the rest of a message."""


@dataclass(slots=True)
class _Open:
    until: float
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])


class Parts:
    """Of one SMSC. Without a `path` they live as long as the process. Seconds are those since 1970."""

    def __init__(self, path: Path | None = None) -> None:
        self._open: OrderedDict[Key, _Open] = OrderedDict()
        self._lines = Lines(path, self._all)

    def put(self, key: Key, number: int, octets: bytes, now: float) -> bytes | None:
        """The whole, where this was the last that was missing; it stays until it is `done`. Raises
        `OSError`."""
        self._lines.begin(self._read)
        while self._open and next(iter(self._open.values())).until <= now:
            self._open.popitem(last=False)
        found = self._take(key, number, octets, now + _WAITS)
        self._lines.write([list(key), found.until, number, octets.hex()])
        if len(found.parts) < key[-1]:
            return None
        return b"".join(found.parts[each] for each in sorted(found.parts))

    def done(self, key: Key) -> None:
        """The message is kept, or nobody's; a disk that fails then costs a repetition at the most."""
        if self._open.pop(key, None) is not None:
            with suppress(OSError):
                self._lines.write([list(key)])

    def sync(self) -> None:
        """What was put is on the disk when it returns; it blocks. Raises `OSError`."""
        self._lines.sync()

    def _take(self, key: Key, number: int, octets: bytes, until: float) -> _Open:
        found = self._open.get(key)
        if found is None:
            self._open[key] = found = _Open(until)
            if len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
        found.parts[number] = octets
        return found

    def _read(self, line: Any) -> None:
        source, to, reference, total = line[0]
        key = str(source), str(to), int(reference), int(total)
        if len(line) == 1:
            self._open.pop(key, None)
        else:
            self._take(key, int(line[2]), bytes.fromhex(line[3]), float(line[1]))

    def _all(self) -> Iterator[list[Any]]:
        for key, found in self._open.items():
            for number, octets in found.parts.items():
                yield [list(key), found.until, number, octets.hex()]
