r"""Text to tokens, as the parser asks for them.

The lexer is contextual: the parser's state decides whether `/` begins a regex, whether a word is a keyword,
whether a `{` opens a block or a map, and what stands inside of text. Then comes the pass over line ends: one
is dropped inside brackets, after an opening brace, after a comma or an operator, and after another
separator.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from flowlang.diagnostics import Span

from .tables import Tables, Terminal, tables
from .tokens import BAD, END, TOO_DEEP, Token

MAX_NESTING = 200  # brackets in brackets; what comes after the parser goes down a tree by recursion

_VALUE, _OPERATOR, _TEMPLATE, _LONG = range(4)

_IN_TEMPLATE = frozenset({"TEMPLATE_TEXT", "TEMPLATE_CLOSE"})
_IN_LONG = frozenset({"LONG_TEXT", "LONG_CLOSE"})
_VALUES_ONLY = frozenset({"REGEX", "PHONE"})

# Terminals with the same text: the parser's state has at most one of them.
_TWINS = {"BLOCK_OPEN": "MAP_OPEN", "MAP_OPEN": "BLOCK_OPEN", "WRONG_OR": "VBAR", "VBAR": "WRONG_OR"}

_OPENS = frozenset({"LPAR", "LSQB", "MAP_OPEN", "BLOCK_OPEN", "HOLE_OPEN"})
_CLOSES = frozenset({"RPAR", "RSQB", "RBRACE"})

# Where nothing has begun, nothing ends.
_NOT_BEGUN = frozenset({"", "SEPARATOR", "BLOCK_OPEN"})

# A statement cannot end after these: the line goes on.
_GOES_ON = _NOT_BEGUN | frozenset(
    {
        "COMMA", "EQUAL", "AUGMENTED_ASSIGN", "COMPARE", "PLUS", "MINUS",
        "STAR", "SLASH", "WHOLE_DIVIDE", "PERCENT", "AND", "OR", "NOT", "IN", "WRONG_AND", "WRONG_OR",
        "WRONG_NOT", "VBAR", "COLON", "DOT", "OPTIONAL_DOT",
    }
)  # fmt: skip


# Makes a token or span of a tuple, past the `__new__` that a NamedTuple has: a fifth of the lexer's time.
_NEW = cast("Callable[[Any, Any], Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the tables mean to the lexer: a mode for each state, a matcher for each mode, the keywords."""

    modes: tuple[int, ...]
    matchers: tuple[Callable[[str, int], re.Match[str] | None], ...]
    keywords: dict[str, str]


def _is_word(terminal: Terminal) -> bool:
    return terminal.text is not None and terminal.text.replace("_", "a").isalpha()


def _reserved(terminals: tuple[Terminal, ...]) -> list[Terminal]:
    """The words that are keywords everywhere: those that the pattern of a name leaves out."""
    name = re.compile(next(each.pattern for each in terminals if each.name == "NAME"))
    words = [each for each in terminals if _is_word(each) and not name.fullmatch(each.text or "")]
    return [replace(each, pattern=each.pattern + "(?![A-Za-z0-9_])") for each in words]


def _matcher(terminals: list[Terminal], blanks: str) -> Callable[[str, int], re.Match[str] | None]:
    return re.compile(blanks + "(?:" + "|".join(f"(?P<{t.name}>{t.pattern})" for t in terminals) + ")").match


def _mode(actions: dict[str, int]) -> int:
    if "TEMPLATE_CLOSE" in actions:
        return _TEMPLATE
    if "LONG_CLOSE" in actions:
        return _LONG
    return _OPERATOR if _VALUES_ONLY.isdisjoint(actions) else _VALUE


@cache
def vocabulary() -> Vocabulary:
    """The lexer's side of the grammar."""
    grammar: Tables = tables()
    in_text = _IN_TEMPLATE | _IN_LONG
    code = [t for t in grammar.terminals if t.name not in in_text and t.name != "BLANK" and not _is_word(t)]
    code += _reserved(grammar.terminals)
    inside = {"HOLE_OPEN"}
    return Vocabulary(
        modes=tuple(_mode(actions) for actions in grammar.actions),
        matchers=(
            _matcher(code, "[ \t]*"),
            _matcher([t for t in code if t.name not in _VALUES_ONLY], "[ \t]*"),
            _matcher([t for t in grammar.terminals if t.name in _IN_TEMPLATE | inside], ""),
            _matcher([t for t in grammar.terminals if t.name in _IN_LONG | inside], ""),
        ),
        keywords={t.text: t.name for t in grammar.terminals if t.text is not None and _is_word(t)},
    )


class Lexer:
    """Goes through one text; `next` gives the token that stands where the last one ended."""

    __slots__ = (
        "_closed",
        "_keywords",
        "_last",
        "_matchers",
        "_modes",
        "_text",
        "at",
        "comments",
        "deepest",
        "open",
    )

    def __init__(self, text: str, at: int = 0) -> None:
        words = vocabulary()
        self._modes = words.modes
        self._matchers = words.matchers
        self._keywords = words.keywords
        self._text = text
        self._last = ""
        self.at = at
        self.open: list[Token] = []
        self._closed: Token | None = None
        self.deepest = 0
        self.comments: list[Span] = []

    def next(self, state: int, actions: dict[str, int], new: Callable[[Any, Any], Any] = _NEW) -> Token:
        """The next token for a parser in this state, whose actions these are."""
        match = self._matchers[self._modes[state]]
        text = self._text
        at = self.at
        while True:
            found = match(text, at)
            if found is None:
                return self._nothing(at)
            kind: str = found.lastgroup  # pyright: ignore[reportAssignmentType]
            start, end = found.span(kind)
            if kind == "NAME":
                word = text[start:end]
                keyword = self._keywords.get(word)
                if keyword is not None and keyword in actions:
                    kind = keyword
                self.at = end
                self._last = kind
                return new(Token, (kind, word, new(Span, (start, end))))
            if kind == "SEPARATOR":
                if end - start > 1 and "#" in text[start:end]:
                    self.comments.append(Span(start, end))
                if self._ends_nothing(text[start]):
                    at = end
                    continue
                self.at = end
                self._last = kind
                return new(Token, (kind, text[start:end], new(Span, (start, end))))
            if kind == "COMMENT":
                self.comments.append(Span(start, end))
                at = end
                continue
            if kind not in actions and kind in _TWINS and _TWINS[kind] in actions:
                kind = _TWINS[kind]
            self.at = end
            self._last = kind
            token: Token = new(Token, (kind, text[start:end], new(Span, (start, end))))
            if kind in _OPENS:
                self.open.append(token)
                if len(self.open) > self.deepest:
                    self.deepest = len(self.open)
                    if self.deepest > MAX_NESTING:
                        return token._replace(kind=TOO_DEEP)
            elif kind in _CLOSES:
                self._closed = self.open.pop() if self.open else None
            return token

    def put_back(self, token: Token) -> None:
        """Forgets a bracket that was met where it could not stand."""
        if self.open and self.open[-1].span == token.span:
            self.open.pop()
        elif token.kind in _CLOSES and self._closed is not None:
            self.open.append(self._closed)
            self._closed = None

    def resume(self, at: int, depth: int) -> None:
        """Goes on elsewhere, at the beginning of an item, with only the outermost `depth` brackets open."""
        self.at = at
        del self.open[depth:]
        self._last = "SEPARATOR"

    def _ends_nothing(self, first: str) -> bool:
        if first == ";":
            return self._last in _NOT_BEGUN
        return self._last in _GOES_ON or (bool(self.open) and self.open[-1].kind != "BLOCK_OPEN")

    def _nothing(self, at: int) -> Token:
        text = self._text
        while at < len(text) and text[at] in " \t":
            at += 1
        if at >= len(text):
            return Token(END, "", Span(len(text), len(text)))
        return Token(BAD, text[at], Span(at, at + 1))
