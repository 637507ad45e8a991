"""Mistakes in how a statement is begun or a call is written."""

from __future__ import annotations

from typing import Any

from flowlang.diagnostics import Diagnostic, Span, near_name
from flowlang.syntax import ast
from flowlang.syntax.lexer import Lexer, vocabulary
from flowlang.syntax.probe import accepted, reads_past
from flowlang.syntax.tokens import Token

from .scene import Scene, item_begin, shown

_RESERVED = {"TRUE", "FALSE", "NONE", "NOT", "AND", "OR", "IN"}
_OPERATORS = {
    "PLUS", "MINUS", "STAR", "SLASH", "WHOLE_DIVIDE", "PERCENT", "COMPARE", "AND", "OR", "WRONG_AND",
    "WRONG_OR", "IN", "NOT", "DOT", "OPTIONAL_DOT", "LSQB",
}  # fmt: skip
_BEGINS_A_VALUE = {
    "NUMBER", "DURATION", "PHONE", "TEXT", "RAW_TEXT", "TEMPLATE_OPEN", "LONG_OPEN", "TRUE", "FALSE", "NONE",
    "REGEX", "LPAR", "LSQB", "MINUS", "NOT", "WRONG_NOT", "SLASH", "WHOLE_DIVIDE", "MAP_OPEN",
}  # fmt: skip

_SHORT = 2  # letters of a word too short to be a keyword gone wrong

# How other languages say it.
_FOREIGN = {
    "elif": "else if", "elseif": "else if", "elsif": "else if",
    "def": "func", "fn": "func", "function": "func",
    "set": "let", "var": "let",
    "case": "match", "switch": "match",
    "except": "catch", "throw": "raise",
    "foreach": "for", "repeat": "loop",
    "exit": "stop", "import": "use", "sleep": "wait",
}  # fmt: skip


def reserved_word(scene: Scene) -> Diagnostic | None:
    """A word that can never be a name, where only a name may stand."""
    if scene.token.kind not in _RESERVED or "NAME" not in scene.accepted or "NUMBER" in scene.accepted:
        return None
    return scene.diagnostic("E109", f"{shown(scene.token.text)} is a reserved word and cannot be a name")


def foreign_word(scene: Scene) -> Diagnostic | None:
    """A word that another language has for one of ours, at the beginning of a statement or right behind a
    `}`.
    """
    for _, (word, span) in _candidates(scene):
        ours = _FOREIGN.get(word)
        if ours is not None:
            return scene.diagnostic(
                "E105", f"{shown(word)} is not a word of the language", span=span, near=ours
            )
    return None


def _first_word(item: list[Any]) -> tuple[str, Span] | None:
    if not item:
        return None
    first: Any = item[0]
    if isinstance(first, ast.Name):
        return first.name, first.span
    if isinstance(first, Token) and first.kind == "NAME":
        return first.text, first.span
    return None


def nearly_a_keyword(scene: Scene) -> Diagnostic | None:
    """`lop up to 3`, `flwo desk {`, `route call form +1…`.

    With the keyword in its place the text could be read.
    """
    keywords = vocabulary().keywords
    for states, (word, span) in _candidates(scene):
        here = accepted(states)
        known = [text for text, kind in keywords.items() if kind in here and text != word]
        near = near_name(word, known) if len(word) > _SHORT else None
        if near is None:
            continue
        text = scene.text[: span.start] + near + scene.text[span.end :]
        moved = scene.token.span.end + len(near) - len(word)
        if reads_past(Lexer(text, span.start), states, moved - 1):
            return scene.diagnostic(
                "E105", f"{shown(word)} is not a word of the language", span=span, near=near
            )
    return None


def _candidates(scene: Scene) -> list[tuple[list[int], tuple[str, Span]]]:
    """Words that may have been meant to be keywords, each with the states of the parser before it.

    They are the token itself, the word before it, the first word of the item and, in a block behind a call
    (`swich x { 1 => …`), the first word of that call.
    """
    states, values, begin = scene.stack.states, scene.stack.values, scene.begin
    found: list[tuple[list[int], tuple[str, Span]]] = []
    if scene.token.kind == "NAME":
        found.append((states, (scene.token.text, scene.token.span)))
    if _is(scene.last, "NAME"):
        found.append((states[:-1], (scene.last.text, scene.last.span)))
    begins = [begin]
    if not scene.item and _in_handlers(scene):
        begins.append(item_begin(values[: begin - 1]))
    for at in begins:
        first = _first_word(values[at:])
        if first is not None:
            found.append((states[: at + 1], first))
    return found


def _in_handlers(scene: Scene) -> bool:
    """Whether this is the beginning of a block behind a call, where only `on` may stand."""
    begun = scene.stack.values[: scene.begin]
    others = {"LET", "ALLOW", "EXPECT", "STREAM", "WILDCARD", "NUMBER"}
    return (
        bool(begun)
        and _is(begun[-1], "BLOCK_OPEN")
        and "ON" in scene.accepted
        and not scene.accepted & others
    )


def left_out_parentheses(scene: Scene) -> Diagnostic | None:
    """`say (a) + b`, `say {a: 1}`: what begins so must stand in parentheses."""
    item = scene.item
    if len(item) >= 3 and _is(item[1], "LPAR") and _is(item[-1], "RPAR") and scene.token.kind in _OPERATORS:
        return scene.diagnostic(
            "E124", "the parentheses of a call cannot be left out before `(`",
            span=item[1].span, hint="put all of the arguments in parentheses",
        )  # fmt: skip
    if item or not _in_handlers(scene):
        return None
    rest = scene.text[scene.token.span.end :].lstrip(" \t")
    if rest.startswith(":") or scene.token.kind == "SPREAD":
        return scene.diagnostic(
            "E124", "the parentheses of a call cannot be left out before `{`",
            span=scene.last.span, hint="put the arguments in parentheses",
        )  # fmt: skip
    return scene.diagnostic(
        "E132", f"{shown(scene.token.text)} cannot stand in the block behind a call", expected=("`on`", "`}`")
    )


def comma_between_arms(scene: Scene) -> Diagnostic | None:
    """`1 => a(), 2 => b()`."""
    if scene.token.kind != "THEN" or not any(_is(each, "THEN") for each in scene.item):
        return None
    return scene.diagnostic("E133", "arms are parted by the end of a line or `;`, not by `,`")


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, Token) and value.kind == kind


def bare_expression(scene: Scene) -> Diagnostic | None:
    """`n + 1`, `"Hello"`, `x[1] = 2` as a statement."""
    item = scene.item
    if scene.token.kind == "EQUAL" and len(item) == 2 and _is_item_of_list(item):
        return scene.diagnostic(
            "E125",
            "values cannot be changed, only names are assigned",
            span=Span(item[0].span[0], item[1].span[1]),
        )
    begins = not item and {"LET", "RETURN"} <= scene.accepted and scene.token.kind in _BEGINS_A_VALUE
    goes_on = bool(item) and all(_is_name(each) for each in item) and scene.token.kind in _OPERATORS
    if not begins and not goes_on:
        return None
    return scene.diagnostic(
        "E131", "a value alone is not a statement",
        hint="a statement is a call, such as `say \"Hello\"`, or begins with a word such as `let` or `if`",
    )  # fmt: skip


def _is_name(value: Any) -> bool:
    """A name, dotted or not, or what has been read of one."""
    return isinstance(value, ast.Name | ast.Field | list) or _is(value, "NAME") or _is(value, "DOT")


def _is_item_of_list(item: list[Any]) -> bool:
    return isinstance(item[0], ast.Name | ast.Field) and isinstance(item[1], ast.ListLiteral)
