"""Constants: none is made of itself, also not through a `func`. Puts them into an order in which each can be
worked out and notes the values that are plain to see."""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.analysis.literals import UNKNOWN, literal_value
from flowlang.analysis.script import Script
from flowlang.syntax import ast

Item = ast.Const | ast.FuncDecl


def check(script: Script) -> None:
    """Go through what each constant uses, deepest first; a chain may be long, so without recursion."""
    for module, owner in script.modules.items():
        script.values.update((f"{module}.{name}", value) for name, value in owner.values.items())
    uses = {
        id(body.owner): tuple(_used(script, body.nodes))
        for body in script.bodies
        if isinstance(body.owner, ast.Const | ast.FuncDecl)
    }
    done: set[int] = set()
    for constant in script.constants.values():
        if id(constant) in done:
            continue
        path: list[tuple[Item, Iterator[Item]]] = [(constant, iter(uses[id(constant)]))]
        under_way: dict[int, int] = {id(constant): 0}  # where in `path` it stands
        while path:
            item, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                del under_way[id(item)]
                done.add(id(item))
                _finish(script, item)
            elif id(following) in under_way:
                _report(script, [each for each, _ in path[under_way[id(following)] :]])
            elif id(following) not in done:
                under_way[id(following)] = len(path)
                path.append((following, iter(uses[id(following)])))


def _used(script: Script, nodes: tuple[ast.Node, ...]) -> Iterator[Item]:
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name):
            function = script.functions.get(node.callee.name)
            if function is not None:
                yield function
        elif isinstance(node, ast.Name) and node.name in script.constants:
            yield script.constants[node.name]


def _finish(script: Script, item: Item) -> None:
    if isinstance(item, ast.Const):
        script.constant_order.append(item)
        value = literal_value(item.value, script.values)
        if value is not UNKNOWN:
            script.values[item.name] = value


def _report(script: Script, ring: list[Item]) -> None:
    constants = [each for each in ring if isinstance(each, ast.Const)]
    if not constants:  # a `func` may call itself
        return
    first = min(constants, key=lambda each: each.span.start)
    start = ring.index(first)
    path = " → ".join(f"`{each.name}`" for each in (*ring[start:], *ring[:start], first))
    script.report.add("E505", first.name_span, f"the constant `{first.name}` is made of itself: {path}")
