"""Tree to text, in one canonical form: what `flow fmt` does.

The form depends on the tree and on four things that an author decides: whether a line ends behind an opening
bracket (then what is inside stands on lines of its own), where an empty line stands, where parentheses group
operations, and how a literal is spelled. Comments are kept, each once and in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.diagnostics import Diagnostic, Source, has_errors
from flowlang.syntax import ast
from flowlang.syntax.parser import parse

from .declarations import module
from .formatting import Formatting
from .layout import layout
from .same import same_tree
from .source import Text


@dataclass(frozen=True, slots=True)
class Formatted:
    """The canonical text of a script, or `None` and what is wrong with it."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...]


def format_source(source: Source) -> Formatted:
    """Puts a script into its canonical form. Lines end with LF, a byte order mark is dropped."""
    source = Source(source.name, source.text.removeprefix("\ufeff").replace("\r\n", "\n"))
    parsed = parse(source)
    if parsed.module is None or has_errors(parsed.diagnostics):
        return Formatted(None, parsed.diagnostics)
    flows = frozenset(each.name for each in parsed.module.declarations if isinstance(each, ast.FlowDecl))
    f = Formatting(Text(source.text, parsed.comments), flows)
    text = layout(module(f, parsed.module))
    if not text:
        return Formatted("", ())
    return Formatted(f"{_apart(parsed.module, text)}{text}\n", ())


def _apart(node: ast.Module, text: str) -> str:
    """An empty line above a `##` comment that is no doc: at the very top it would become the script's."""
    first = node.declarations[0] if node.declarations else None
    documented = isinstance(first, ast.Const | ast.FlowDecl | ast.FuncDecl) and first.doc is not None
    return "\n" if text.startswith("##") and node.doc is None and not documented else ""


__all__ = ["Formatted", "format_source", "same_tree"]
