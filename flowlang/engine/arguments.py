"""Arguments of a flow that the host, not a script, starts."""

from __future__ import annotations

from typing import Any

from flowlang.analysis import Program
from flowlang.compile.runtime.faults import Fault
from flowlang.core.host_results import as_value
from flowlang.model.values import Value

from .errors import ArgumentsError


def arguments_of(
    program: Program, flow: str, given: tuple[Any, ...], named: dict[str, Any]
) -> dict[str, Value]:
    """Arguments from Python, by the name of the parameter."""
    params = program.flows[flow].decl.params
    names = [each.name for each in params]
    if len(given) > len(names):
        raise ArgumentsError(f"the flow `{flow}` takes {len(names)} arguments, not {len(given)}")
    values = dict(zip(names, given, strict=False))
    for name, value in named.items():
        if name not in names or name in values:
            raise ArgumentsError(f"the flow `{flow}` has no parameter `{name}` to be given")
        values[name] = value
    missing = [each.name for each in params if each.default is None and each.name not in values]
    if missing:
        raise ArgumentsError(f"the flow `{flow}` needs {', '.join(missing)}")
    return {name: given_value(name, value) for name, value in values.items()}


def given_value(name: str, given: Any) -> Value:
    """What a host gives, as a value of the language."""
    try:
        return as_value(given)
    except Fault as fault:
        raise ArgumentsError(f"`{name}`: {fault.text}") from None
