"""Questions to the tables that read nothing in.

What could stand here, and how far would this text be read?
"""

from __future__ import annotations

from .lexer import Lexer
from .tables import tables
from .tokens import END


def _step(states: list[int], kind: str) -> bool:
    """Takes one token in; whether it may stand there. Changes `states`."""
    grammar = tables()
    while True:
        action = grammar.actions[states[-1]].get(kind)
        if action is None:
            return False
        if action >= 0:
            states.append(action)
            return True
        rule = grammar.rules[~action]
        if rule.size:
            del states[-rule.size :]
        states.append(grammar.gotos[states[-1]][rule.origin])
        if states[-1] == grammar.end and kind == END:
            return True


def accepted(states: list[int]) -> frozenset[str]:
    """The terminals that may stand next."""
    return frozenset(kind for kind in tables().actions[states[-1]] if _step(states.copy(), kind))


def reads_past(lexer: Lexer, states: list[int], position: int) -> bool:
    """Whether a text would be read without a mistake up to past this position."""
    actions = tables().actions
    states = states.copy()
    while True:
        token = lexer.next(states[-1], actions[states[-1]])
        if not _step(states, token.kind):
            return False
        if token.span.end > position or token.kind == END:
            return True
