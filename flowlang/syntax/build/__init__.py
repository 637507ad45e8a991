"""From rules to nodes: one function for each rule of the grammar, split by construct."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import choices, declarations, events, expressions, literals, statements, tests
from .building import MAX_DEPTH, Building, TooDeep

BUILDERS: dict[str, Callable[[Building, list[Any]], Any]] = {
    **declarations.BUILDERS,
    **statements.BUILDERS,
    **choices.BUILDERS,
    **events.BUILDERS,
    **expressions.BUILDERS,
    **literals.BUILDERS,
    **tests.BUILDERS,
}

__all__ = ["BUILDERS", "MAX_DEPTH", "Building", "TooDeep"]
