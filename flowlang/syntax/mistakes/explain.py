"""From the place of a mistake to its diagnostic: the first explanation that fits."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.diagnostics import Diagnostic
from flowlang.syntax.tokens import BAD, TOO_DEEP

from . import addresses, brackets, statements
from .expected import describe
from .scene import Scene, shown


def _too_deep(scene: Scene) -> Diagnostic | None:
    if scene.token.kind != TOO_DEEP:
        return None
    return scene.diagnostic(
        "E106", "this is nested too deep", hint="put parts of it into `let`s, flows or funcs"
    )


_EXPLANATIONS: tuple[Callable[[Scene], Diagnostic | None], ...] = (
    _too_deep,
    brackets.unclosed_text,
    brackets.unclosed_block,
    brackets.unclosed_bracket,
    statements.foreign_word,
    statements.nearly_a_keyword,
    statements.reserved_word,
    statements.left_out_parentheses,
    statements.bare_expression,
    statements.comma_between_arms,
    addresses.without_quotes,
    addresses.left_out,
)


def explain(scene: Scene) -> Diagnostic:
    """What is wrong there."""
    for explanation in _EXPLANATIONS:
        diagnostic = explanation(scene)
        if diagnostic is not None:
            return diagnostic
    return scene.diagnostic(
        "E101", _met(scene), expected=describe(scene.accepted, scene.last), hint=_joined_line(scene)
    )


def _joined_line(scene: Scene) -> str | None:
    """A comma at a line's end makes one statement of two, and the mistake shows in the second line."""
    before = scene.text[: scene.token.span.start].rpartition("\n")[0].rstrip()
    opener = scene.opener()
    if not before.endswith(",") or (opener is not None and opener.kind != "BLOCK_OPEN"):
        return None
    return "the `,` at the end of the line above makes one statement of both lines"


def _met(scene: Scene) -> str:
    token = scene.token
    if scene.at_end:
        return "the script ends too early"
    if token.kind == "SEPARATOR" and token.text != ";":
        return "the line ends too early"
    if token.kind == BAD:
        return f"{shown(token.text)} is not a sign of the language"
    return f"{shown(token.text)} cannot stand here"
