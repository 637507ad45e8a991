"""What the builders share.

The text being read, the diagnostics found in it, and small helpers for spans and lists.

A builder is a function `(building, children) -> value`, named after its rule or alias in the grammar.
`children` has one place for each symbol of the rule, tokens included, `None` for an optional part that is
left out. A part that is no node of the tree (arguments, handlers, …) travels as a `Part`, so that everything
has a `span`.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from flowlang.diagnostics import Diagnostic, Source, Span


class Part(NamedTuple):
    """Some value and the text that it was read from."""

    span: Span
    value: Any


MAX_DEPTH = 200  # nodes below nodes: checker and compiler go down a tree by recursion


class TooDeep(Exception):  # it carries a place to `parse`, which makes a diagnostic of it
    """A tree that grows deeper than may be; `span` is the text of the part that went too far."""

    def __init__(self, span: Span) -> None:
        super().__init__(span)
        self.span = span


class Building:
    """One reading of one text."""

    __slots__ = ("_chain", "_chain_end", "diagnostics", "longest_chain", "source", "text", "wants_minus")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.diagnostics: list[Diagnostic] = []
        self.longest_chain = 0
        self.wants_minus: set[Span] = set()
        """Where 2^63 stands, which is an integer only with a minus before it."""
        self._chain = 0
        self._chain_end: object = None

    def chained(self, node: Any, part: object) -> Any:
        """Counts how often a node (`a + b + c`, `not not x`, `else if … else if`) holds one of its own kind.

        Raises `TooDeep` where that alone is deeper than a tree may be.
        """
        self._chain = self._chain + 1 if part is self._chain_end else 1
        if self._chain > self.longest_chain:
            self.longest_chain = self._chain
            if self._chain > MAX_DEPTH:
                raise TooDeep(node.span)
        self._chain_end = node
        return node

    def report(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        expected: tuple[str, ...] = (),
        near: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Adds a diagnostic; reading goes on."""
        self.diagnostics.append(Diagnostic(code, self.source, span, message, expected, near, hint))


def whole(children: list[Any]) -> Span:
    """From the first child that is there to the last; the first one always is, or the second."""
    first = children[0] if children[0] is not None else children[1]
    for last in reversed(children):
        if last is not None:
            return Span(first.span[0], last.span[1])
    raise AssertionError("a rule without text has no span")


def items(children: list[Any]) -> tuple[Any, ...]:
    """The items of `item ("," item)*`, with or without a separator at the end."""
    more = children[1] if len(children) > 1 else None
    if isinstance(more, list):
        return (children[0], *cast("list[Any]", more))
    return (children[0],)


def listed(_: Building, children: list[Any]) -> tuple[Any, ...]:
    """The builder of every such list."""
    return items(children)
