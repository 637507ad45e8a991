"""What to write instead, where more than one check says it."""

from __future__ import annotations

from flowlang.syntax import ast

from .script import Script
from .types import Ended, Type


def text_of_outcome(script: Script, node: ast.Expression, known: Type) -> str | None:
    """How to write the text of an outcome, where one stands that has a text; else `None`."""
    if isinstance(known, Ended) and "text" in known.fields and isinstance(node, ast.Name):
        return f"its text is `{script.report.source[node.span]}.text`"
    return None
