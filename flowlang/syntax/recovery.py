"""Going on after a mistake, so that one broken statement does not hide what is wrong elsewhere.

The parser goes back to where the broken item (statement, arm, handler, declaration) began, and the text is
left out to the item's end. Past a broken declaration, or where a block was not closed, it goes on at the
next line that begins a declaration.
"""

from __future__ import annotations

from .lexer import Lexer
from .machine import Stack
from .mistakes.outline import declaration_line, item_end
from .mistakes.scene import Scene


def resume(scene: Scene, *, block_not_closed: bool) -> bool:
    """Sets parser and lexer to where reading can go on; whether there is such a place."""
    stack, lexer, text = scene.stack, scene.lexer, scene.text
    begin = scene.begin
    depth = _depth(stack, begin, lexer)
    if block_not_closed or depth == 0:
        outermost = lexer.open[0].span.end if block_not_closed and lexer.open else scene.token.span.start
        after = declaration_line(text, outermost, len(text))
        if after is None or (after <= scene.token.span.start and not block_not_closed):
            after = declaration_line(text, scene.token.span.end, len(text))
        if after is None:
            return False
        _back_to(stack, _declaration_begin(stack, lexer))
        lexer.resume(after, 0)
        return True
    inner = lexer.open[depth:]
    braces = sum(each.text not in ("(", "[") for each in inner)
    end = item_end(text, scene.token.span.start, len(inner) - braces, braces)
    if end >= len(text):
        return False
    _back_to(stack, begin)
    lexer.resume(end if text[end] == "}" else end + 1, depth)
    return True


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
