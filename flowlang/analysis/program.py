"""A checked script: what compiler and engine work from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flowlang.diagnostics import Diagnostic
from flowlang.model.actions import Action
from flowlang.model.functions import FUNCTIONS, Function
from flowlang.syntax import ast

from .checks.routes import priority
from .graph import gathered, reached, uses_of_flows
from .script import Script


@dataclass(frozen=True, slots=True, eq=False)
class FlowInfo:
    """A flow with what it may do, flows that it calls included. What it `start`s is not: those run for
    themselves.

    `needs`: names of backend commands (`model.commands.COMMANDS`). `events`: those that it handles or waits
    for. `channels`: those of whose routes it is reached.
    """

    decl: ast.FlowDecl
    needs: frozenset[str]
    events: frozenset[str]
    channels: frozenset[str]

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.decl.name


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A script without errors. `routes` stand with the best first: highest priority, then as written."""

    module: ast.Module
    constants: Mapping[str, ast.Const]
    functions: Mapping[str, ast.FuncDecl]
    flows: Mapping[str, FlowInfo]
    routes: tuple[ast.Route, ...]
    actions: Mapping[str, Action]

    def callee(self, name: str) -> Action | Function | ast.FuncDecl | FlowInfo:
        """What a call of this name calls. `KeyError` for a name that nothing has, which the checks do not let
        through."""
        return self.flows.get(name) or self.functions.get(name) or self.actions.get(name) or FUNCTIONS[name]

    def needs(self, route: ast.Route) -> frozenset[str]:
        """The backend commands that a route's flows may use, its `else` included."""
        targets = (route.target, route.otherwise)
        return frozenset[str]().union(*(self.flows[each.name].needs for each in targets if each is not None))


@dataclass(frozen=True, slots=True, eq=False)
class CheckResult:
    """`program` is `None` where an error is among the diagnostics, which are in the order of the text."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


def build(script: Script) -> Program:
    """The program of a script in which no error was found."""
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
        ]
        for name in reached(graph, [each.name for each in targets if each is not None]):
            channels[name].add(channel)
    return Program(
        module=script.module,
        constants={each.name: each for each in script.constant_order},
        functions=script.functions,
        flows={
            name: FlowInfo(uses.flow, needs[name], events[name], frozenset(channels[name]))
            for name, uses in graph.items()
        },
        routes=tuple(sorted(script.routes, key=priority, reverse=True)),
        actions=script.actions,
    )
