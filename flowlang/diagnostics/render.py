"""A diagnostic as the lines that a person reads, or as a JSON object for a program.

desk.flow:12:9: error E201: nothing is called `sya`
    sya "Hello"
    ^^^ did you mean `say`?
"""

from __future__ import annotations

from typing import Any

from .diagnostic import Diagnostic

_INDENT = "    "
_LONGEST = 160  # characters of a source line: two rows of a usual terminal

_MOST_CARETS = 40  # below what does not end on the shown part of the line


def _excerpt(diagnostic: Diagnostic) -> tuple[str, str]:
    """The source line, or the part of a long one around the place, and carets below what the span covers of
    it; tabs stay tabs so that columns line up."""
    line, column = diagnostic.position
    text = diagnostic.source.line(line)
    first = max(0, column - 1 - _LONGEST // 2) if len(text) > _LONGEST else 0
    last = min(len(text), first + _LONGEST)
    shown = "".join(map(_printable, text[first:last]))
    before = "".join("\t" if character == "\t" else " " for character in text[first : column - 1])
    width = max(1, diagnostic.span.end - diagnostic.span.start)
    if width > last - column + 1:
        width = max(1, min(last - column + 1, _MOST_CARETS))
    if first:
        shown, before = "…" + shown, " " + before
    return shown + ("…" if last < len(text) else ""), before + "^" * width


def _printable(character: str) -> str:
    return character if character == "\t" or character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def _advice(diagnostic: Diagnostic) -> str:
    parts: list[str] = []
    if diagnostic.expected:
        parts.append("expected " + " or ".join(_listed(diagnostic.expected)))
    if diagnostic.near is not None:
        parts.append(f"did you mean `{diagnostic.near}`?")
    if diagnostic.hint:
        parts.append(diagnostic.hint)
    return "; ".join(parts)


def _listed(names: tuple[str, ...]) -> list[str]:
    if len(names) < 2:
        return list(names)
    return [", ".join(names[:-1]), names[-1]]


def render(diagnostic: Diagnostic) -> str:
    """Three lines: place and message, the source line, carets with what was expected."""
    line, column = diagnostic.position
    place = f"{diagnostic.source.name}:{line}:{column}"
    head = f"{place}: {diagnostic.severity.value} {diagnostic.code}: {diagnostic.message}"
    shown, carets = _excerpt(diagnostic)
    caret = f"{carets} {_advice(diagnostic)}".rstrip()
    return f"{head}\n{_INDENT}{shown}\n{_INDENT}{caret}"


def render_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The same as plain data: `file`, `line`, `column`, `end_line`, `end_column`, `severity`, `code`,
    `message`, …"""
    start = diagnostic.position
    end = diagnostic.source.position(diagnostic.span.end)
    return {
        "file": diagnostic.source.name,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "expected": list(diagnostic.expected),
        "near": diagnostic.near,
        "hint": diagnostic.hint,
    }
