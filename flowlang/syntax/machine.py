"""The LALR(1) machine: shifts tokens, reduces rules, lets the builders make nodes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .build import BUILDERS, Building
from .lexer import Lexer
from .tables import Rule, tables
from .tokens import END, TOO_DEEP, Token

# The deepest that a script within the limits can be: 200 brackets, each with the whole chain of rules around
# it, and the same number of prefixes without brackets. Past it the text is all prefixes, such as `not not
# not`.
_MAX_STACK = 8_000

_Make = Callable[[Building, list[Any]], Any]
_Step = tuple[int, str, _Make | None]


def _begin() -> list[int]:
    return [tables().start]


@dataclass(slots=True)
class Stack:
    """Where the machine stands.

    `states[i]` is the state before `values[i]`, the last one the present state.
    """

    states: list[int] = field(default_factory=_begin)
    values: list[Any] = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class Failure:
    """The token that could not stand where it was met; the stack is left as it was then."""

    token: Token


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


def run(lexer: Lexer, building: Building, stack: Stack) -> Any | Failure:
    """Reads to the end of the text; gives what the start rule's builder made, or where it failed."""
    grammar = tables()
    actions, gotos, end = grammar.actions, grammar.gotos, grammar.end
    steps = _steps()
    states, values = stack.states, stack.values
    state = states[-1]
    acting = actions[state]
    while True:
        token = lexer.next(state, acting)
        kind = token[0]
        while True:
            action = acting.get(kind)
            if action is None:
                return Failure(token)
            if action >= 0:
                state = action
                acting = actions[state]
                states.append(state)
                values.append(token)
                if len(states) > _MAX_STACK:
                    return Failure(token._replace(kind=TOO_DEEP))
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
