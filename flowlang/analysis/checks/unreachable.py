"""Code that nothing can reach: what stands in a block behind a statement that never goes on. And what must
not be reached: the end of a flow that declares its outcomes, without one of them."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.analysis.types import Ended
from flowlang.syntax import ast


def check(script: Script) -> None:
    """The first such statement of each block. Inner blocks are looked at before outer ones, each once."""
    for body in script.bodies:
        if not isinstance(body.owner, ast.FlowDecl | ast.FuncDecl):
            continue
        broken = loops_left(body.nodes)
        stops: set[int] = set()  # ids of the blocks and statements that never go on
        ends: set[int] = set()  # the same, if no rare outcome comes that a `match` need not name
        for node in reversed(body.nodes):
            _never_run(script, node)
            if isinstance(node, ast.Block):
                _block(script, node, stops)
                if any(id(each) in ends for each in node.statements):
                    ends.add(id(node))
                continue
            if _never_goes_on(node, stops, broken):
                stops.add(id(node))
            if _never_goes_on(node, ends, broken) or _all_arms(script, node, ends):
                ends.add(id(node))
        if isinstance(body.owner, ast.FlowDecl) and body.owner.outcomes and id(body.owner.body) not in ends:
            flow = body.owner
            message = f"`{flow.name}` may end without one of its outcomes"
            script.report.add("E510", flow.name_span, message, hint=f"`return {flow.outcomes[0]}`")


def _never_run(script: Script, node: ast.Node) -> None:
    """Blocks whose condition is written down as never holding, or never failing."""
    match node:
        case (
            ast.If(condition=ast.Boolean(value=False), then=block)
            | ast.While(condition=ast.Boolean(value=False), body=block)
        ):
            why = "the condition is `false`"
        case ast.If(condition=ast.Boolean(value=True), otherwise=ast.Block() as block):
            why = "the condition is `true`"
        case ast.Loop(limit=ast.Number(value=limit), body=block) if limit <= 0:
            why = f"there are {limit} rounds"
        case _:
            return
    if block.statements:
        script.report.add("W501", block.statements[0].span, f"nothing reaches this: {why}")


def _all_arms(script: Script, node: ast.Node, ends: set[int]) -> bool:
    """Whether it is a `match` that names all outcomes, none of whose arms goes on."""
    if not isinstance(node, ast.Match) or not isinstance(script.types.get(id(node.subject)), Ended):
        return False
    return bool(node.arms) and all(id(arm.body) in ends for arm in node.arms)


def _block(script: Script, block: ast.Block, stops: set[int]) -> None:
    for place, statement in enumerate(block.statements, 1):
        if id(statement) in stops:
            stops.add(id(block))
            if place < len(block.statements):
                line = script.report.line(statement.span)
                message = f"nothing reaches this: the statement on line {line} never goes on to it"
                script.report.add("W501", block.statements[place].span, message)
            return


def _never_goes_on(node: ast.Node, stops: set[int], broken: set[int]) -> bool:
    match node:
        case ast.Return() | ast.Stop() | ast.Break() | ast.Continue() | ast.Raise() | ast.Handoff():
            return True
        case ast.If():
            return node.otherwise is not None and id(node.then) in stops and id(node.otherwise) in stops
        case ast.Match():
            last = node.arms[-1] if node.arms else None
            every = (
                last is not None
                and last.guard is None
                and any(isinstance(p, ast.Wildcard) for p in last.patterns)
            )
            return every and all(id(arm.body) in stops for arm in node.arms)
        case ast.Loop():
            return node.limit is None and id(node) not in broken
        case ast.Every():
            return id(node) not in broken
        case ast.While(condition=ast.Boolean(value=True)):
            return id(node) not in broken
        case ast.Try():
            if node.final is not None and id(node.final) in stops:
                return True
            return id(node.body) in stops and (node.catch is None or id(node.catch) in stops)
        case _:
            return False


def loops_left(nodes: tuple[ast.Node, ...]) -> set[int]:
    """The `id`s of the loops that some `break` ends, however deep it stands, also in a handler or stream."""
    left: set[int] = set()
    around: list[ast.While | ast.For | ast.Loop | ast.Every] = []
    for node in nodes:
        while around and node.span.start >= around[-1].span.end:
            around.pop()
        if isinstance(node, ast.While | ast.For | ast.Loop | ast.Every):
            around.append(node)
        elif isinstance(node, ast.Break):
            for loop in reversed(around):
                if node.label is None or (not isinstance(loop, ast.Every) and loop.label == node.label):
                    left.add(id(loop))
                    break
    return left
