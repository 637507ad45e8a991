"""Which flow a call in the terminal is for, where the person who typed `flow run` did not say all."""

from __future__ import annotations

from flowlang.analysis import UNKNOWN, Program, literal_value
from flowlang.diagnostics import near_name
from flowlang.model.values import Value
from flowlang.syntax import ast

from .exits import CommandError, Exit

_ANYBODY = "anybody"  # an extension: what is called when the script does not care
_ENTRY = "main"


def choose(program: Program, to: str | None, flow: str | None) -> tuple[str, str | None]:
    """The address to call, and the flow to start where that is not for the routes to say."""
    if flow is not None:
        _require_callable(program, flow)
        return (to or _ANYBODY, flow)
    if to is not None:
        return (to, None)
    for route in program.routes:
        if route.channel == "call":
            return (_called_by(program, route.to) if route.to is not None else _ANYBODY, None)
    return (_ANYBODY, _only_flow(program))


def _require_callable(program: Program, flow: str) -> None:
    info = program.flows.get(flow)
    if info is None:
        near = near_name(flow, program.flows)
        advice = f"did you mean {near}?" if near else f"there are: {', '.join(program.flows)}"
        raise CommandError(f"the script has no flow {flow[:60]!r}; {advice}", Exit.USAGE)
    if wanted := [each.name for each in info.decl.params if each.default is None]:
        raise CommandError(f"flow {flow} takes {', '.join(wanted)}, which a call cannot give", Exit.USAGE)


def _only_flow(program: Program) -> str:
    if _ENTRY in program.flows:
        return _ENTRY
    ready = [name for name, info in program.flows.items() if all(each.default for each in info.decl.params)]
    if len(ready) == 1:
        return ready[0]
    if not ready:
        raise CommandError("the script has no flow that a call could start", Exit.USAGE)
    raise CommandError(
        f"the script has no route for calls; choose with --flow: {', '.join(ready)}", Exit.USAGE
    )


def _called_by(program: Program, pattern: ast.Expression) -> str:
    """An address that the route's `to` fits: the pattern itself, with something in place of `*` and `?`."""
    constants: dict[str, Value] = {}
    for name, const in program.constants.items():
        value = literal_value(const.value, constants)
        if value is not UNKNOWN:
            constants[name] = value
    value = literal_value(pattern, constants)
    if not isinstance(value, str):
        raise CommandError(
            "the first route's `to` is only known when it runs; say whom to call with --to", Exit.USAGE
        )
    return value.replace("*", "x").replace("?", "x")
