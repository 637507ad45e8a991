"""A script seen from afar: lines that begin a declaration, braces and the indentation of their lines.

Used only after a mistake, when the parser no longer knows where it is.
"""

from __future__ import annotations

import re

# A declaration at the first column. The shape behind the word tells it from a call of an action with that
# name.
_DECLARATION = re.compile(
    r"^(?:flow[ \t]+\w+[ \t]*(?:[({]|->)|func[ \t]+\w+[ \t]*\(|const[ \t]+\w+[ \t]*=|route[ \t]+\w+"
    r"|policy[ \t]*\{|test[ \t]+[\"']|use[ \t]+[\"'])",
    re.MULTILINE,
)

# Pieces that a bracket cannot hide in, and the brackets and ends of statements themselves.
_PIECE = re.compile(
    r"""(?P<quiet>\"{3}(?:[^"\\]|\\.|"(?!""))*(?:\"{3}|\Z)|"(?:[^"\\\n]|\\[^\n])*"?|'[^'\n]*'?|\#[^\n]*)"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>[\n;])""",
    re.DOTALL,
)


def declaration_line(text: str, start: int, end: int) -> int | None:
    """Where, between two places, the first line stands that begins a declaration."""
    found = _DECLARATION.search(text, start)
    return found.start() if found and found.start() < end else None


def blamed_brace(text: str, start: int, end: int) -> int | None:
    """The `{` between two places that most likely lacks its `}`.

    The first whose `}` stands further left than the line that it opens on; else the innermost that is still
    open.
    """
    open_braces: list[int] = []
    for found in _PIECE.finditer(text, start, end):
        if found.group() == "{":
            open_braces.append(found.start())
        elif found.group() == "}" and open_braces:
            opener = open_braces.pop()
            if _stands_first(text, found.start()) and _indentation(text, found.start()) < _indentation(
                text, opener
            ):
                return opener
    return open_braces[-1] if open_braces else None


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _indentation(text: str, at: int) -> int:
    line = text[_line_start(text, at) : at + 1]
    return len(line) - len(line.lstrip(" \t"))


def _stands_first(text: str, at: int) -> bool:
    return not text[_line_start(text, at) : at].strip(" \t")


def item_end(text: str, at: int, brackets: int, braces: int) -> int:
    """Where the broken item ends that is read up to `at` with so many brackets and braces open inside of it.

    The place of the line's end or `;` behind it, or of the `}` that closes the block around it. A bracket
    that is never closed ends with its line.
    """
    line_end: int | None = None
    for found in _PIECE.finditer(text, at):
        sign = found.group()
        if sign in ("(", "["):
            brackets += 1
        elif sign == "{":
            braces += 1
        elif sign in (")", "]"):
            brackets = max(0, brackets - 1)
        elif sign == "}":
            if braces == 0:
                return found.start() if line_end is None or brackets == 0 else line_end
            braces -= 1
        elif found.lastgroup == "end":
            if braces == 0 and line_end is None:
                line_end = found.start()
            if (braces == 0 and brackets == 0) or _DECLARATION.match(text, found.end()):
                return found.start() if line_end is None or brackets == 0 else line_end
    return len(text) if line_end is None else line_end
