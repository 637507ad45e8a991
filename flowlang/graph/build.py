"""A checked script to its chart: one flow after the other, first those that routes lead to."""

from __future__ import annotations

from collections.abc import Iterable

from flowlang.analysis import FlowInfo, Program
from flowlang.syntax import ast

from .model import Block, Chart, FlowChart, Node, Piece, Step
from .scope import FlowScope, Scope
from .statements import block, handler
from .words import Words, short


def chart_of(program: Program, flow: str | None = None) -> Chart:
    """All flows of a script in the order of its text, or one of them with those that it leads to. Raises
    `KeyError` for a flow that the script does not have."""
    words = Words(program.module.source)
    names = list(program.flows) if flow is None else _from(program, flow)
    starts = {program.flows[name].key: f"{name}.0" for name in names}
    flows = tuple(_flow(FlowScope(program, words, name, starts, handler)) for name in names)
    name = program.module.source.name.replace("\\", "/").rpartition("/")[2]
    return Chart(short(name), _first_line(program.module.doc), flows)


def _from(program: Program, root: str) -> list[str]:
    """A flow, and those of its script that it leads to, however far away."""
    own = {info.key: name for name, info in program.flows.items()}
    seen = {program.flows[root].key}
    todo = list(seen)
    while todo:
        for each in _led_to(program, program.flows[own[todo.pop()]].decl):
            if each.key in own and each.key not in seen:
                seen.add(each.key)
                todo.append(each.key)
    return [root, *(name for key, name in own.items() if key in seen and name != root)]


def _led_to(program: Program, decl: ast.FlowDecl) -> Iterable[FlowInfo]:
    for node in ast.walk(decl):
        match node:
            case ast.Call() if isinstance(found := program.called(node).callee, FlowInfo):
                yield found
            case ast.Start() | ast.Handoff():
                yield program.target(node.target)
            case _:
                pass


def _flow(scope: FlowScope) -> FlowChart:
    decl = scope.program.flows[scope.flow].decl
    piece = Piece("flow", decl.span)
    given = ", ".join(each.name for each in decl.params)
    title = f"{decl.name}({given})" if given else decl.name
    text = "\n".join(_begun_by(scope, decl))
    start = Node(f"{decl.name}.0", "start", title, text, scope.words.line(decl), piece)
    work = block(Scope(scope, piece), decl.body.statements)
    items = (Step(start), *work.items)
    if work.is_open:
        items = (*items, Step(scope.node("end", "end", "", decl, piece)))
    return FlowChart(decl.name, _first_line(decl.doc), Block(items, is_open=False))


def _begun_by(scope: FlowScope, decl: ast.FlowDecl) -> Iterable[str]:
    """The routes that lead to a flow, one line each, and what it takes over from."""
    target = scope.program.target
    for route in scope.program.routes:
        if target(route.target).decl is decl:
            yield scope.words.route(route)
    failing = {
        scope.words.target(route.target): None
        for route in scope.program.routes
        if route.otherwise is not None and target(route.otherwise).decl is decl
    }
    if failing:
        yield f"after a fault in {', '.join(failing)}"


def _first_line(doc: str | None) -> str:
    return short((doc or "").strip().split("\n\n")[0], 160)
