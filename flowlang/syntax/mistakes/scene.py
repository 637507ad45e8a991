"""The place of a mistake, with what the explanations ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flowlang.diagnostics import Diagnostic, Source, Span
from flowlang.syntax.lexer import Lexer
from flowlang.syntax.machine import Stack
from flowlang.syntax.probe import accepted
from flowlang.syntax.tokens import END, Token

_LONGEST_SHOWN = 30  # characters of the script that a message repeats


def shown(text: str) -> str:
    """Text of the script as a message may carry it: short, on one line, nothing unprintable."""
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return "`" + "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in short) + "`"


def item_begin(values: list[Any]) -> int:
    """How many values stand before the statement, arm, handler, rule or declaration that is being read."""
    closed = 0
    for at in range(len(values), 0, -1):
        kind = values[at - 1].kind if isinstance(values[at - 1], Token) else ""
        if kind == "RBRACE":
            closed += 1
        elif closed and kind in ("BLOCK_OPEN", "MAP_OPEN", "HOLE_OPEN"):
            closed -= 1
        elif not closed and kind in ("BLOCK_OPEN", "SEPARATOR"):
            return at
    return 0


@dataclass(frozen=True)
class Scene:
    """The token that cannot stand where it does, and the parser as it was."""

    source: Source
    token: Token
    stack: Stack
    lexer: Lexer

    @property
    def text(self) -> str:
        return self.source.text

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The terminals that could have stood there."""
        return accepted(self.stack.states)

    @cached_property
    def begin(self) -> int:
        """How many values stand before the item that is being read."""
        return item_begin(self.stack.values)

    @property
    def item(self) -> list[Any]:
        """What has been read of the item."""
        return self.stack.values[self.begin :]

    @property
    def last(self) -> Any:
        """What stands before the token; `None` at the very beginning."""
        return self.stack.values[-1] if self.stack.values else None

    @cached_property
    def on_new_line(self) -> bool:
        """Whether a line ends between the last token and this one."""
        start = self.last_end
        return "\n" in self.text[start : self.token.span.start]

    @property
    def last_end(self) -> int:
        """Where what was read ends."""
        for value in reversed(self.stack.values):
            span = getattr(value, "span", None)
            if span is not None:
                return span[1]
            if isinstance(value, list | tuple) and value:
                return value[-1].span[1]  # pyright: ignore
        return 0

    @property
    def at_end(self) -> bool:
        return self.token.kind == END

    def opener(self) -> Token | None:
        """The innermost bracket that is open."""
        return self.lexer.open[-1] if self.lexer.open else None

    def diagnostic(
        self,
        code: str,
        message: str,
        *,
        span: Span | None = None,
        expected: tuple[str, ...] = (),
        near: str | None = None,
        hint: str | None = None,
    ) -> Diagnostic:
        """At the token, if no other place is given."""
        return Diagnostic(
            code, self.source, self.token.span if span is None else span, message, expected, near, hint
        )
