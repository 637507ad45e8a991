"""What is too large, too deep, or no text that a person could have meant."""

from __future__ import annotations

import re
from itertools import islice

from flowlang.diagnostics import Diagnostic, Source, Span

from .ast import Module, Node, children
from .build import MAX_DEPTH

MAX_SOURCE = 1 << 20  # characters of a script
MAX_WORDS = 100_000  # words and signs: some 10,000 lines. What comes later takes time and memory for each

# At least as many as the lexer finds tokens, without its states: a line's end counts as one, and so do those
# in texts and comments, and a ruled line of one sign. So a script is refused before any of it is read.
WORD = re.compile(r"\w+|([-=#*~])\1*|[^\w\s]|\n\s*")

# Control characters, halves of surrogate pairs, and the signs that turn the direction of writing, with which
# a text can look other than it reads (CVE-2021-42574).
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)")


def check_text(source: Source) -> Diagnostic | None:
    """Whether it may be read at all."""
    if len(source.text) > MAX_SOURCE:
        return Diagnostic(
            "E107",
            source,
            Span(0, 0),
            f"the script is longer than {MAX_SOURCE:,} characters",
            hint="split it into modules",
        )
    found = _UNSEEN.search(source.text)
    if found is None:
        return _check_words(source)
    return Diagnostic(
        "E108", source, Span(*found.span()),
        f"the character U+{ord(found.group()):04X} may not stand in a script",
        hint="in text write `\\u{…}`",
    )  # fmt: skip


def _check_words(source: Source) -> Diagnostic | None:
    if len(source.text) <= MAX_WORDS:
        return None
    following = next(islice(WORD.finditer(source.text), MAX_WORDS, None), None)
    if following is None:
        return None
    return Diagnostic(
        "E107", source, Span(*following.span()),
        f"the script has more than {MAX_WORDS:,} words and signs",
        hint="split it into modules, or keep its data elsewhere",
    )  # fmt: skip


def deepest(module: Module) -> Node | None:
    """A node that lies deeper than may be; `None` if there is none. Goes level by level."""
    level: list[Node] = list(module.declarations)
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return None
    return level[0]
