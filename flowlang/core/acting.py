"""Actions: from a call in the script to commands, and back to its value.

What an action does is a coroutine on its strand (`flowlang.core.actions`), made of `Stage.perform` and the
strand's own waits, so that all of it is deterministic and replays.
"""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.texts import shown
from flowlang.compile.runtime.weights import check_weight
from flowlang.model.actions import REQUIRED, Action, Parameter
from flowlang.model.observations import ActionEnded, ActionStarted
from flowlang.model.places import file_of
from flowlang.model.secrets import MASK, marked, masked, unmarked
from flowlang.model.values import Duration, Outcome, Regex, Value, type_name

from .actions import ACTION_BODIES, host
from .actions.stage import Stage
from .exits import Unwind
from .strand import LegGone, Strand

_GONE = Outcome("gone")
_NONE: frozenset[str] = frozenset()
_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "duration": (Duration,),
    "list": (tuple,),
    "map": (dict,),
    "regex": (Regex,),
    "flow": (str,),  # by its key
}


ACTION = 100
"""Steps that an action, an event or an exit that is caught counts for, by what it costs."""


async def act(strand: Strand, line: int, column: int, name: str, given: dict[str, Value]) -> Value:
    """Runs an action with the arguments by parameter name; its value, or a fault."""
    flow = strand.flow
    strand.line = line
    flow.spend(ACTION)
    action = flow.actions[name]
    arguments = _checked(action, given)
    check_weight(*arguments.values())
    hidden, hides_value = _NONE, False
    if flow.secrets:
        place = file_of(line), int(line), column
        hidden = flow.secrets.arguments.get(place, _NONE)
        hides_value = place in flow.secrets.results
        arguments |= {each: marked(arguments[each]) for each in hidden}
    if action.on_leg:
        if not flow.has_caller:
            raise Fault("no_caller", f"`{name}` needs a caller, and this activeflow has none")
        if flow.ends_with_caller(strand):
            strand.leave_with_caller()
        if flow.caller_gone:
            return _GONE
    if action.reach is not None:
        flow.rules.check_action(action, arguments, len(flow.placed_legs), line)
    number = flow.outbox.number()
    if flow.told:
        detail = MASK if hidden and action.parameters[0].name in hidden else _detail(action, arguments)
        flow.note(ActionStarted(flow.at, flow.id, number, name, detail, line, column, file_of(line)))
    stage = Stage(strand, action, arguments, hides_value=hides_value)
    try:
        value = await ACTION_BODIES.get(name, host.run)(stage)
    except LegGone:
        flow.note(ActionEnded(flow.at, flow.id, number, name, "cancelled", None))
        return Outcome(action.if_left) if action.if_left is not None else _GONE
    except Unwind:
        flow.note(ActionEnded(flow.at, flow.id, number, name, "cancelled", None))
        raise
    except Fault as fault:
        flow.note(ActionEnded(flow.at, flow.id, number, name, "failed", MASK if hides_value else fault.text))
        raise
    if flow.told:
        seen = masked(value) if hides_value else value
        flow.note(ActionEnded(flow.at, flow.id, number, name, "done", seen))
    return unmarked(value) if hidden else value


def _checked(action: Action, given: dict[str, Value]) -> dict[str, Value]:
    """The arguments with defaults filled in, each of a type and a size that its
    parameter takes."""
    arguments: dict[str, Value] = {}
    for parameter in action.parameters:
        if parameter.name in given:
            value = given[parameter.name]
            if not _fits(parameter, value):
                wanted = " or ".join(parameter.types)
                raise Fault(
                    "type", f"`{parameter.name}` of `{action.name}` takes {wanted}, not {type_name(value)}"
                )
            misfit = parameter.allowed.misfit(value) if parameter.allowed is not None else None
            if misfit is not None:
                raise Fault("value", f"`{parameter.name}` of `{action.name}` {misfit}")
            arguments[parameter.name] = value
        elif parameter.default is REQUIRED:
            raise Fault("type", f"`{action.name}` needs `{parameter.name}`")
        else:
            arguments[parameter.name] = parameter.default
    return arguments


def _fits(parameter: Parameter, value: Value) -> bool:
    if value is None and parameter.default is None:
        return True
    for name in parameter.types:
        if name == "any":
            return True
        if name == "number":
            if not isinstance(value, (bool, str)) and type_name(value) in ("an integer", "a decimal"):
                return True
        elif isinstance(value, _TYPES[name]) and (name == "boolean") == isinstance(value, bool):
            return True
    return False


_DETAIL_LENGTH = 80


def _detail(action: Action, arguments: dict[str, Value]) -> str:
    """The first argument, for those who watch."""
    if not action.parameters:
        return ""
    text = shown(arguments[action.parameters[0].name])
    return text if len(text) <= _DETAIL_LENGTH else text[: _DETAIL_LENGTH - 1] + "…"
