"""What is pure stays pure: a `func`, a constant and a default act on nothing, ask no clock and no chance, and
see nothing of the call. A route's condition may look at time and caller, and acts on nothing either."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.actions import PLANNED_ACTIONS, PLANNED_NAMESPACES, Action
from flowlang.model.functions import PREDEFINED, Function
from flowlang.syntax import ast

_ACTING: dict[type[ast.Node], str] = {
    ast.Cancel: "cancel", ast.Emit: "emit", ast.Every: "every", ast.Handoff: "handoff", ast.Join: "join",
    ast.On: "on", ast.Parallel: "parallel", ast.Race: "race", ast.Start: "start", ast.Stop: "stop",
    ast.Stream: "stream", ast.Wait: "wait", ast.WaitFor: "wait for", ast.WaitUntil: "wait until",
    ast.Within: "within",
}  # fmt: skip


def check(script: Script) -> None:
    """Each declaration that may not act; a `func` that it calls is held to the same by itself."""
    for body in script.bodies:
        match body.owner:
            case ast.FuncDecl():
                _pure(
                    script,
                    body.nodes,
                    f"`func {body.owner.name}`",
                    "make it a flow, or give it what it needs",
                )
            case ast.Const():
                _pure(script, body.nodes, f"the constant `{body.owner.name}`", "work it out in a flow")
            case ast.FlowDecl():
                for param in body.owner.params:
                    if param.default is not None:
                        what = f"the default of `{param.name}`"
                        _pure(script, tuple(ast.walk(param.default)), what, "work it out in the flow")
            case ast.Route():
                for clause in (body.owner.to, body.owner.source, body.owner.via):
                    if clause is not None:
                        _pure(script, tuple(ast.walk(clause)), "an address of a route", "put it into `when`")
                if body.owner.when is not None:
                    _pure(script, tuple(ast.walk(body.owner.when)), "a route's condition", None, looks=True)
                for target in (body.owner.target, body.owner.otherwise):
                    if target is not None:
                        nodes = tuple(ast.walk(target))
                        _pure(script, nodes, "an argument in a route", "work it out in the flow", looks=True)
            case ast.TestDecl():  # see `checks.tests`
                pass


def _pure(
    script: Script, nodes: tuple[ast.Node, ...], what: str, hint: str | None, *, looks: bool = False
) -> None:
    """Report all that acts; with `looks`, the clock and the caller may be looked at."""
    for node in nodes:
        acting = acts(script, node, looks)
        if acting is not None:
            text, word = acting
            span = script.report.word(node.span, word) if word else node.span
            script.report.add("E504", Span(*span), f"{text}, and {what} is pure", hint=hint)


def acts(script: Script, node: ast.Node, looks: bool) -> tuple[str, str] | None:
    """What about a node is impure, and the word of it to point at."""
    word = _ACTING.get(type(node))
    if word is not None:
        return f"`{word}` acts", word.partition(" ")[0]
    match node:
        case ast.Call() if (called := script.called(node)) is not None:
            name, callee = called.shown, called.callee
            if isinstance(callee, Action):
                return f"the action `{name}` acts", name
            if isinstance(callee, ast.FlowDecl):
                return f"the flow `{name}` may act", name
            if isinstance(callee, Function) and not callee.pure and not (looks and name == "now"):
                return f"`{name}` is not the same each time", name
        case ast.Call(callee=ast.Name(name=name)) if name in PLANNED_ACTIONS:
            return f"the action `{name}` acts", name
        case ast.Call(callee=ast.Field(value=ast.Name(name=name))) if name in PLANNED_NAMESPACES:
            return f"the actions of `{name}` act", name
        case ast.Field(value=ast.Name(name=name)) if name in PREDEFINED and not looks:
            return f"`{name}` is not the same each time", name
        case _:
            pass
    return None
