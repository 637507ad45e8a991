"""Mistakes in addresses: one that is left out of a route, and one that is written without quotes."""

from __future__ import annotations

import re

from flowlang.diagnostics import Diagnostic, Span
from flowlang.syntax.tokens import Token

from .scene import Scene, shown

_BARE = re.compile(r"(?:tel|sips?|sms|mailto|chat|https?):[^\s,;(){}\[\]\"]+")
_MOST = 60
"""Characters of an address that a message repeats; those before the mistake are looked at."""
_CHANNEL = re.compile(r"route\s+([a-z]+)")
_EXAMPLES = {
    "email": '"mailto:desk@clinic.example"',
    "chat": '"chat:desk"',
    "webhook": '"/orders"',
    "schedule": '"0 9 * * mon-fri"',
}


def without_quotes(scene: Scene) -> Diagnostic | None:
    """`to mailto:desk@clinic.example`."""
    place = scene.token.span.start
    line = scene.text.rfind("\n", 0, place) + 1
    for bare in _BARE.finditer(scene.text, max(line, place - _MOST), place + 2 * _MOST):
        start, end = bare.span()
        if start < place < end:
            hint = f'write `"{bare[0]}"`' if len(bare[0]) <= _MOST and bare[0].isprintable() else None
            return scene.diagnostic(
                "E101", "an address is a text, and stands in quotes", span=Span(start, end), hint=hint
            )
    return None


def left_out(scene: Scene) -> Diagnostic | None:
    """`route email to => main`."""
    item, last = scene.item, scene.last
    if not item or not isinstance(item[0], Token) or item[0].kind != "ROUTE" or not isinstance(last, Token):
        return None
    if last.kind not in ("TO", "FROM"):
        return None
    channel = _CHANNEL.match(scene.text, item[0].span.start)
    example = _EXAMPLES.get(channel[1] if channel else "", "+14155550100")
    what = shown(scene.token.text) if scene.token.text.strip() else "the end of the line"
    message = f"an address is missing between `{last.text}` and {what}"
    return scene.diagnostic("E101", message, expected=(f"an address, such as `{example}`",))
