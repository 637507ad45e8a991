"""Expressions.

Parentheses stay where the author put them around an operation within another one, since they help the reader,
and where reading would go wrong without; all others are left out. A long operation is broken behind its
operators, with the operands below each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowlang.syntax import ast
from flowlang.syntax.lexer import vocabulary

from .formatting import Formatting, commas, remarks
from .layout import LINE, Align, Concat, Doc, Either, Fill, Nest, concat, fill, joined, layout
from .source import leftmost_child

# How tightly things bind, weakest first.
_WHOLE, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _POSTFIX = range(9)
_LEVELS = {
    "or": _OR, "and": _AND, "not in": _COMPARISON, "in": _COMPARISON, "+": _SUM, "-": _SUM,
    "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT,
}  # fmt: skip


def expression(f: Formatting, node: Any) -> Doc:
    """An expression, or an item of a list or map, that stands for itself."""
    doc = _FORMS[type(node)](f, node)
    return concat("(", doc, ")") if _is_keyword_kept_apart(f, node) else doc


def _level(node: ast.Expression) -> int:
    match node:
        case ast.Binary() | ast.Logical():
            return _LEVELS.get(node.operator, _COMPARISON)
        case ast.Unary():
            return _NOT if node.operator == "not" else _SIGN
        case ast.Start():
            return _WHOLE
        case _:
            return _POSTFIX


def operand(f: Formatting, node: ast.Expression, least: int) -> Doc:
    """An expression inside of another one that takes what binds at least so tightly."""
    doc = _FORMS[type(node)](f, node)
    if _level(node) < least or _is_grouped(f, node) or _is_keyword_kept_apart(f, node):
        return concat("(", Align(doc), ")")
    return doc


def _is_grouped(f: Formatting, node: ast.Expression) -> bool:
    """Whether the author put an operation into parentheses."""
    return isinstance(node, ast.Binary | ast.Logical | ast.Unary) and f.text.parenthesised(node)


def _is_keyword_kept_apart(f: Formatting, node: ast.Expression) -> bool:
    """Whether it begins with a name that would be a keyword without the parentheses: `wait (until)`."""
    if isinstance(node, ast.WaitFor) or not f.text.parenthesised(node):
        return False
    first: ast.Node = node
    while (left := leftmost_child(first)) is not None:
        first = left
    return isinstance(first, ast.Name) and first.name in vocabulary().keywords


# Operators ------------------------------------------------------------------------------------------------


def _operation(f: Formatting, node: ast.Binary | ast.Logical) -> Doc:
    level = _level(node)
    chain: list[tuple[str, ast.Expression]] = []  # operators with their right operands, last first
    left: ast.Expression = node
    while isinstance(left, ast.Binary | ast.Logical) and _level(left) == level:
        if left is not node and (level == _COMPARISON or f.text.parenthesised(left)):
            break
        chain.append((left.operator, left.right))
        left = left.left
    begin = left.span.start
    tightest = level + 1 if level == _COMPARISON else level
    parts = [operand(f, left, tightest)]
    broken = False
    before = left
    for operator, right in reversed(chain):
        parts[-1] = concat(parts[-1], " ", operator)
        if f.text.has_comment(begin, right.span.start) and (taken := f.text.take(right.span.start)):
            broken = True
            parts[-1] = concat(parts[-1], *remarks([f.text.comment(each) for each in taken]))
        broken = broken or (operator == "-" and _ends_in_phone_number(before))
        parts.append(operand(f, right, level + 1))
        begin, before = right.span.start, right
    if broken:
        return Align(joined(LINE, parts))
    return Align(fill(parts)) if level > _NOT else Either(joined(" ", parts), Align(joined(LINE, parts)))


def _ends_in_phone_number(node: ast.Node) -> bool:
    """With `-` and digits behind it on its line a phone number would be read as one written with hyphens."""
    while True:
        match node:
            case ast.Binary() | ast.Logical():
                node = node.right
            case ast.Unary():
                node = node.operand
            case ast.Call() if node.arguments:
                node = node.arguments[-1].value
            case _:
                return isinstance(node, ast.PhoneNumber)


def _unary(f: Formatting, node: ast.Unary) -> Doc:
    if node.operator == "not":
        return concat("not ", operand(f, node.operand, _NOT))
    return concat("-", operand(f, node.operand, _SIGN))


# Names, calls ---------------------------------------------------------------------------------------------


def _name(_: Formatting, node: ast.Name) -> Doc:
    return node.name


def _field(f: Formatting, node: ast.Field) -> Doc:
    return concat(operand(f, node.value, _POSTFIX), f"{'?.' if node.optional else '.'}{node.name}")


def _index(f: Formatting, node: ast.Index) -> Doc:
    return concat(operand(f, node.value, _POSTFIX), "[", Align(expression(f, node.index)), "]")


def _call(f: Formatting, node: ast.Call) -> Doc:
    return concat(operand(f, node.callee, _POSTFIX), call_brackets(f, node))


def call_brackets(f: Formatting, node: ast.Call) -> Doc:
    """The arguments of a call with their parentheses."""
    if not node.arguments:
        return "()"
    return f.bracketed(f.text.find("(", node.callee.span.end), ")", node.arguments, argument)


def argument(f: Formatting, node: ast.Argument) -> Doc:
    """`value` or `name: value`."""
    value = expression(f, node.value)
    return value if node.name is None else concat(f"{node.name}: ", value)


def target(f: Formatting, node: ast.FlowTarget) -> Doc:
    """A flow to start: `desk`, `module.desk(1)`."""
    name = node.name if node.module is None else f"{node.module}.{node.name}"
    if not node.arguments:
        return name
    return concat(name, f.bracketed(f.text.find("(", node.span.start), ")", node.arguments, argument))


def _start(f: Formatting, node: ast.Start) -> Doc:
    return concat("start ", target(f, node.target))


def _wait_for_in_parentheses(f: Formatting, node: ast.WaitFor) -> Doc:
    return concat("(", wait_for(f, node), ")")


def wait_for(f: Formatting, node: ast.WaitFor) -> Doc:
    """`wait for EVENT [pattern, …] [within D]`."""
    within = () if node.within is None else (" within ", operand(f, node.within, _OR))
    return concat(f"wait for {node.event}", *patterns(f, node.patterns), *within)


def patterns(f: Formatting, nodes: tuple[ast.Pattern, ...], before: str = " ") -> tuple[Doc, ...]:
    """Patterns with commas between; nothing where there are none."""
    return (before, commas([_pattern(f, each) for each in nodes])) if nodes else ()


def _pattern(f: Formatting, node: ast.Pattern) -> Doc:
    match node:
        case ast.OutcomePattern():
            return node.name
        case ast.Wildcard():
            return "_"
        case _:
            written = f.text.spelling(node)
            return "-" + written.split()[-1].lstrip("-") if written.startswith("-") else written


# Literals -------------------------------------------------------------------------------------------------


def _as_written(f: Formatting, node: ast.Expression) -> Doc:
    return f.text.spelling(node)


def _template(f: Formatting, node: ast.Template) -> Doc:
    """The text stays as it is, what stands in `${}` becomes canonical; a template with a comment in it stays
    as a whole."""
    start, end = f.text.without_parentheses(node)
    if f.text.has_comment(start, end):
        return _with_its_comments(f, start, end)
    done: list[str] = []
    at = start
    f.holes += 1
    for hole in node.parts:
        if isinstance(hole, str):
            continue
        gap = f.text.text[at : hole.span.start]
        done.append(gap.lstrip(" \t\n").rstrip(" \t\n") if done else gap.rstrip(" \t\n"))
        done.append(layout(_on_one_line(expression(f, hole))))
        at = hole.span.end
    f.holes -= 1
    done.append(f.text.text[at:end].lstrip(" \t\n"))
    return "".join(done)


def _with_its_comments(f: Formatting, start: int, end: int) -> Doc:
    """A template as it is written. Comments that still wait to be given go before those in it."""
    before = f.text.take(start)
    f.text.take(end)
    return concat(*remarks([f.text.comment(each) for each in before]), f.text.text[start:end])


def _on_one_line(doc: Doc) -> Doc:
    """The same without a choice."""
    match doc:
        case Either():
            return _on_one_line(doc.flat)
        case Concat():
            return Concat(tuple(_on_one_line(each) for each in doc.parts), doc.hard)
        case Fill():
            return joined(" ", [_on_one_line(each) for each in doc.items])
        case Nest() | Align():
            return _on_one_line(doc.doc)
        case _:
            return doc


def _list(f: Formatting, node: ast.ListLiteral) -> Doc:
    return f.bracketed(f.text.find("[", node.span.start), "]", node.items, expression)


def _map(f: Formatting, node: ast.MapLiteral) -> Doc:
    return f.bracketed(f.text.find("{", node.span.start), "}", node.entries, expression)


def _spread(f: Formatting, node: ast.Spread) -> Doc:
    return concat("...", expression(f, node.value))


def _entry(f: Formatting, node: ast.Entry) -> Doc:
    quoted = f.text.text[node.span.start] in "\"'"
    key = f.text.quoted(node.span.start) if quoted else node.key
    return concat(f"{key}: ", expression(f, node.value))


_FORMS: dict[type[ast.Node], Callable[[Formatting, Any], Doc]] = {
    ast.Number: _as_written,
    ast.Boolean: _as_written,
    ast.NoneLiteral: _as_written,
    ast.DurationLiteral: _as_written,
    ast.PhoneNumber: _as_written,
    ast.Regex: _as_written,
    ast.Text: _as_written,
    ast.Template: _template,
    ast.ListLiteral: _list,
    ast.MapLiteral: _map,
    ast.Spread: _spread,
    ast.Entry: _entry,
    ast.Name: _name,
    ast.Field: _field,
    ast.Index: _index,
    ast.Unary: _unary,
    ast.Binary: _operation,
    ast.Logical: _operation,
    ast.Call: _call,
    ast.WaitFor: _wait_for_in_parentheses,
    ast.Start: _start,
}
