"""Going through a replay by hand, forwards and back: a stop before each line, and one where each entry of the
journal ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from .display.kept import moment
from .display.safe import printable


@dataclass(frozen=True, slots=True)
class Stop:
    """`head` is the entry in words, `lines` what is to be seen here; `ends`: the entry is over."""

    entry: int
    head: str
    lines: Sequence[str]
    ends: bool = False

    def tell(self) -> None:
        """Shows it."""
        click.echo(self.head)
        for line in self.lines:
            click.echo(f"      {line}")


def entry_line(number: int, given: list[Any]) -> str:
    """An input in words, with its number and its time."""
    kind, at, *rest = given
    what = printable(" ".join(json.dumps(each, ensure_ascii=False) for each in rest), 1000)
    return f"{number:>4}  {moment(at)}  {kind} {what}".rstrip()


def walk(stops: Sequence[Stop]) -> None:
    """Shows one after the other, as whoever types says; the end of what is typed ends it, as `q` does."""
    at = 0
    while 0 <= at < len(stops):
        stop = stops[at]
        stop.tell()
        try:
            key = click.prompt(
                f"[{stop.entry} of {stops[-1].entry}]", default="", show_default=False, err=True
            )
        except click.Abort as end:
            if isinstance(end.__context__, EOFError):
                return
            raise
        match key.strip():
            case "q":
                return
            case "b":
                at = max(0, at - 1)
            case "n":
                at = _first_of(stops, stop.entry + 1)
            case "p":
                at = _first_of(stops, max(0, stop.entry - 1))
            case number if number.isascii() and number.isdecimal():
                at = _first_of(stops, min(int(number[:18]), stops[-1].entry))
            case _:
                at += 1


def _first_of(stops: Sequence[Stop], entry: int) -> int:
    """Where an entry begins; behind all where it is behind the last."""
    return next((place for place, each in enumerate(stops) if each.entry >= entry), len(stops))
