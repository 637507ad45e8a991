"""Expressions that stand in no flow: those of tests. They see the script's constants and functions, and the
variables that they are given."""

from __future__ import annotations

import ast as py
from collections.abc import Mapping
from typing import Any

from flowlang.model.values import Value
from flowlang.syntax import ast

from . import names
from .calls import flow_arguments
from .expressions import expression
from .frame import Frame, Unit
from .python import function, parameters, stamp
from .runtime import decimals
from .script import Script
from .statements import statement

_NAME = "loose"


def evaluate(script: Script, node: ast.Expression, variables: Mapping[str, Value], bystander: Any) -> Value:
    """The value of a checked expression that does not act; `bystander` stands for the strand. Raises
    `Fault`."""
    unit = Unit(script.program, expression, statement)
    return _run(script, unit, _frame(unit).expression(node), variables, bystander)


def evaluate_arguments(
    script: Script, target: ast.FlowTarget, variables: Mapping[str, Value], bystander: Any
) -> dict[str, Value]:
    """The arguments of a flow that is started from outside of all flows, by name. Raises `Fault`."""
    unit = Unit(script.program, expression, statement)
    return _run(script, unit, flow_arguments(_frame(unit), target), variables, bystander)


def _frame(unit: Unit) -> Frame:
    return Frame(unit, None, is_async=False)


def _run(script: Script, unit: Unit, value: py.expr, variables: Mapping[str, Value], bystander: Any) -> Any:
    takes = parameters([names.STRAND, *map(names.variable, variables)])
    made = function(_NAME, takes, [py.Return(value)], is_async=False)
    stamp([made], 1, 0)
    namespace: dict[str, Any] = {**script.namespace, **unit.pool}  # a copy: the script's own stays as it is
    module = py.Module([made], [])
    exec(compile(module, unit.source.name, "exec", dont_inherit=True, optimize=0), namespace)  # noqa: S102
    return decimals.run(namespace[_NAME], bystander, *variables.values())
