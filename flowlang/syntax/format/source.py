"""The text that a tree came from, as far as formatting needs it: comments, brackets, spelling.

Comments come out of it in order, each once: `take` gives those that stand before an offset and have not been
given. Whoever formats takes them where a line may end; a comment whose own place is gone (inside of brackets
that are left out, before a `{`) comes with the next ones.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from flowlang.diagnostics import Span
from flowlang.syntax import ast

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_BLANKS = " \t\n"


class Text:
    """A script's text with its comments."""

    def __init__(self, text: str, comments: tuple[Span, ...]) -> None:
        self.text = text
        self._comments = comments
        self._starts = [each.start for each in comments]
        self._ends_at = {each.start: each.end for each in comments}
        self._starts_at = {each.end: each.start for each in comments}
        self._taken = 0

    # Comments --------------------------------------------------------------------------------------------

    def has_comment(self, start: int, end: int) -> bool:
        """Whether one begins there."""
        at = bisect_left(self._starts, start)
        return at < len(self._starts) and self._starts[at] < end

    def waits(self, before: int) -> bool:
        """Whether one that begins before this offset has not been taken."""
        return self._taken < len(self._starts) and self._starts[self._taken] < before

    def take(self, before: int) -> list[Span]:
        """Those that begin before an offset."""
        begin = self._taken
        while self.waits(before):
            self._taken += 1
        return list(self._comments[begin : self._taken])

    def take_behind(self, offset: int, before: int) -> list[Span]:
        """Those that begin before `offset`, and the one behind it on its line, if that begins before
        `before`."""
        found = self.take(offset)
        if self.waits(before) and "\n" not in self.text[offset : self._starts[self._taken]]:
            found += self.take(self._starts[self._taken] + 1)
        return found

    def comment(self, span: Span) -> str:
        """A comment without the blanks at its end."""
        return self.text[span.start : span.end].rstrip()

    # Places ----------------------------------------------------------------------------------------------

    def find(self, sign: str, start: int) -> int:
        """Where a sign stands first; between `start` and it there are only blanks, signs and comments."""
        at = start
        while not self.text.startswith(sign, at):
            at = self._ends_at.get(at, at + 1)
        return at

    def next_sign(self, at: int) -> str:
        """The first character on the line from an offset on, blanks aside."""
        while self.text[at : at + 1] in (" ", "\t"):
            at += 1
        return self.text[at : at + 1]

    def line_ends_behind(self, opened: int) -> bool:
        """Whether nothing stands behind an opening bracket on its line."""
        return self.next_sign(opened + 1) in ("\n", "#", "")

    def blank_between(self, end: int, start: int) -> bool:
        """Whether there is an empty line between two things, or something else that keeps them apart."""
        between = self.text[end:start]
        return between.count("\n") > 1

    # Spelling --------------------------------------------------------------------------------------------

    def spelling(self, node: ast.Node) -> str:
        """A literal as it is written, without parentheses around it."""
        return self.text[slice(*self.without_parentheses(node))]

    def without_parentheses(self, node: ast.Node) -> Span:
        """Where a literal stands inside of its parentheses."""
        start, end = node.span
        while start in self._ends_at or self.text[start] in _BLANKS + "(":
            start = self._ends_at.get(start, start + 1)
        while end in self._starts_at or self.text[end - 1] in _BLANKS + ")":
            end = self._starts_at.get(end, end - 1)
        return Span(start, end)

    def quoted(self, start: int) -> str:
        """The text in quotes that stands first from an offset on."""
        found = _QUOTED.search(self.text, start)
        assert found is not None, "the grammar wants a text here"
        return found.group()

    def parenthesised(self, node: ast.Node) -> bool:
        """Whether the node is written in parentheses of its own."""
        left = leftmost_child(node)
        if left is None:
            return self.text.startswith("(", node.span.start)
        return node.span.start < left.span.start


def leftmost_child(node: ast.Node) -> ast.Node | None:
    """The part that an expression begins with, where that is an expression."""
    match node:
        case ast.Binary() | ast.Logical():
            return node.left
        case ast.Field() | ast.Index():
            return node.value
        case ast.Call():
            return node.callee
        case _:
            return None
