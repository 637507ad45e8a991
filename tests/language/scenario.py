"""Scenarios of the language: a script, and below it in comments the table of what comes in and what is seen.

    # A handler runs beside the main line.

    flow main {
        on hold { log "held" }
        speak "a"
    }

    #    0  speak a
    #    1  < hold
    #    1  held
    #    2  end done

Each row has its second. `<` marks what comes in from the world:

- any event by its name and fields: `dtmf 5`, `hold`, `hangup lost`, `signal paid {"sum": 3}`,
  `message Hello`; `leg 2` before the fields names another leg than the caller's;
- how an action under way ended: `fetch gives 42`, `say fails voice_unavailable no voice`; without such a
  row it is over when `tests/core/machine.py` says;
- `stop`: somebody outside ends the activeflow;
- in the first row, who begins: `sms from sms:+14155550100 to sms:+16062067563`, or `nobody`. Without it a
  call comes in. A script with routes is asked for the flow, any other runs `main`.

All else is seen: an action when it starts, `cancel` when one is cancelled, a log line, a warning behind `!`,
a flow that begins, the end. A script with `test` blocks has no table: they say what is expected.

A folder `modules` holds what scenarios use, and no scenarios.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from msgspec.structs import replace

from flowlang.core import Happened, Input, Opening, StopAsked
from flowlang.diagnostics import Source
from flowlang.model.actions import EVERY_CHANNEL
from flowlang.model.events import Emitted, Event
from flowlang.model.plain import from_plain
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import SECOND
from flowlang.syntax import ast, parse
from tests.core.machine import opening

HERE = Path(__file__).parent

Row = tuple[float, str]
"""A second, and what comes in or is seen then."""

_TABLE = re.compile(r"(?:^# +[\d.]+  .*\n)+\Z", re.MULTILINE)
_ROW = re.compile(r"# +([\d.]+)  (.+)")
_BEGINS = re.compile(rf"< ({'|'.join(sorted(EVERY_CHANNEL))}|nobody)(?: from (\S+))?(?: to (\S+))?")
_EVENTS: dict[str, type[Any]] = {each.name: each for each in get_args(Event) if each is not Emitted}


@dataclass(frozen=True, slots=True)
class Came:
    """What a row brings in: an input, or the result of the newest action of a name."""

    at: int
    row: Row
    what: Input | tuple[str, Result]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file: its script, and the rows of its table."""

    path: Path
    text: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """Its folders and its name."""
        return str(self.path.relative_to(HERE).with_suffix(""))

    @property
    def module(self) -> ast.Module:
        """The tree of the script."""
        module = parse(Source(self.path.name, self.text)).module
        assert module is not None
        return module

    @property
    def tested(self) -> bool:
        """Whether `test` blocks of its own say what is expected."""
        return any(isinstance(each, ast.TestDecl) for each in self.module.declarations)

    @property
    def begins(self) -> tuple[Row, ...]:
        """The row that says who begins, if there is one."""
        return tuple(row for row in self.rows[:1] if _BEGINS.fullmatch(row[1]))

    @property
    def opening(self) -> Opening:
        """What the activeflow begins with."""
        if not self.begins:
            return opening()
        match = _BEGINS.fullmatch(self.begins[0][1])
        assert match is not None
        channel, source, to = match.groups()
        begun = opening(channel=channel if channel != "nobody" else None)
        return replace(begun, source=source or begun.source, to=to or begun.to)

    @property
    def inputs(self) -> list[Came]:
        """What comes in after that."""
        rows = self.rows[len(self.begins) :]
        return [came(row) for row in rows if row[1].startswith("< ")]


def read(path: Path) -> Scenario:
    """The scenario in a file."""
    text = path.read_text(encoding="utf-8")
    found = _TABLE.search(text)
    rows: list[Row] = []
    for line in found[0].splitlines() if found else []:
        row = _ROW.fullmatch(line)
        assert row, f"{path}: no row of a table: {line}"
        rows.append((float(row[1]), row[2]))
    return Scenario(path, text, tuple(rows))


def scenarios(under: str = "") -> list[Scenario]:
    """All, or those in a folder."""
    paths = sorted((HERE / under).rglob("*.flow"))
    return [read(path) for path in paths if "modules" not in path.relative_to(HERE).parts]


def came(row: Row) -> Came:
    """What a row that begins with `<` says."""
    at = round(row[0] * SECOND)
    name, _, rest = row[1].removeprefix("< ").partition(" ")
    if name == "stop":
        return Came(at, row, StopAsked(at))
    if name in _EVENTS:
        return Came(at, row, Happened(at, _event(_EVENTS[name], rest)))
    how, _, given = rest.partition(" ")
    if how == "gives":
        return Came(at, row, (name, Done(from_plain(json.loads(given)))))
    assert how == "fails", f"nothing that comes in: {row[1]}"
    code, _, why = given.partition(" ")
    return Came(at, row, (name, Failed(code, why)))


def _event(kind: type[Any], rest: str) -> Event:
    """An event with these words as its fields; the last one has all that is left."""
    left = list(kind.__struct_fields__)
    given: dict[str, Any] = {}
    if left[0] == "leg":
        leg = re.match(r"leg (\d+) ?", rest)
        given["leg"] = int(leg[1]) if leg else 0
        rest = rest[leg.end() :] if leg else rest
        del left[0]
    for number, field in enumerate(left, 1):
        word, rest = (rest, "") if number == len(left) else rest.partition(" ")[::2]
        if word:
            text = kind.__annotations__[field] == "str"
            given[field] = word if text else from_plain(json.loads(word))
    return kind(**given)


def table(rows: list[Row] | tuple[Row, ...]) -> str:
    """Rows as they stand below a script."""
    return "".join(f"# {f'{at:g}':>4}  {text}\n" for at, text in rows)
