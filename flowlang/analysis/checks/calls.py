"""Arguments: each goes to a parameter, each parameter that needs one has one, and none is surely of a wrong
type."""

from __future__ import annotations

from flowlang.analysis import types
from flowlang.analysis.advice import text_of_outcome
from flowlang.analysis.arguments import Bound, Slot, bind, slots, takes_flow
from flowlang.analysis.literals import UNKNOWN, literal_value
from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.actions import Action
from flowlang.syntax import ast

_TYPE_NAMES = {"any": "anything", "integer": "an integer"}


def check(script: Script) -> None:
    """All calls, and all flows that routes, `start` and `handoff` name."""
    for body in script.bodies:
        for node in body.nodes:
            if isinstance(node, ast.Call):
                _call(script, node)
            elif isinstance(node, ast.FlowTarget) and (found := script.target(node)) is not None:
                shown = node.name if node.module is None else f"{node.module}.{node.name}"
                span = script.report.word(node.span, node.name)
                check_arguments(script, shown, slots(found[1]), node.arguments, span)


def _call(script: Script, call: ast.Call) -> None:
    called = None if id(call) in script.outcomes_made else script.called(call)
    if called is None:
        return
    name = called.shown
    check_arguments(script, name, slots(called.callee), called.arguments, call.callee.span)
    if isinstance(called.callee, Action):
        _flows(script, called.callee, called.arguments)
    if call.handlers and not isinstance(called.callee, Action):
        span = Span(call.handlers[0].span.start, call.handlers[0].event_span.end)
        hint = f"`{name}` is none; set the handlers up before the call"
        script.report.add("E310", span, "only an action can have handlers of its own", hint=hint)


def _flows(script: Script, action: Action, arguments: tuple[ast.Argument, ...]) -> None:
    """What goes to a parameter for a flow is the name of one that needs no arguments."""
    for argument in arguments:
        if not takes_flow(action, argument) or isinstance(argument.value, ast.NoneLiteral):
            continue
        target = script.flow_given(action, argument)
        span = argument.value.span
        if target is None:
            message = f"`{argument.name}` of `{action.name}` is the name of a flow"
            hint = "the flow gets no arguments: what it needs it asks, or has in `call.data`"
            script.report.add("E305", span, message, hint=hint)
        elif (found := script.target(target)) is not None:
            missing = next((each.name for each in found[1].params if each.default is None), None)
            if missing is not None:
                message = f"`{target.name}` needs the argument `{missing}`, and `{action.name}` gives it none"
                script.report.add("E302", span, message)


def check_arguments(
    script: Script, name: str, parameters: tuple[Slot, ...], arguments: tuple[ast.Argument, ...], place: Span
) -> None:
    """Each argument to a parameter, each parameter that needs one has one, and the types."""
    bound = bind(parameters, arguments)
    mistaken = any(trouble == "unknown" for trouble, _, _ in bound.misfits)
    for trouble, argument, parameter in bound.misfits:
        span = argument.span if argument is not None else place
        match trouble:
            case "unknown":
                near = script.report.near(parameter, [each.name for each in parameters])
                known = tuple(f"`{each.name}`" for each in parameters)
                span = script.report.word(span, parameter)
                message = f"`{name}` has no parameter `{parameter}`"
                script.report.add("E301", span, message, near=near, expected=() if near else known)
            case "missing" if not mistaken:  # the mistaken name may be this one
                script.report.add("E302", span, f"`{name}` needs the argument `{parameter}`")
            case "missing":
                pass
            case "too many":
                count = len(parameters)
                most = f"at most {count} argument{'s' * (count > 1)}" if count else "no arguments"
                script.report.add("E303", span, f"`{name}` takes {most}")
            case "twice":
                script.report.add("E304", span, f"`{parameter}` is given twice")
            case "by name only":
                rest = tuple(f"`{each.name}:`" for each in parameters if not each.by_place)
                script.report.add("E306", span, f"what follows in `{name}` is given by name", expected=rest)
            case "after a name":
                hint = "put it first, or give its name"
                script.report.add(
                    "E306", span, "an argument without a name stands behind one with a name", hint=hint
                )
    _types(script, name, parameters, bound)
    _allowed(script, name, parameters, bound)
    _constant(script, name, parameters, bound)


def _types(script: Script, name: str, parameters: tuple[Slot, ...], bound: Bound) -> None:
    for slot in parameters:
        for argument in bound.values.get(slot.name, ()) if slot.types != ("flow",) else ():
            known = script.types.get(id(argument.value))
            if known is None or types.accepts(slot.types, known) or (known == "none" and slot.or_none):
                continue
            expected = tuple(_TYPE_NAMES.get(each, f"a {each}") for each in slot.types)
            message = f"`{slot.name}` of `{name}` cannot be {types.described(known)}"
            hint = text_of_outcome(script, argument.value, known) or _hint(slot, known)
            script.report.add("E305", argument.value.span, message, expected=expected, hint=hint)


def _allowed(script: Script, name: str, parameters: tuple[Slot, ...], bound: Bound) -> None:
    """Constants that are of a right type and still nothing that the parameter takes."""
    for slot in parameters:
        for argument in bound.values.get(slot.name, ()) if slot.allowed is not None else ():
            value = literal_value(argument.value, script.values)
            misfit = slot.allowed.misfit(value) if slot.allowed and value is not UNKNOWN else None
            if misfit is not None:
                script.report.add("E312", argument.value.span, f"`{slot.name}` of `{name}` {misfit}")


def _constant(script: Script, name: str, parameters: tuple[Slot, ...], bound: Bound) -> None:
    for slot in parameters:
        for argument in bound.values.get(slot.name, ()) if slot.constant else ():
            if literal_value(argument.value, script.values) is UNKNOWN:
                message = f"`{slot.name}` of `{name}` is a text that stands in the script"
                script.report.add(
                    "E313", argument.value.span, message, hint="values follow it, each for a `?`"
                )


def _hint(slot: Slot, known: types.Type) -> str | None:
    if slot.types == ("text",) and not isinstance(known, types.Ended):
        return 'text is built with `"${…}"`'
    if slot.types == ("duration",) and known == "integer":
        return "a duration has a unit, as in `5s`"
    return None
