"""The calls of actions in a script's own flows: all flows of the script, and those of its own modules that a
route reaches. What a module of the standard library can do, as a voicemail by e-mail, a script need not
ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flowlang.model.action import Action
from flowlang.syntax import ast
from flowlang.syntax.ast.walk import walk

from .arguments import bind, slots
from .program import FlowInfo, Program


class OwnCall(NamedTuple):
    """A call of `action` in `flow` of `module`."""

    module: Program
    flow: FlowInfo
    action: Action
    node: ast.Call

    def given(self, parameter: str) -> ast.Expression | None:
        """The argument of a parameter, `None` where it is left out."""
        called = self.module.called(self.node)
        found = bind(slots(self.action), called.arguments).values.get(parameter)
        return found[0].value if found else None


def own_calls(program: Program) -> Iterator[OwnCall]:
    """All of them, in the order of the text, module after module."""
    for module in program.modules:
        if module.module.source.name.startswith("std/"):
            continue
        for flow in module.flows.values():
            if module is not program and not flow.channels:
                continue
            for node in walk(flow.decl.body):
                if isinstance(node, ast.Call) and module.outcome(node) is None:
                    callee = module.called(node).callee
                    if isinstance(callee, Action):
                        yield OwnCall(module, flow, callee, node)
