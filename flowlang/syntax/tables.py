"""The tables that drive the parser: what Lark found out about the grammar, as plain data.

A state has, for each terminal, an action: a number from 0 up shifts and goes to that state, a negative one
(`~n`) reduces by rule `n`. After a reduction `gotos[state][origin]` is the next state.

Finding them takes Lark most of a second, so they travel with the grammar as `tables.json`, beside the digest
of the grammar that they are of. Plain JSON, in a folder that only the installation writes: nothing is
unpickled and no cache can be slipped under the parser. Where the digest differs, as while somebody works on
the grammar, Lark is asked again; `make grammar` writes them anew.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from flowlang.resources import grammar_file, grammar_path

FILES = ("module", "statements", "expressions", "tests", "terminals")
TABLES_FILE = "tables.json"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the grammar: `size` symbols are replaced by `origin`.

    `builder` names the function that makes their value; `None` where the only symbol's value stands as it
    is. `slots` says where each child stands among the symbols, `None` for an optional one that is left out
    here, so that children always have the same places; `None` for the whole where nothing is left out.
    `keeps` are the symbols that a repetition collects, `None` for a rule that is none; where it `continues`,
    its first symbol is what has been collected before.
    """

    origin: str
    size: int
    builder: str | None
    slots: tuple[int | None, ...] | None
    keeps: tuple[int, ...] | None
    continues: bool


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal's name, its pattern, and its text where that is one fixed word or sign."""

    name: str
    pattern: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that the lexer and the machine need to know of the grammar.

    Terminals in order of precedence.
    """

    start: int
    end: int
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    terminals: tuple[Terminal, ...]


def grammar_text() -> str:
    """All of the grammar: its files, one after the other, as one text."""
    return "\n".join(grammar_file(f"{name}.lark") for name in FILES)


def digest(text: str) -> str:
    """What tells one grammar from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(tables: Tables, text: str) -> str:
    """Tables as the text of `tables.json`, a line for each state, rule and terminal."""
    rows = {
        "actions": [json.dumps(each, separators=(",", ":")) for each in tables.actions],
        "gotos": [json.dumps(each, separators=(",", ":")) for each in tables.gotos],
        "rules": [
            json.dumps([r.origin, r.size, r.builder, r.slots, r.keeps, r.continues], separators=(",", ":"))
            for r in tables.rules
        ],
        "terminals": [
            json.dumps([t.name, t.pattern, t.text], separators=(",", ":")) for t in tables.terminals
        ],
    }
    head = f'{{"grammar":"{digest(text)}","start":{tables.start},"end":{tables.end}'
    return (
        head
        + "".join(f',\n"{name}":[\n' + ",\n".join(lines) + "\n]" for name, lines in rows.items())
        + "\n}\n"
    )


def _from_json(data: dict[str, Any]) -> Tables:
    return Tables(
        start=data["start"],
        end=data["end"],
        actions=tuple(data["actions"]),
        gotos=tuple(data["gotos"]),
        rules=tuple(
            Rule(
                origin,
                size,
                builder,
                slots and tuple(slots),
                None if keeps is None else tuple(keeps),
                continues,
            )
            for origin, size, builder, slots, keeps, continues in data["rules"]
        ),
        terminals=tuple(Terminal(*each) for each in data["terminals"]),
    )


def _stored(text: str) -> Tables | None:
    try:
        data = json.loads((grammar_path() / TABLES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _from_json(data) if data.get("grammar") == digest(text) else None


@cache
def tables() -> Tables:
    """The tables of the grammar as it stands."""
    text = grammar_text()
    stored = _stored(text)
    if stored is not None:
        return stored
    from .generate import generate

    return generate(text)
