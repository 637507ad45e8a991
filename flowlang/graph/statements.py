"""Statements to items, a construct a case."""

from __future__ import annotations

from typing import assert_never

from flowlang.diagnostics import Span
from flowlang.syntax import ast

from .calls import acts, steps
from .model import ENDS, Block, Branch, Choice, Fork, Guarded, Item, Loop, Piece, Side, Sided, Step
from .scope import LoopScope, Scope

_PURE = ast.Let | ast.Assign


def block(scope: Scope, statements: tuple[ast.Statement, ...]) -> Block:
    """A sequence. From its first handler or stream on, everything stands in one part with all of them beside
    it; what follows an item that control never leaves is not drawn."""
    items: list[Item] = []
    for place, statement in enumerate(statements):
        if isinstance(statement, ast.On | ast.Stream):
            rest = statements[place:]
            sides = tuple(_side(scope, each) for each in rest if isinstance(each, ast.On | ast.Stream))
            main = block(scope, tuple(each for each in rest if not isinstance(each, ast.On | ast.Stream)))
            return Block((*items, Sided(main, sides)), main.is_open)
        if _is_pure(scope, statement):
            _add_pure(scope, items, statement)
            continue
        found = _items(scope, statement)
        items += found
        if not all(map(_goes_on, found)):
            return Block(tuple(items), is_open=False)
    return Block(tuple(items), is_open=True)


def _goes_on(item: Item) -> bool:
    match item:
        case Step(node):
            return node.kind not in ENDS
        case Choice(branches=branches):
            return any(each.block.is_open for each in branches)
        case Loop():
            return item.is_left
        case Guarded():
            return item.body.is_open or (item.escape is not None and item.escape.block.is_open)
        case Sided():
            return item.block.is_open
        case Fork():
            return not item.streams or any(each.block.is_open for each in item.streams)


def _is_pure(scope: Scope, statement: ast.Statement) -> bool:
    return isinstance(statement, _PURE) and not acts(scope, statement.value)


def _add_pure(scope: Scope, items: list[Item], statement: ast.Statement) -> None:
    """Assignments one after the other share a node: they are seldom what somebody looks for."""
    assert isinstance(statement, _PURE)
    text = f"{statement.name} = {scope.flow.words.spoken(statement.value, 60)}"
    last = items[-1] if items else None
    if isinstance(last, Step) and last.node.kind == "set" and last.node.text.count("\n") < 3:
        node = last.node
        items[-1] = Step(type(node)(node.id, "set", "", f"{node.text}\n{text}", node.line, node.piece))
    else:
        items.append(Step(scope.node("set", "", text, statement)))


def _items(scope: Scope, statement: ast.Statement) -> list[Item]:
    words = scope.flow.words
    match statement:
        case ast.Let() | ast.Assign():
            return steps(scope, statement.value, result=statement.name)
        case ast.CallStatement(call=call):
            return steps(scope, call) or [Step(scope.node("set", "", words.of(call), statement))]
        case ast.WaitForStatement(wait=wait):
            return steps(scope, wait)
        case ast.Wait(duration=duration):
            return [*steps(scope, duration), Step(scope.node("wait", "wait", words.of(duration), statement))]
        case ast.WaitUntil(condition=condition):
            return [
                *steps(scope, condition),
                Step(scope.node("wait", "wait until", words.of(condition), statement)),
            ]
        case ast.Emit(data=data):
            before = steps(scope, data) if data is not None else []
            text = words.spoken(data) if data is not None else ""
            return [*before, Step(scope.node("action", f"emit {statement.event}", text, statement))]
        case ast.Join(name=name):
            return [Step(scope.node("wait", f"join {name}", "", statement))]
        case ast.Cancel(name=name):
            return [Step(scope.node("action", f"cancel {name}", "", statement))]
        case ast.If():
            return _if(scope, statement)
        case ast.Match():
            return _match(scope, statement)
        case ast.While() | ast.For() | ast.Loop() | ast.Every():
            return _loop(scope, statement)
        case ast.Within():
            return _within(scope, statement)
        case ast.Try():
            return _try(scope, statement)
        case ast.Parallel() | ast.Race():
            return [_fork(scope, statement)]
        case ast.On() | ast.Stream():
            raise AssertionError("`block` takes these")
        case ast.Break() | ast.Continue() | ast.Return() | ast.Raise() | ast.Handoff() | ast.Stop():
            return _leave(scope, statement)
        case _:
            assert_never(statement)


_Leaving = ast.Break | ast.Continue | ast.Return | ast.Raise | ast.Handoff | ast.Stop


def _leave(scope: Scope, statement: _Leaving) -> list[Item]:
    """What ends its block."""
    words = scope.flow.words
    match statement:
        case ast.Break(label=label) | ast.Continue(label=label):
            loop = scope.loop(label)
            goes_back = isinstance(statement, ast.Continue)
            if loop is None:  # in an action's own block
                return [Step(scope.node("leave", "break off", "", statement))]
            loop.is_left = loop.is_left or not goes_back
            name = loop.label or "the loop"
            if goes_back:
                return [Step(scope.node("back", f"back to {name}", "", statement, loop.node_id))]
            return [Step(scope.node("leave", f"leave {name}", "", statement, loop.node_id))]
        case ast.Return(value=value):
            before = steps(scope, value) if value is not None else []
            text = words.spoken(value) if value is not None and not before else ""
            return [*before, Step(scope.node("end", "return", text, statement))]
        case ast.Raise(value=value):
            text = words.spoken(value) if value is not None else ""
            return [Step(scope.node("fault", "raise", text, statement))]
        case ast.Handoff(target=target):
            key = scope.flow.program.target(target).key
            title = f"hand off to {words.target(target)}"
            return [Step(scope.node("end", title, "", statement, scope.flow.starts.get(key)))]
        case ast.Stop():
            return [Step(scope.node("end", "stop", "", statement))]
        case _:
            assert_never(statement)


def _if(scope: Scope, statement: ast.If) -> list[Item]:
    """A chain of `else if` is one choice, whose branches stand in the order in which they are looked at."""
    words = scope.flow.words
    chain = [statement]
    while isinstance(chain[-1].otherwise, ast.If):
        chain.append(chain[-1].otherwise)
    single = len(chain) == 1
    branches: list[Branch] = []
    for each in chain:
        piece = Piece("then", each.then.span)
        label = "yes" if single else words.of(each.condition, 60)
        branches.append(Branch(label, block(scope.at(piece), each.then.statements), piece))
    last = chain[-1].otherwise
    if isinstance(last, ast.Block):
        piece = Piece("else", last.span)
        branches.append(
            Branch("no" if single else "none of them", block(scope.at(piece), last.statements), piece)
        )
    else:
        end = chain[-1].span.end
        piece = Piece("no else", Span(end, end))
        branches.append(Branch("no" if single else "none of them", Block((), is_open=True), piece))
    title = f"{words.of(statement.condition)}?" if single else "which is true first?"
    node = scope.node("choice", title, "", statement)
    return [*steps(scope, statement.condition), Choice(node, tuple(branches))]


def _match(scope: Scope, statement: ast.Match) -> list[Item]:
    words = scope.flow.words
    before = steps(scope, statement.subject)
    node = scope.node("choice", words.of(statement.subject, 60), "", statement)
    branches: list[Branch] = []
    for arm in statement.arms:
        piece = Piece("arm", arm.body.span)
        branches.append(Branch(words.arm(arm), block(scope.at(piece), arm.body.statements), piece))
    return [*before, Choice(node, tuple(branches))]


def _loop(scope: Scope, statement: ast.While | ast.For | ast.Loop | ast.Every) -> list[Item]:
    words = scope.flow.words
    label = None if isinstance(statement, ast.Every) else statement.label
    before: list[Item] = []
    leave: str | None = None
    match statement:
        case ast.While(condition=condition):
            title, leave = f"while {words.of(condition)}", "no longer"
        case ast.For(iterable=iterable):
            before = steps(scope, iterable)
            title, leave = f"for each {statement.name} in {words.of(iterable)}", "all done"
        case ast.Loop(limit=limit) if limit is not None:
            times = words.of(limit, 40)
            title, leave = f"up to {times} times", f"after {times} times"
        case ast.Loop():
            title = "again and again"
        case ast.Every(duration=duration):
            title = f"every {words.of(duration)}"
    node = scope.node("loop", f"{label}: {title}" if label else title, "", statement)
    loop = LoopScope(label, node.id)
    piece = Piece("loop", statement.body.span)
    body = block(scope.within(loop, piece), statement.body.statements)
    return [*before, Loop(node, body, leave, leave is not None or loop.is_left)]


def _within(scope: Scope, statement: ast.Within) -> list[Item]:
    duration = scope.flow.words.of(statement.duration)
    node = scope.node("guard", f"within {duration}", "", statement)
    body = block(scope, statement.body.statements)
    if statement.otherwise is None:
        late = Branch("time is over", Block((), is_open=True), scope.piece)
    else:
        piece = Piece("deadline", statement.otherwise.span)
        late = Branch("time is over", block(scope.at(piece), statement.otherwise.statements), piece)
    return [*steps(scope, statement.duration), Guarded(node, body, late)]


def _try(scope: Scope, statement: ast.Try) -> list[Item]:
    node = scope.node("guard", "try", "", statement)
    body = block(scope, statement.body.statements)
    escape = None
    if statement.catch is not None:
        piece = Piece("catch", statement.catch.span)
        escape = Branch("on a fault", block(scope.at(piece), statement.catch.statements), piece)
    guarded = Guarded(node, body, escape)
    return [guarded, _finally(scope, statement.final)] if statement.final is not None else [guarded]


def _finally(scope: Scope, final: ast.Block) -> Item:
    node = scope.node("guard", "finally", "", final)
    return Guarded(node, block(scope, final.statements), None)


def _fork(scope: Scope, statement: ast.Parallel | ast.Race) -> Item:
    parallel = isinstance(statement, ast.Parallel)
    node = scope.node("fork", "side by side" if parallel else "a race", "", statement)
    join = "when all are done" if parallel else "when the first is done"
    return Fork(node, tuple(_side(scope, each) for each in statement.streams), join)


def _side(scope: Scope, statement: ast.On | ast.Stream) -> Side:
    if isinstance(statement, ast.On):
        return handler(scope, statement)
    title = f"stream {statement.name}" if statement.name else "stream"
    scope = scope.at(None)
    node = scope.node("stream", title, "", statement)
    return Side(node, block(scope, statement.body.statements))


def handler(scope: Scope, statement: ast.On) -> Side:
    """One `on`, in a block or in an action's own."""
    piece = Piece("handler", statement.body.span)
    inner = scope.at(piece)
    node = inner.node("handler", f"on {scope.flow.words.event(statement)}", "", statement)
    return Side(node, block(inner, statement.body.statements))
