"""Going on after a mistake, so that one broken statement does not hide what is wrong elsewhere.

The parser goes back to where the broken item (statement, arm, handler, declaration) began, and the text is
left out to the item's end. Where a block was not closed, and where something stands at the top of a script
that is no declaration at all, it goes on at the next line that begins one.

Each time reading goes on further down than where the broken item began, so it ends.
"""

from __future__ import annotations

from .lexer import Lexer
from .machine import Stack
from .mistakes.outline import declaration_line, item_end
from .mistakes.scene import Scene


def resume(scene: Scene, code: str) -> bool:
    """Sets parser and lexer to where reading can go on after the mistake of this code; whether there is such
    a place.
    """
    begin = scene.begin
    depth = _depth(scene.stack, begin, scene.lexer)
    if code == "E102":
        outermost = scene.lexer.open[0].span.end
        return _at_declaration(scene, declaration_line(scene.text, outermost, len(scene.text)))
    if depth == 0 and not scene.item and code != "E105":
        return _at_declaration(scene, declaration_line(scene.text, scene.token.span.end, len(scene.text)))
    end = _item_end(scene, code, depth)
    if end >= len(scene.text):
        return False
    at_closing = depth > 0 and scene.text[end] == "}"
    _back_to(scene.stack, begin)
    scene.lexer.resume(end if at_closing else end + 1, depth)
    return True


def _at_declaration(scene: Scene, at: int | None) -> bool:
    if at is None:
        return False
    _back_to(scene.stack, _declaration_begin(scene.stack, scene.lexer))
    scene.lexer.resume(at, 0)
    return True


def _item_end(scene: Scene, code: str, depth: int) -> int:
    """Where the broken item ends: the place of a line's end, a `;` or the `}` around it."""
    text, start = scene.text, scene.token.span.start
    inner = scene.lexer.open[depth:]
    for each in inner:
        if each.kind == "HOLE_OPEN":  # text that is not closed: what follows in its line tells nothing
            line_end = text.find("\n", each.span.start)
            return len(text) if line_end < 0 else line_end
    if code == "E104" and scene.on_new_line:
        return text.rindex("\n", 0, start)
    braces = sum(each.text == "{" for each in inner)
    return item_end(text, start, len(inner) - braces, braces)


def _depth(stack: Stack, begin: int, lexer: Lexer) -> int:
    """How many brackets were open where the item began."""
    if begin == 0:
        return 0
    start = stack.values[begin - 1].span.start
    return sum(each.span.start <= start for each in lexer.open)


def _declaration_begin(stack: Stack, lexer: Lexer) -> int:
    """How many values stand before the declaration that is being read."""
    for at in range(len(stack.values), 0, -1):
        if getattr(stack.values[at - 1], "kind", None) == "SEPARATOR" and _depth(stack, at, lexer) == 0:
            return at
    return 0


def _back_to(stack: Stack, begin: int) -> None:
    del stack.values[begin:]
    del stack.states[begin + 1 :]
