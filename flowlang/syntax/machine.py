"""The LALR(1) machine: shifts tokens, reduces rules, lets the builders make nodes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from .build import BUILDERS, Building
from .lexer import Lexer
from .tables import Rule, tables
from .tokens import END, Token

_Make = Callable[[Building, list[Any]], Any]
_Step = tuple[int, str, _Make | None]


@dataclass(frozen=True, slots=True)
class Failure:
    """Where reading stopped: the token that could not stand there, and the machine as it was."""

    token: Token
    states: list[int]
    values: list[Any]


def _collector(rule: Rule) -> _Make:
    """A repetition: its items in one list, without the signs between them."""
    keeps = rule.keeps or ()
    if not rule.continues:
        return lambda _, c: [c[at] for at in keeps]

    def more(_: Building, c: list[Any]) -> list[Any]:
        items: list[Any] = c[0]
        items.extend([c[at] for at in keeps])
        return items

    return more


def _spread(make: _Make, slots: tuple[int | None, ...]) -> _Make:
    """Gives an optional part its place also where it is left out."""
    return lambda b, c: make(b, [None if at is None else c[at] for at in slots])


def _make(rule: Rule) -> _Make | None:
    if rule.keeps is not None:
        return _collector(rule)
    if rule.builder is None:
        return None
    make = BUILDERS[rule.builder]
    return make if rule.slots is None else _spread(make, rule.slots)


@cache
def _steps() -> tuple[_Step, ...]:
    return tuple((rule.size, rule.origin, _make(rule)) for rule in tables().rules)


def run(lexer: Lexer, building: Building) -> Any | Failure:
    """Reads to the end of the text; gives what the start rule's builder made, or where it failed."""
    grammar = tables()
    actions, gotos, end = grammar.actions, grammar.gotos, grammar.end
    steps = _steps()
    state = grammar.start
    states: list[int] = [state]
    values: list[Any] = []
    acting = actions[state]
    while True:
        token = lexer.next(state, acting)
        kind = token[0]
        while True:
            action = acting.get(kind)
            if action is None:
                return Failure(token, states, values)
            if action >= 0:
                state = action
                acting = actions[state]
                states.append(state)
                values.append(token)
                break
            size, origin, make = steps[~action]
            if make is None:
                states.pop()
            elif size:
                children = values[-size:]
                del values[-size:]
                del states[-size:]
                values.append(make(building, children))
            else:
                values.append(make(building, []))
            state = gotos[states[-1]][origin]
            states.append(state)
            acting = actions[state]
            if state == end and kind == END:
                return values[-1]
