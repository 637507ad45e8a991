"""What the checks share: the script's declarations, looked up by name, and what the first passes found out
for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flowlang.model.actions import Action
from flowlang.model.functions import FUNCTIONS, Function
from flowlang.model.values import Value
from flowlang.syntax import ast

from .bindings import Binding
from .report import Report
from .types import Type

Callee = Action | Function | ast.FuncDecl | ast.FlowDecl
Owner = ast.Const | ast.Route | ast.FuncDecl | ast.FlowDecl | ast.TestDecl


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A declaration that has code, with all of its nodes, each before those below it, in the order of the
    text."""

    owner: Owner
    nodes: tuple[ast.Node, ...]


@dataclass(slots=True, eq=False)
class Script:
    """A script while it is checked.

    `types` and `bindings` come of the pass over the names: the type of each expression by `id` of its node
    (no entry: unknown), and every name that was bound. `values` are the constants whose value is plain to
    see, `constant_order` all constants such that each follows those that it uses. `outcomes_made` are the
    nodes with which a flow returns one of its declared outcomes. `incomplete`: the script calls
    what is not known here, so that there may be more outcomes than can be seen.
    """

    module: ast.Module
    actions: Mapping[str, Action]
    report: Report
    exists: Callable[[str], bool] | None = None
    constants: dict[str, ast.Const] = field(default_factory=dict[str, ast.Const])
    functions: dict[str, ast.FuncDecl] = field(default_factory=dict[str, ast.FuncDecl])
    flows: dict[str, ast.FlowDecl] = field(default_factory=dict[str, ast.FlowDecl])
    modules: dict[str, ast.Use] = field(default_factory=dict[str, ast.Use])
    routes: list[ast.Route] = field(default_factory=list[ast.Route])
    emitted: set[str] = field(default_factory=set[str])
    bodies: list[Body] = field(default_factory=list[Body])
    constant_order: list[ast.Const] = field(default_factory=list[ast.Const])
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    types: dict[int, Type] = field(default_factory=dict[int, Type])
    bindings: list[Binding] = field(default_factory=list[Binding])
    outcomes_made: set[int] = field(default_factory=set[int])
    incomplete: bool = False

    def callee(self, name: str) -> Callee | None:
        """What a call of this name calls: the script's own flow or `func`, an action, a built-in; `None` for
        none of them."""
        return (
            self.flows.get(name) or self.functions.get(name) or self.actions.get(name) or FUNCTIONS.get(name)
        )

    def callables(self) -> set[str]:
        """All names that may be called."""
        return {*self.flows, *self.functions, *self.actions, *FUNCTIONS}
