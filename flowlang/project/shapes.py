"""What settings may look like, as data: a shape reads a value of TOML and complains of what does not fit.

A section of `flow.toml` is one shape in `sections.SECTIONS`. Whatever is wrong is reported with its place and
the reading goes on, so that one run shows all mistakes; `WRONG` stands for a value that cannot be used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path as FilePath
from typing import Any, Protocol, cast

from flowlang.diagnostics import Diagnostic, Source, Span, near_name

from .positions import Extent, Path, positions


class Wrong(Enum):
    """A value that was complained of."""

    WRONG = "wrong"


WRONG = Wrong.WRONG

_TYPES = {
    "bool": "a boolean", "int": "an integer", "float": "a decimal", "str": "a text", "list": "a list",
    "dict": "a table",
}  # fmt: skip


class Report:
    """The mistakes in one settings file. `path` says where: keys and places in lists, from the top."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.needs_secrets = True
        """Whether secrets have to be there: not where a project is only checked."""
        self.found: list[Diagnostic] = []
        self.files: list[tuple[Path, FilePath]] = []
        """Those that the settings name, each with its place."""
        self._positions: Mapping[Path, Extent] | None = None

    def extent(self, path: Path) -> Extent:
        """Where an entry stands, or the nearest one that holds it."""
        if self._positions is None:
            self._positions = positions(self.source.text)
        while path and path not in self._positions:
            path = path[:-1]
        return self._positions[path] if path else Extent(Span(0, 1), Span(0, 1))

    def unknown(self, path: Path, what: str, known: Mapping[str, object]) -> None:
        """A key that there is not."""
        near = near_name(str(path[-1]), known)
        expected = () if near else tuple(f"`{each}`" for each in known)
        self.add("E802", self.extent(path).key, f"there is no {what} `{shown(path[-1])}`", expected, near)

    def wrong(self, path: Path, given: Any, wanted: str) -> Wrong:
        """A value of a wrong kind."""
        kind = _TYPES.get(type(given).__name__, "a time")
        key = next((each for each in reversed(path) if isinstance(each, str)), "")
        self.add("E803", self.extent(path).value, f"`{shown(key)}` cannot be {kind}", (wanted,))
        return WRONG

    def refuse(self, path: Path, message: str) -> Wrong:
        """A value that reads well and cannot be used."""
        self.add("E803", self.extent(path).value, message)
        return WRONG

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        expected: tuple[str, ...] = (),
        near: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Any other mistake."""
        self.found.append(Diagnostic(code, self.source, span, message, expected, near, hint))


def shown(key: str | int) -> str:
    """A key as it may stand in a line."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(key)[:60])


class Shape(Protocol):
    """Reads one value."""

    def read(self, given: Any, path: Path, report: Report) -> Any:
        """The value as the section's owner takes it, or `WRONG`."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text; with `form` one that looks like it, which `wanted` describes."""

    wanted: str = "a text"
    form: re.Pattern[str] | None = None

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if not isinstance(given, str):
            return report.wrong(path, given, self.wanted)
        if self.form is not None and not self.form.fullmatch(given):
            span = report.extent(path).value
            report.add("E803", span, f"`{shown(path[-1])}` does not read like one", (self.wanted,))
            return WRONG
        return given


HOST = Text(
    "a host name or an address",
    re.compile(
        r"(?=.{1,253}\Z)(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f]*(?::[0-9A-Fa-f.]*){2,8})"
    ),
)
"""Where a server is. A name of other characters stands as DNS has it, as in `xn--mller-kva.example`."""


@dataclass(frozen=True, slots=True)
class File:
    """The path of a file or folder, from the folder of the settings; whether it is there is another
    question."""

    wanted: str = "a path"

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if not isinstance(given, str):
            return report.wrong(path, given, self.wanted)
        if not given or "\0" in given:
            return report.refuse(path, "this is no path")
        report.files.append((path, FilePath(report.source.name).parent / given))
        return given


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few texts."""

    of: tuple[str, ...]

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if given in self.of:
            return given
        if not isinstance(given, str):
            return report.wrong(path, given, " or ".join(f'"{each}"' for each in self.of))
        near = near_name(given, self.of)
        expected = () if near else tuple(f'"{each}"' for each in self.of)
        span = report.extent(path).value
        report.add("E803", span, f'"{shown(given)}" is none of the choices', expected, near)
        return WRONG


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""

    def read(self, given: Any, path: Path, report: Report) -> Any:
        return given if isinstance(given, bool) else report.wrong(path, given, "`true` or `false`")


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, the ends included."""

    least: int
    most: int

    def read(self, given: Any, path: Path, report: Report) -> Any:
        wanted = f"a whole number from {self.least} to {self.most}"
        if isinstance(given, bool) or not isinstance(given, int):
            return report.wrong(path, given, wanted)
        if self.least <= given <= self.most:
            return given
        report.add("E803", report.extent(path).value, f"`{shown(path[-1])}` is out of range", (wanted,))
        return WRONG


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of some unit, in the plural, the ends included; a `float` comes out."""

    least: float
    most: float
    unit: str

    def read(self, given: Any, path: Path, report: Report) -> Any:
        wanted = self.wanted
        if isinstance(given, bool) or not isinstance(given, int | float):
            return report.wrong(path, given, wanted)
        if self.least <= given <= self.most:
            return float(given)
        report.add("E803", report.extent(path).value, f"`{shown(path[-1])}` is out of range", (wanted,))
        return WRONG

    @property
    def wanted(self) -> str:
        """Which it may be, in words."""
        return f"{self.unit}, from {self.least:g} to {self.most:g}"


@dataclass(frozen=True, slots=True)
class Seconds(Quantity):
    """A time."""

    unit: str = "seconds"


@dataclass(frozen=True, slots=True)
class Kinded:
    """A table with a text `kind`; what else it may have says whoever knows the kind."""

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if not isinstance(given, dict):
            return report.wrong(path, given, "a table with a `kind`")
        entries = cast("dict[str, Any]", given)
        if "kind" not in entries:
            report.add("E803", report.extent(path).key, "the setting `kind` is missing")
            return WRONG
        kind = Text('a text, as in `kind = "web"`').read(entries["kind"], (*path, "kind"), report)
        return WRONG if kind is WRONG else entries


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that the language has too: text, number, boolean, or a list or table of them."""

    def read(self, given: Any, path: Path, report: Report) -> Any:
        match given:
            case bool() | int() | str():
                return given
            case float():
                from decimal import Decimal

                return Decimal(repr(given))
            case list():
                items = cast("list[Any]", given)
                return tuple(self.read(each, (*path, place), report) for place, each in enumerate(items))
            case dict():
                entries = cast("dict[str, Any]", given)
                return {key: self.read(each, (*path, key), report) for key, each in entries.items()}
            case _:
                return report.wrong(path, given, "a text, number, boolean, list or table")


@dataclass(frozen=True, slots=True)
class Items:
    """A list, each item of one shape; a tuple comes out."""

    shape: Shape
    wanted: str

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if not isinstance(given, list):
            return report.wrong(path, given, self.wanted)
        items = cast("list[Any]", given)
        read = [self.shape.read(each, (*path, place), report) for place, each in enumerate(items)]
        return WRONG if WRONG in read else tuple(read)


@dataclass(frozen=True, slots=True)
class Named:
    """A table whose keys are names that the user gives; those that are wrong are left out."""

    shape: Shape
    wanted: str
    form: re.Pattern[str]

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if not isinstance(given, dict):
            return report.wrong(path, given, self.wanted)
        entries = cast("dict[str, Any]", given)
        read: dict[str, Any] = {}
        for key, value in entries.items():
            if not self.form.fullmatch(key):
                span = report.extent((*path, key)).key
                report.add("E803", span, f"`{shown(key)}` is no name", ("letters, digits and `_`",))
                continue
            found = self.shape.read(value, (*path, key), report)
            if found is not WRONG:
                read[key] = found
        return read


@dataclass(frozen=True, slots=True)
class Table:
    """A table with keys of its own, each with its shape; those of `required` have to be there."""

    keys: Mapping[str, Shape]
    required: frozenset[str] = frozenset()

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if not isinstance(given, dict):
            return report.wrong(path, given, "a table")
        entries = cast("dict[str, Any]", given)
        read: dict[str, Any] = {}
        for key, value in entries.items():
            shape = self.keys.get(key)
            if shape is None:
                report.unknown((*path, key), "setting" if path else "section", self.keys)
            else:
                read[key] = shape.read(value, (*path, key), report)
        for key in sorted(self.required - entries.keys()):
            report.add("E803", report.extent(path).key, f"the setting `{key}` is missing")
            read[key] = WRONG
        return WRONG if WRONG in read.values() else read


@dataclass(frozen=True, slots=True)
class TextOr:
    """A text in short, or what it is short for."""

    text: Text
    shape: Shape

    def read(self, given: Any, path: Path, report: Report) -> Any:
        if isinstance(given, dict):
            return self.shape.read(given, path, report)
        return self.text.read(given, path, report)


@dataclass(frozen=True, slots=True)
class Told:
    """A setting with what it is for, in one line."""

    shape: Shape
    doc: str

    def read(self, given: Any, path: Path, report: Report) -> Any:
        """As its shape."""
        return self.shape.read(given, path, report)
