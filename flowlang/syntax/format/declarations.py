"""Declarations.

An empty line stands between two of them, except where both are on one line, or are constants, `use`s and
routes, and their author put them together. The clauses of a route stand in the order `to`, `from`, `via`,
`when`, `priority`. A `##` comment stays the doc of what it is the doc of: what was no doc is kept apart by an
empty line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flowlang.syntax import ast

from .expressions import expression, target
from .formatting import Formatting, Piece, Row, commas
from .layout import Align, Doc, concat, joined
from .statements import block, optional
from .tests import test_statement


def module(f: Formatting, node: ast.Module) -> Doc:
    """A whole script, without the line end at its end."""
    pieces = f.pieces(node.declarations, _declaration, len(f.text.text))
    _keep_apart(f, pieces)
    _keep_docs(pieces, node.doc)
    return f.lines(pieces)


def _declaration(f: Formatting, node: Any) -> Doc | Row:
    return _FORMS[type(node)](f, node)


# Empty lines ----------------------------------------------------------------------------------------------


def _keep_apart(f: Formatting, pieces: Sequence[Piece]) -> None:
    """Puts the empty lines between declarations."""
    above: int | None = None
    for at, piece in enumerate(pieces):
        if piece.node is None:
            continue
        if above is not None and not (_is_short(f, pieces[above]) and _is_short(f, piece)):
            between = pieces[above + 1 : at + 1]
            if not any(each.blank for each in between):
                between[0].blank = True
        above = at


def _is_short(f: Formatting, piece: Piece) -> bool:
    return isinstance(piece.node, ast.Use | ast.Const | ast.Route) or f.is_one_line(piece)


def _keep_docs(pieces: Sequence[Piece], doc: str | None) -> None:
    """Empty lines between comments and what they do not belong to."""
    top = 0 if doc is None else doc.count("\n") + 1
    for at, piece in enumerate(pieces):
        if at == 0 or piece.blank:
            continue
        above = pieces[at - 1]
        if at == top and above.node is None and _is_doc(piece):
            piece.blank = True
        if isinstance(piece.node, ast.Const | ast.FlowDecl | ast.FuncDecl):
            first = at - (0 if piece.node.doc is None else piece.node.doc.count("\n") + 1)
            if piece.node.doc is None and (_is_doc(above) or len(above.remarks) > 1):
                piece.blank = True
            elif 0 < first < at and (_is_doc(pieces[first - 1]) or len(pieces[first - 1].remarks) > 1):
                pieces[first].blank = True


def _is_doc(piece: Piece) -> bool:
    return piece.node is None and isinstance(piece.doc, str) and piece.doc.startswith("##")


# Forms ----------------------------------------------------------------------------------------------------


def _use(f: Formatting, node: ast.Use) -> Doc:
    return f"use {f.text.quoted(node.span.start)}{optional('as', node.alias)}"


def _const(f: Formatting, node: ast.Const) -> Doc:
    return concat(f"const {node.name} = ", expression(f, node.value))


def _route(f: Formatting, node: ast.Route) -> Row:
    clauses: list[Doc] = []
    for word, value in (("to", node.to), ("from", node.source), ("via", node.via), ("when", node.when)):
        if value is not None:
            clauses.append(concat(f"{word} ", Align(expression(f, value))))
    if node.priority is not None:
        clauses.append(f"priority {node.priority}")
    tail: list[Doc] = ["=> ", target(f, node.target)]
    if node.otherwise is not None:
        tail += [" else ", target(f, node.otherwise)]
    middle = joined(" ", clauses) if clauses else ""
    return Row(ast.Route, (f"route {node.channel}", middle, concat(*tail)))


def _params(f: Formatting, node: ast.FlowDecl | ast.FuncDecl) -> Doc:
    if not node.params:
        return "()" if isinstance(node, ast.FuncDecl) else ""
    return f.bracketed(f.text.find("(", node.name_span.end), ")", node.params, _param)


def _param(f: Formatting, node: ast.Param) -> Doc:
    return node.name if node.default is None else concat(f"{node.name} = ", expression(f, node.default))


def _flow(f: Formatting, node: ast.FlowDecl) -> Row:
    outcomes = f" -> {' | '.join(node.outcomes)}" if node.outcomes else ""
    return Row(ast.FlowDecl, (concat(f"flow {node.name}", _params(f, node), outcomes), block(f, node.body)))


def _func(f: Formatting, node: ast.FuncDecl) -> Doc:
    head = concat(f"func {node.name}", _params(f, node), " ")
    if isinstance(node.body, ast.Block):
        return concat(head, block(f, node.body))
    return concat(head, "= ", expression(f, node.body))


def _policy(f: Formatting, node: ast.PolicyDecl) -> Doc:
    opened = f.text.find("{", node.span.start)
    inline = not f.text.line_ends_behind(opened)
    return concat("policy ", f.braces(opened, node.span.end - 1, node.rules, _policy_rule, inline))


def _policy_rule(f: Formatting, node: ast.PolicyRule) -> Doc:
    values = [expression(f, each) for each in node.values]
    return concat(f"{node.kind} {node.subject} ", commas(values))


def _test(f: Formatting, node: ast.TestDecl) -> Doc:
    title = f.text.quoted(node.span.start)
    opened = f.text.find("{", f.text.text.index(title, node.span.start) + len(title))
    inline = not f.text.line_ends_behind(opened)
    return concat(f"test {title} ", f.braces(opened, node.span.end - 1, node.body, test_statement, inline))


_FORMS: dict[type[ast.Node], Callable[[Formatting, Any], Doc | Row]] = {
    ast.Use: _use,
    ast.Const: _const,
    ast.Route: _route,
    ast.FlowDecl: _flow,
    ast.FuncDecl: _func,
    ast.PolicyDecl: _policy,
    ast.TestDecl: _test,
}
