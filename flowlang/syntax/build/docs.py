"""Doc comments: the `##` lines directly above a declaration, and those at the top of a script.

What stands at the very top belongs to the script, unless the declaration right below it (no blank line
between) is one that has a doc of its own: `const`, `flow` or `func`.
"""

from __future__ import annotations

from typing import Any

from flowlang.syntax import ast

_DOCUMENTED = (ast.Const, ast.FlowDecl, ast.FuncDecl)


def _content(line: str) -> str | None:
    stripped = line.strip(" \t\r")
    if not stripped.startswith("##"):
        return None
    return stripped[2:].removeprefix(" ")


def doc_above(text: str, start: int) -> str | None:
    """The doc of the declaration that begins at `start`; only blanks may stand before it on its line."""
    line_start = text.rfind("\n", 0, start) + 1
    if text[line_start:start].strip(" \t\ufeff"):
        return None
    found: list[str] = []
    end = line_start - 1
    while end >= 0:
        begin = text.rfind("\n", 0, end) + 1
        content = _content(text[begin:end])
        if content is None:
            break
        found.append(content)
        end = begin - 1
    return "\n".join(reversed(found)) if found else None


def doc_at_top(text: str, declarations: tuple[Any, ...]) -> str | None:
    """The doc of the whole script."""
    found: list[str] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        content = _content(text[at:end])
        if content is None:
            break
        found.append(content)
        at = end + 1
    if not found:
        return None
    first = declarations[0] if declarations else None
    if (
        isinstance(first, _DOCUMENTED)
        and first.doc is not None
        and not text[at : first.span.start].strip(" \t")
    ):
        return None
    return "\n".join(found)
