"""Brackets and braces that are not closed, and quotes."""

from __future__ import annotations

import re

from flowlang.diagnostics import Diagnostic, Span
from flowlang.syntax.tokens import BAD, END, Token

from .outline import blamed_brace, declaration_line
from .scene import Scene, shown

_QUOTES = {"TEMPLATE_OPEN": '"', "LONG_OPEN": '"""'}
_CLOSING = {"LPAR": ")", "LSQB": "]", "MAP_OPEN": "}", "BLOCK_OPEN": "}", "HOLE_OPEN": "}"}


def unclosed_text(scene: Scene) -> Diagnostic | None:
    """A quote without its partner."""
    if scene.token.kind == BAD and scene.token.text == "'":
        return scene.diagnostic("E103", "the text is not closed on its line", expected=("`'`",))
    accepted = scene.accepted
    if scene.token.kind not in (BAD, END) or not accepted & {"TEMPLATE_CLOSE", "LONG_CLOSE"}:
        return _unclosed_hole(scene)
    opened = _open_quote(scene)
    if opened is None:
        return None
    quote = _QUOTES[opened.kind]
    where = "" if quote == '"""' else " on its line"
    return scene.diagnostic(
        "E103", f"the text is not closed{where}", span=opened.span, expected=(f"`{quote}`",)
    )


def _open_quote(scene: Scene) -> Token | None:
    for value in reversed(scene.stack.values):
        if isinstance(value, Token) and value.kind in _QUOTES:
            return value
    return None


def _unclosed_hole(scene: Scene) -> Diagnostic | None:
    """`"${name"`, or the line ends."""
    opener = scene.opener()
    if opener is None or opener.kind != "HOLE_OPEN" or "RBRACE" not in scene.accepted:
        return None
    if not (scene.on_new_line or scene.at_end or scene.token.text.startswith('"')):
        return None
    return scene.diagnostic("E103", "the `${` is not closed", span=opener.span, expected=("`}`",))


def unclosed_block(scene: Scene) -> Diagnostic | None:
    """A declaration begins, or the script ends, while a block is open."""
    blocks = [each for each in scene.lexer.open if each.kind == "BLOCK_OPEN"]
    if not blocks:
        return None
    at = declaration_line(scene.text, blocks[0].span.end, scene.token.span.end)
    if at is None and not (scene.at_end and scene.lexer.open[-1:] == blocks[-1:]):
        return None
    end = len(scene.text) if at is None else at
    brace = blamed_brace(scene.text, blocks[0].span.start, end)
    if brace is None:
        return None
    return scene.diagnostic(
        "E102", "this block is not closed", span=Span(brace, brace + 1), expected=("`}`",)
    )


def unclosed_bracket(scene: Scene) -> Diagnostic | None:
    """A `(`, a `[` or a map's `{` that the script goes on without closing."""
    opener = scene.opener()
    if opener is None or opener.kind == "BLOCK_OPEN":
        return None
    closing = _CLOSING[opener.kind]
    wrong_closer = scene.token.kind in ("RPAR", "RSQB", "RBRACE") and scene.token.text != closing
    could_close = {"(": "RPAR", "[": "RSQB"}.get(opener.text, "RBRACE") in scene.accepted
    goes_on = scene.on_new_line and could_close and re.match(r"[A-Za-z_]", scene.token.text) is not None
    if not (wrong_closer or goes_on or scene.at_end):
        return None
    met = "the script ends" if scene.at_end else f"{shown(scene.token.text)} comes"
    return scene.diagnostic(
        "E104",
        f"this {shown(opener.text)} is not closed before {met}",
        span=opener.span,
        expected=(f"`{closing}`",),
    )
