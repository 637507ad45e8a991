"""Statements.

A block stays on one line where its author put nothing of it on a line of its own (no line end behind `{`), it
fits, and it has no comment; the blocks of one `if`, `try` or `within` do so together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flowlang.syntax import ast

from .commands import command
from .expressions import expression, patterns, target, wait_for
from .formatting import Formatting, Row
from .layout import Align, Doc, Either, concat


def statement(f: Formatting, node: Any) -> Doc | Row:
    """A statement; one that may stand in columns with its neighbours comes as a row."""
    return STATEMENTS[type(node)](f, node)


def block(f: Formatting, node: ast.Block, inline: bool | None = None) -> Doc:
    """`{ … }`; `inline` where other blocks have a say in whether it may stand on one line."""
    if inline is None:
        inline = _is_inline(f, node)
    return f.braces(node.span.start, node.span.end - 1, node.statements, statement, inline)


def _is_inline(f: Formatting, *nodes: ast.Block | None) -> bool:
    return all(
        not f.text.line_ends_behind(each.span.start) and not f.text.has_comment(*each.span)
        for each in nodes
        if each is not None
    )


def optional(word: str, name: str | None) -> str:
    """` word name`, or nothing without a name."""
    return "" if name is None else f" {word} {name}" if word else f" {name}"


def _when(f: Formatting, guard: ast.Expression | None) -> tuple[Doc, ...]:
    return () if guard is None else (" when ", Align(expression(f, guard)))


def value(f: Formatting, node: ast.Expression) -> Doc:
    """The right side of `let`, `=` or `return`."""
    match node:
        case ast.WaitFor():
            return wait_for(f, node)
        case ast.Call():
            return concat(expression(f, node), *_handlers(f, node))
        case _:
            return expression(f, node)


# Calls ----------------------------------------------------------------------------------------------------


def _call_statement(f: Formatting, node: ast.CallStatement) -> Doc:
    call = node.call
    if isinstance(call, ast.Start):
        return expression(f, call)
    return concat(expression(f, call.callee), command(f, call), *_handlers(f, call))


def _handlers(f: Formatting, call: ast.Call) -> tuple[Doc, ...]:
    if not call.handlers:
        return ()
    before = call.arguments[-1].span.end if call.arguments else call.callee.span.end
    opened = f.text.find("{", before)
    return (" ", streams_or_handlers(f, opened, call.span.end - 1, call.handlers))


def streams_or_handlers(f: Formatting, opened: int, closed: int, nodes: Sequence[ast.Node]) -> Doc:
    """The block of an action, of `parallel` or of `race`."""
    inline = not f.text.line_ends_behind(opened)
    return f.braces(opened, closed, nodes, statement, inline)


# Names ----------------------------------------------------------------------------------------------------


def _let(f: Formatting, node: ast.Let) -> Doc:
    secret = "secret " if node.secret else ""
    return concat(f"{secret}let {node.name} = ", value(f, node.value))


def _assign(f: Formatting, node: ast.Assign) -> Doc:
    return concat(f"{node.name} = ", value(f, node.value))


# Choice ---------------------------------------------------------------------------------------------------


def _if(f: Formatting, node: ast.If) -> Doc:
    blocks: list[ast.Block] = []
    branch: ast.Block | ast.If | None = node
    while isinstance(branch, ast.If):
        blocks.append(branch.then)
        branch = branch.otherwise
    if branch is not None:
        blocks.append(branch)
    inline = _is_inline(f, *blocks)
    parts: list[Doc] = []
    branch = node
    while isinstance(branch, ast.If):
        word = "if " if branch is node else " else if "
        parts += [word, Align(expression(f, branch.condition)), " ", block(f, branch.then, inline)]
        branch = branch.otherwise
    if branch is not None:
        parts += [" else ", block(f, branch, inline)]
    return together(parts)


def together(parts: Sequence[Doc]) -> Doc:
    """Blocks of one statement: all on one line or none."""
    if not any(isinstance(each, Either) for each in parts):
        return concat(*parts)
    return Either(
        concat(*(each.flat if isinstance(each, Either) else each for each in parts)),
        concat(*(each.tall if isinstance(each, Either) else each for each in parts)),
    )


def _match(f: Formatting, node: ast.Match) -> Doc:
    subject = node.subject
    head = wait_for(f, subject) if isinstance(subject, ast.WaitFor) else expression(f, subject)
    opened = f.text.find("{", subject.span.end)
    arms = f.braces(opened, node.span.end - 1, node.arms, _arm, inline=False)
    return concat("match ", Align(head), " ", arms)


def _arm(f: Formatting, node: ast.Arm) -> Row:
    head = concat(*patterns(f, node.patterns, before=""), optional("as", node.binding), *_when(f, node.guard))
    only = node.body.statements[0] if len(node.body.statements) == 1 else None
    if only is not None and node.body.span == only.span:
        body = statement(f, only)
        done = body.doc() if isinstance(body, Row) else body
    else:
        done = block(f, node.body)
    return Row(ast.Arm, (head, concat("=> ", done)))


# Loops ----------------------------------------------------------------------------------------------------


def _label(node: ast.While | ast.For | ast.Loop) -> str:
    return "" if node.label is None else f"{node.label}: "


def _while(f: Formatting, node: ast.While) -> Doc:
    condition = Align(expression(f, node.condition))
    return concat(f"{_label(node)}while ", condition, " ", block(f, node.body))


def _for(f: Formatting, node: ast.For) -> Doc:
    items = Align(expression(f, node.iterable))
    return concat(f"{_label(node)}for {node.name} in ", items, " ", block(f, node.body))


def _loop(f: Formatting, node: ast.Loop) -> Doc:
    limit = () if node.limit is None else ("up to ", Align(expression(f, node.limit)), " ")
    return concat(f"{_label(node)}loop ", *limit, block(f, node.body))


def _word(word: str, part: str) -> Callable[[Formatting, Any], Doc]:
    """`break`, `break menu`, `join name`."""

    def form(_: Formatting, node: ast.Node) -> Doc:
        return word + optional("", getattr(node, part))

    return form


# Ends, faults and time ------------------------------------------------------------------------------------


def _return(f: Formatting, node: ast.Return) -> Doc:
    return "return" if node.value is None else concat("return ", value(f, node.value))


def _stop(_f: Formatting, _node: ast.Stop) -> Doc:
    return "stop"


def _raise(f: Formatting, node: ast.Raise) -> Doc:
    return "raise" if node.value is None else concat("raise ", expression(f, node.value))


def _try(f: Formatting, node: ast.Try) -> Doc:
    inline = _is_inline(f, node.body, node.catch, node.final)
    parts: list[Doc] = ["try ", block(f, node.body, inline)]
    if node.catch is not None:
        parts += [" catch", optional("", node.catch_name), " ", block(f, node.catch, inline)]
    if node.final is not None:
        parts += [" finally ", block(f, node.final, inline)]
    return together(parts)


def _wait(f: Formatting, node: ast.Wait) -> Doc:
    return concat("wait ", expression(f, node.duration))


def _wait_until(f: Formatting, node: ast.WaitUntil) -> Doc:
    return concat("wait until ", Align(expression(f, node.condition)))


def _wait_for_statement(f: Formatting, node: ast.WaitForStatement) -> Doc:
    return wait_for(f, node.wait)


def _within(f: Formatting, node: ast.Within) -> Doc:
    inline = _is_inline(f, node.body, node.otherwise)
    parts: list[Doc] = ["within ", Align(expression(f, node.duration)), " ", block(f, node.body, inline)]
    if node.otherwise is not None:
        parts += [" else ", block(f, node.otherwise, inline)]
    return together(parts)


def _every(f: Formatting, node: ast.Every) -> Doc:
    return concat("every ", expression(f, node.duration), " ", block(f, node.body))


# Events and streams ---------------------------------------------------------------------------------------


def _on(f: Formatting, node: ast.On) -> Row:
    head = concat(
        f"on {node.event}", *patterns(f, node.patterns), optional("as", node.binding), *_when(f, node.guard)
    )
    return Row(ast.On, (head, block(f, node.body)))


def _emit(f: Formatting, node: ast.Emit) -> Doc:
    head = f"emit {node.event}"
    return head if node.data is None else concat(f"{head}, ", expression(f, node.data))


def _handoff(f: Formatting, node: ast.Handoff) -> Doc:
    return concat("handoff ", target(f, node.target))


def _stream(f: Formatting, node: ast.Stream) -> Doc:
    return concat("stream", optional("", node.name), " ", block(f, node.body))


def _streams(word: str) -> Callable[[Formatting, Any], Doc]:
    def form(f: Formatting, node: ast.Parallel | ast.Race) -> Doc:
        opened = f.text.find("{", node.span.start)
        return concat(word, " ", streams_or_handlers(f, opened, node.span.end - 1, node.streams))

    return form


STATEMENTS: dict[type[ast.Node], Callable[[Formatting, Any], Doc | Row]] = {
    ast.Let: _let,
    ast.Assign: _assign,
    ast.CallStatement: _call_statement,
    ast.If: _if,
    ast.Match: _match,
    ast.While: _while,
    ast.For: _for,
    ast.Loop: _loop,
    ast.Break: _word("break", "label"),
    ast.Continue: _word("continue", "label"),
    ast.Return: _return,
    ast.Stop: _stop,
    ast.Try: _try,
    ast.Raise: _raise,
    ast.Wait: _wait,
    ast.WaitUntil: _wait_until,
    ast.WaitForStatement: _wait_for_statement,
    ast.Within: _within,
    ast.Every: _every,
    ast.Emit: _emit,
    ast.Handoff: _handoff,
    ast.On: _on,
    ast.Stream: _stream,
    ast.Join: _word("join", "name"),
    ast.Cancel: _word("cancel", "name"),
    ast.Parallel: _streams("parallel"),
    ast.Race: _streams("race"),
}
