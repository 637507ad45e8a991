"""The grammar as Lark reads it: the files of `grammar/`, one after the other, as one text.

Lark finds the tables: LALR(1), contextual lexer, `strict=True`, so that no conflict and no pair of terminals that match
the same text is settled in silence. `flowlang.syntax.tables` takes them from there.
"""

from __future__ import annotations

from lark import Lark

from flowlang.resources import grammar_file

FILES = ("module", "statements", "expressions", "tests", "terminals")
START = "module"


def grammar_text() -> str:
    """All of the grammar."""
    return "\n".join(grammar_file(f"{name}.lark") for name in FILES)


class _LineEnds:
    """Tells Lark that a separator may be met anywhere: the lexer drops those that end nothing."""

    always_accept = ("SEPARATOR",)

    def process(self, stream: object) -> object:
        return stream


def build_lark(text: str) -> Lark:
    """Raises Lark's `GrammarError` or `LexError` where the grammar is not strictly LALR(1)."""
    return Lark(
        text,
        start=START,
        parser="lalr",
        lexer="contextual",
        strict=True,
        keep_all_tokens=True,
        maybe_placeholders=True,
        postlex=_LineEnds(),  # pyright: ignore[reportArgumentType]
    )
