"""Where the keys and values of a TOML text stand, which `tomllib` does not tell.

Only for a text that `tomllib` has read (TOML 1.0), and only when there is something to complain of: the
scanner takes the text for right and looks for ends, not for mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from flowlang.diagnostics import Span

Path = tuple[str | int, ...]
"""Keys, and places in arrays, from the top."""


class Extent(NamedTuple):
    """Where an entry stands: its key (of an item in an array: the item) and its value."""

    key: Span
    value: Span


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SIMPLE = re.compile(r"[^,\]}#\r\n]*")  # numbers, booleans, times
_TEXTS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:[^"\\]|\\.)*"'),
    re.compile(r"'[^']*'"),
)


def positions(text: str) -> Mapping[Path, Extent]:
    """The extent of each entry. Tables have that of the first header or key that names them."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[Path, Extent] = {}
        self._last: dict[Path, int] = {}  # of arrays of tables: the place of the table that came last

    def scan(self) -> Mapping[Path, Extent]:
        base: Path = ()
        self._skip(_BETWEEN)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                base = self._header()
            else:
                self._entry(base)
            self._skip(_BETWEEN)
        return self._found

    def _skip(self, blank: re.Pattern[str]) -> None:
        match = blank.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def _header(self) -> Path:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._at += 2 if is_array else 1
        whole = Span(start, self._at)
        path: Path = ()
        for number, (key, span) in enumerate(keys, 1):
            path = (*path, key)
            is_last = number == len(keys)
            if is_last and is_array:
                self._found.setdefault(path, Extent(span, whole))
                self._last[path] = self._last.get(path, -1) + 1
            self._found.setdefault(path, Extent(span, whole))
            if path in self._last:
                path = (*path, self._last[path])
                self._found.setdefault(path, Extent(span, whole))
        return path

    def _entry(self, base: Path) -> None:
        path = base
        keys = self._keys()
        whole = Span(keys[0][1].start, keys[-1][1].end)
        for key, span in keys:
            path = (*path, key)
            self._found.setdefault(path, Extent(span, whole))
        self._at += 1  # the `=`
        self._skip(_BLANK)
        start = self._at
        self._value(path)
        self._found[path] = Extent(keys[-1][1], Span(start, self._at))

    def _keys(self) -> list[tuple[str, Span]]:
        """A key, dotted or not; stops at what follows it."""
        keys: list[tuple[str, Span]] = []
        while True:
            self._skip(_BLANK)
            start = self._at
            if self._text[start] in "\"'":
                self._end_of_text()
                key = _unquoted(self._text[start : self._at])
            else:
                self._skip(_BARE_KEY)
                key = self._text[start : self._at]
            keys.append((key, Span(start, self._at)))
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, path: Path) -> None:
        match self._text[self._at]:
            case "[":
                self._items(path)
            case "{":
                self._at += 1
                self._skip(_BETWEEN)
                while self._text[self._at] != "}":
                    self._entry(path)
                    self._comma()
                self._at += 1
            case '"' | "'":
                self._end_of_text()
            case _:
                start = self._at
                self._skip(_SIMPLE)
                self._at = start + len(self._text[start : self._at].rstrip())

    def _items(self, path: Path) -> None:
        self._at += 1
        self._skip(_BETWEEN)
        number = 0
        while self._text[self._at] != "]":
            start = self._at
            self._value((*path, number))
            span = Span(start, self._at)
            self._found[(*path, number)] = Extent(span, span)
            self._comma()
            number += 1
        self._at += 1

    def _comma(self) -> None:
        self._skip(_BETWEEN)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BETWEEN)

    def _end_of_text(self) -> None:
        for form in _TEXTS:
            match = form.match(self._text, self._at)
            if match is not None:
                self._at = match.end()
                return


def _unquoted(key: str) -> str:
    import tomllib

    return next(iter(tomllib.loads(f"{key} = 0")))
