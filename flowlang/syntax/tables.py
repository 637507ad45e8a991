"""The tables that drive the parser: what Lark found out about the grammar, as plain data.

A state has, for each terminal, an action: a number from 0 up shifts and goes to that state, a negative one (`~n`)
reduces by rule `n`. After a reduction `gotos[state][origin]` is the next state.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark
from lark.grammar import Rule as LarkRule
from lark.parsers.lalr_analysis import Shift

from .grammar import START, build_lark, grammar_text

# Signs that part the items of a list: `item ("," item)*` gives the items alone.
_SEPARATORS = frozenset({"SEPARATOR", "COMMA", "DOT", "VBAR"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the grammar.

    `size` symbols are replaced by `origin`. `builder` names the function that makes their value; `None` where the only
    symbol's value stands as it is. `slots` says where each child stands among them, `None` for one that is left out
    (all optional parts have their place); `None` for the whole where nothing is left out. `keeps` are the children
    that a repetition collects, `None` for a rule that is none; its first symbol may be the repetition itself.
    """

    origin: str
    size: int
    builder: str | None
    slots: tuple[int | None, ...] | None
    keeps: tuple[int, ...] | None
    continues: bool


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal's name, its pattern, and whether that is one fixed word or sign."""

    name: str
    pattern: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that the lexer and the machine need to know of the grammar."""

    start: int
    end: int
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    terminals: tuple[Terminal, ...]


def _slots(rule: LarkRule) -> tuple[int | None, ...] | None:
    empty = rule.options.empty_indices
    if not any(empty):
        return None
    at = 0
    slots: list[int | None] = []
    for left_out in empty:
        if left_out:
            slots.append(None)
        else:
            slots.append(at)
            at += 1
    return tuple(slots)


def _rule(rule: LarkRule) -> Rule:
    origin = str(rule.origin.name)
    symbols = [str(symbol.name) for symbol in rule.expansion]
    if origin.startswith("__"):
        continues = symbols[0] == origin
        keeps = tuple(at for at, name in enumerate(symbols) if name not in _SEPARATORS and name != origin)
        return Rule(origin, len(symbols), None, None, keeps, continues)
    slots = _slots(rule)
    stands = rule.options.expand1 and not rule.alias and len(symbols) == 1 and slots is None
    name = rule.alias or rule.options.template_source or origin
    return Rule(origin, len(symbols), None if stands else str(name), slots, None, False)


def _from_lark(lark: Lark) -> Tables:
    table: Any = lark.parser.parser._parse_table  # pyright: ignore
    rules = list(lark.rules)
    numbers = {rule: at for at, rule in enumerate(rules)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in range(len(table.states)):
        acting: dict[str, int] = {}
        going: dict[str, int] = {}
        for symbol, (action, target) in table.states[state].items():
            if action is not Shift:
                acting[str(symbol)] = ~numbers[target]
            elif symbol in lark._terminals_dict or symbol == "$END":  # pyright: ignore[reportPrivateUsage]
                acting[str(symbol)] = target
            else:
                going[str(symbol)] = target
        actions.append(acting)
        gotos.append(going)
    ordered = sorted(
        lark.terminals, key=lambda each: (-each.priority, -each.pattern.max_width, -len(each.pattern.value), each.name)
    )
    return Tables(
        start=table.start_states[START],
        end=table.end_states[START],
        actions=tuple(actions),
        gotos=tuple(gotos),
        rules=tuple(_rule(rule) for rule in rules),
        terminals=tuple(
            Terminal(
                str(each.name),
                each.pattern.to_regexp(),
                str(each.pattern.value).replace("\\", "") if each.pattern.type == "str" else None,
            )
            for each in ordered
        ),
    )


@cache
def tables() -> Tables:
    """The tables of the grammar as it stands."""
    return _from_lark(build_lark(grammar_text()))
