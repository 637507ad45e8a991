"""What the checks share: the script's declarations, looked up by name, and what the first passes found out
for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from flowlang.model.actions import Action, OutcomeType
from flowlang.model.functions import FUNCTIONS, Function
from flowlang.model.policy import Policy
from flowlang.model.values import Value
from flowlang.syntax import ast

from .arguments import takes_flow
from .bindings import Binding
from .literals import UNKNOWN, literal_value
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


class Called(NamedTuple):
    """What a call calls: `owner` has the declaration, `shown` is how the caller writes its name, `arguments`
    begin with the value that it is called on, if there is one."""

    owner: Script
    callee: Callee
    shown: str
    arguments: tuple[ast.Argument, ...]


@dataclass(slots=True, eq=False)
class Script:
    """A script while it is checked, the entry or a module.

    `types` and `bindings` come of the pass over the names: the type of each expression by `id` of its node
    (no entry: unknown), and every name that was bound. `values` are the constants whose value is plain to
    see, `constant_order` all constants such that each follows those that it uses. `outcomes_made` are the
    nodes with which a flow returns one of its declared outcomes. `incomplete`: the script calls
    what is not known here, so that there may be more outcomes than can be seen. `groups` are the words before
    the dot of actions such as `http.get`.

    `uses` and `modules` are by the name that a module has here; only those that were found have a `Script`;
    `unread` has the `id`s of the others, of which all is said where they stand.
    `prefix` is how the entry gets to a module, as in `hours.`, and empty for the entry; `linked` are all
    scripts of the program, each behind those that it uses. `makers` has, by `id` of an expression, the module
    whose function made its value; `known` the constants as they were bound. `emitted` is shared by all.
    `policies`
    are as they were written, `policy` is what the first of them says.
    """

    module: ast.Module
    actions: Mapping[str, Action]
    report: Report
    exists: Callable[[str], bool | str] | None = None
    constants: dict[str, ast.Const] = field(default_factory=dict[str, ast.Const])
    functions: dict[str, ast.FuncDecl] = field(default_factory=dict[str, ast.FuncDecl])
    flows: dict[str, ast.FlowDecl] = field(default_factory=dict[str, ast.FlowDecl])
    outcomes: dict[str, tuple[OutcomeType, ...]] = field(default_factory=dict[str, tuple[OutcomeType, ...]])
    uses: dict[str, ast.Use] = field(default_factory=dict[str, ast.Use])
    modules: dict[str, Script] = field(default_factory=dict[str, "Script"])
    unread: set[int] = field(default_factory=set[int])
    modules_read: set[str] = field(default_factory=set[str])
    prefix: str = ""
    linked: tuple[Script, ...] = ()
    makers: dict[int, Script] = field(default_factory=dict[int, "Script"])
    known: dict[str, Binding] = field(default_factory=dict[str, Binding])
    routes: list[ast.Route] = field(default_factory=list[ast.Route])
    policies: list[ast.PolicyDecl] = field(default_factory=list[ast.PolicyDecl])
    policy: Policy | None = None
    emitted: set[str] = field(default_factory=set[str])
    bodies: list[Body] = field(default_factory=list[Body])
    constant_order: list[ast.Const] = field(default_factory=list[ast.Const])
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    types: dict[int, Type] = field(default_factory=dict[int, Type])
    bindings: list[Binding] = field(default_factory=list[Binding])
    outcomes_made: set[int] = field(default_factory=set[int])
    incomplete: bool = False
    groups: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.groups = frozenset(name.partition(".")[0] for name in self.actions if "." in name)

    def callee(self, name: str) -> Callee | None:
        """What a call of this name calls: the script's own flow or `func`, an action, a built-in; `None` for
        none of them."""
        return (
            self.flows.get(name) or self.functions.get(name) or self.actions.get(name) or FUNCTIONS.get(name)
        )

    def called(self, call: ast.Call) -> Called | None:
        """What a call calls, a module's things and functions of a module's values included. The latter are
        only known once the names are resolved."""
        callee = call.callee
        if isinstance(callee, ast.Name):
            found = self.callee(callee.name)
            return Called(self, found, callee.name, call.arguments) if found is not None else None
        value = callee.value
        if isinstance(value, ast.Name) and (action := self.actions.get(f"{value.name}.{callee.name}")):
            return Called(self, action, action.name, call.arguments)
        if isinstance(value, ast.Name) and value.name in self.modules:
            owner = self.modules[value.name]
            declared = owner.flows.get(callee.name) or owner.functions.get(callee.name)
            shown = f"{value.name}.{callee.name}"
            return Called(owner, declared, shown, call.arguments) if declared is not None else None
        maker = self.makers.get(id(value))
        function = maker.functions.get(callee.name) if maker is not None else None
        if maker is None or function is None:
            return None
        receiver = ast.Argument(value.span, None, value)
        return Called(maker, function, callee.name, (receiver, *call.arguments))

    def target(self, target: ast.FlowTarget) -> tuple[Script, ast.FlowDecl] | None:
        """The flow of a route, `start` or `handoff`, with the script that has it."""
        owner = self if target.module is None else self.modules.get(target.module)
        flow = owner.flows.get(target.name) if owner is not None else None
        return (owner, flow) if owner is not None and flow is not None else None

    def flow_given(self, action: Action, argument: ast.Argument) -> ast.FlowTarget | None:
        """The flow that an argument names, where it goes to a parameter that takes one; `None` for anything
        but a name."""
        if not takes_flow(action, argument):
            return None
        match argument.value:
            case ast.Name(span=span, name=name):
                return ast.FlowTarget(span, None, name, ())
            case ast.Field(span=span, value=ast.Name(name=module), name=name) if module in self.uses:
                return ast.FlowTarget(span, module, name, ())
            case _:
                return None

    def outcomes_of(self, action: Action, call: ast.Call) -> tuple[OutcomeType, ...]:
        """The outcomes that an action has with the arguments of a call."""
        return tuple(each for each in action.outcomes if self._may_come(each, action, call))

    def _may_come(self, outcome: OutcomeType, action: Action, call: ast.Call) -> bool:
        if outcome.where is None:
            return True
        name, wanted = outcome.where
        given = next((each.value for each in call.arguments if each.name == name), None)
        parameter = action.parameter(name)
        if given is None:
            return parameter is not None and parameter.default == wanted
        return literal_value(given, self.values) in (wanted, UNKNOWN)

    @property
    def is_entry(self) -> bool:
        """Whether it is no module."""
        return not self.prefix

    def callables(self) -> set[str]:
        """All names that may be called."""
        return {*self.flows, *self.functions, *self.actions, *FUNCTIONS}
