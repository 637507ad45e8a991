"""A checked script: what compiler and engine work from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from flowlang.diagnostics import Diagnostic, Source
from flowlang.model.actions import Action, OutcomeType
from flowlang.model.functions import Function
from flowlang.model.policy import Policy
from flowlang.model.secrets import NO_SECRETS, Secrets
from flowlang.model.values import Value
from flowlang.syntax import ast

from .checks.routes import priority
from .graph import gathered, key_of, reached, uses_of_flows
from .script import Script
from .secrets import secrets_of


@dataclass(frozen=True, slots=True, eq=False)
class FlowInfo:
    """A flow with what it may do, flows that it calls included. What it `start`s is not: those run for
    themselves.

    `key` is what the whole program calls it: its name, behind that of its module if it has one. `needs`:
    names of backend commands (`model.commands.COMMANDS`). `events`: those that it handles or waits for.
    `channels`: those of whose routes it is reached.
    """

    decl: ast.FlowDecl
    key: str
    needs: frozenset[str]
    events: frozenset[str]
    channels: frozenset[str]

    @property
    def name(self) -> str:
        """The flow's name where it is declared."""
        return self.decl.name


class Called(NamedTuple):
    """What a call calls. `name` is that of a flow or `func` in the program's own namespace, with the module's
    prefix where it is another's; `arguments` begin with the value that it is called on, if there is one."""

    callee: Action | Function | ast.FuncDecl | FlowInfo
    name: str
    arguments: tuple[ast.Argument, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A script without errors, or a module of one. `routes` stand with the best first: highest priority, then
    as written.

    `prefix` is how the entry gets to this module, as in `hours.`; `""` for the entry. `imports` are the
    modules by the names that they have here. `policy` is the entry's, and binds its modules too;
    `None` where it has none. `secrets` are those of all modules.
    """

    module: ast.Module
    constants: Mapping[str, ast.Const]
    functions: Mapping[str, ast.FuncDecl]
    flows: Mapping[str, FlowInfo]
    routes: tuple[ast.Route, ...]
    actions: Mapping[str, Action]
    prefix: str = ""
    imports: Mapping[str, Program] = field(default_factory=dict[str, "Program"])
    policy: Policy | None = None
    secrets: Secrets = NO_SECRETS
    _script: Script | None = None
    _infos: Mapping[str, FlowInfo] = field(default_factory=dict[str, FlowInfo])

    @property
    def modules(self) -> tuple[Program, ...]:
        """All modules that are used from here on, each behind those that it uses, and this one last."""
        found = {one.prefix: one for each in self.imports.values() for one in each.modules}
        return (*found.values(), self)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The texts of all modules and, last, its own."""
        return tuple(each.module.source for each in self.modules)

    @property
    def values(self) -> Mapping[str, Value]:
        """The constants whose value the text tells."""
        assert self._script is not None
        return self._script.values

    def called(self, call: ast.Call) -> Called:
        """What a call calls. The checks let none through that calls nothing."""
        assert self._script is not None
        found = self._script.called(call)
        assert found is not None
        owner, callee, _, arguments = found
        prefix = owner.prefix if owner is not self._script else ""
        match callee:
            case ast.FlowDecl():
                return Called(self._infos[owner.prefix + callee.name], prefix + callee.name, arguments)
            case _:
                return Called(callee, prefix + callee.name, arguments)

    def outcome(self, node: ast.Expression) -> str | None:
        """The outcome that an expression behind `return` makes, where the flow declares it; else `None`."""
        assert self._script is not None
        if id(node) not in self._script.outcomes_made:
            return None
        name = node.callee if isinstance(node, ast.Call) else node
        assert isinstance(name, ast.Name)
        return name.name

    def constant(self, node: ast.Expression) -> str | None:
        """The name, with a prefix if it is another's, of the constant that an expression is; else `None`."""
        match node:
            case ast.Name(name=name) if name in self.constants:
                return name
            case ast.Field(value=ast.Name(name=module), name=name) if module in self.imports:
                return self.imports[module].prefix + name
            case _:
                return None

    def target(self, target: ast.FlowTarget) -> FlowInfo:
        """The flow of a route, `start` or `handoff`."""
        owner = self if target.module is None else self.imports[target.module]
        return owner.flows[target.name]

    def flow_given(self, action: Action, argument: ast.Argument) -> FlowInfo | None:
        """The flow that an argument names, where it goes to a parameter that takes one."""
        assert self._script is not None
        target = self._script.flow_given(action, argument)
        return self.target(target) if target is not None else None

    def outcomes_of(self, action: Action, call: ast.Call) -> tuple[OutcomeType, ...]:
        """The outcomes that an action has with the arguments of a call."""
        assert self._script is not None
        return self._script.outcomes_of(action, call)

    @property
    def called_actions(self) -> frozenset[str]:
        """The names of all actions that its flows call, or those of modules that it uses."""
        assert self._script is not None
        return frozenset(name for uses in uses_of_flows(self._script).values() for name in uses.actions)

    def needs(self, route: ast.Route) -> frozenset[str]:
        """The backend commands that a route's flows may use, its `else` included."""
        targets = (route.target, route.otherwise)
        return frozenset[str]().union(*(self.target(each).needs for each in targets if each is not None))


@dataclass(frozen=True, slots=True, eq=False)
class CheckResult:
    """`program` is `None` where an error is among the diagnostics, which are in the order of the text, those
    of modules first."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


def build(script: Script) -> Program:
    """The program of a script in which no error was found."""
    infos = _infos(script)
    made: dict[str, Program] = {}
    secrets = secrets_of(script)
    for each in script.linked:
        imports = {name: made[module.prefix] for name, module in each.modules.items()}
        made[each.prefix] = Program(
            module=each.module,
            constants={constant.name: constant for constant in each.constant_order},
            functions=each.functions,
            flows={name: infos[each.prefix + name] for name in each.flows},
            routes=tuple(sorted(each.routes, key=priority, reverse=True)),
            actions=each.actions,
            prefix=each.prefix,
            imports=imports,
            policy=each.policy,
            secrets=secrets,
            _script=each,
            _infos=infos,
        )
    return made[script.prefix]


def _infos(script: Script) -> dict[str, FlowInfo]:
    graph = uses_of_flows(script)
    needs = gathered(
        graph,
        {
            name: frozenset(need for action in uses.actions for need in script.actions[action].needs)
            for name, uses in graph.items()
        },
    )
    events = gathered(graph, {name: frozenset(uses.events) for name, uses in graph.items()})
    channels: dict[str, set[str]] = {name: set() for name in graph}
    for channel in {route.channel for route in script.routes}:
        targets = [
            each
            for route in script.routes
            if route.channel == channel
            for each in (route.target, route.otherwise)
            if each is not None
        ]
        for name in reached(graph, [key for each in targets if (key := key_of(script, each)) is not None]):
            channels[name].add(channel)
    return {
        name: FlowInfo(uses.flow, name, needs[name], events[name], frozenset(channels[name]))
        for name, uses in graph.items()
    }
