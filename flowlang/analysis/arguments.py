"""Which argument of a call goes to which parameter. The checker tells of what does not fit; the compiler
takes the same answer, so that both mean one thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from flowlang.model.actions import REQUIRED, Action, TypeName
from flowlang.model.allowed import Allowed
from flowlang.model.functions import Function
from flowlang.syntax import ast

Trouble = Literal["unknown", "too many", "twice", "by name only", "after a name", "missing"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter, whatever it belongs to. Those `by_place` come first; `many` takes all further arguments by
    place."""

    name: str
    required: bool
    types: tuple[TypeName, ...] = ("any",)
    by_place: bool = True
    many: bool = False
    or_none: bool = False
    allowed: Allowed | None = None
    constant: bool = False


class Misfit(NamedTuple):
    """What did not fit: the argument concerned (`None` for one that is missing) and the parameter's name."""

    trouble: Trouble
    argument: ast.Argument | None
    parameter: str


@dataclass(slots=True)
class Bound:
    """The arguments by the parameter's name, in the order written; more than one only for `many`."""

    values: dict[str, list[ast.Argument]] = field(default_factory=dict[str, list[ast.Argument]])
    misfits: list[Misfit] = field(default_factory=list[Misfit])


def slots(callee: Action | Function | ast.FuncDecl | ast.FlowDecl) -> tuple[Slot, ...]:
    """The parameters of anything that can be called."""
    match callee:
        case Action():
            return tuple(
                Slot(
                    each.name,
                    each.default is REQUIRED and not each.many,
                    each.types,
                    each.by_place,
                    each.many,
                    each.default is None,
                    each.allowed,
                    each.constant,
                )
                for each in callee.parameters
            )
        case Function():
            return tuple(Slot(each.name, not each.optional, each.types) for each in callee.parameters)
        case _:
            return tuple(
                Slot(
                    each.name,
                    each.default is None,
                    _types_of(each.default),
                    or_none=isinstance(each.default, ast.NoneLiteral),
                )
                for each in callee.params
            )


def _types_of(default: ast.Expression | None) -> tuple[TypeName, ...]:
    """What a parameter of a script's own takes: what its default is, where that is a literal with a type."""
    match default:
        case ast.Text() | ast.Template() | ast.PhoneNumber():
            return ("text",)
        case ast.Number():
            return ("number",)
        case ast.Boolean():
            return ("boolean",)
        case ast.DurationLiteral():
            return ("duration",)
        case ast.Regex():
            return ("regex",)
        case ast.ListLiteral():
            return ("list",)
        case ast.MapLiteral():
            return ("map",)
        case _:
            return ("any",)


def bind(parameters: tuple[Slot, ...], arguments: tuple[ast.Argument, ...]) -> Bound:
    """Give each argument to its parameter."""
    bound = Bound()
    places = [each for each in parameters if each.by_place]
    by_name = {each.name: each for each in parameters}
    named = False
    place = 0
    for argument in arguments:
        if argument.name is not None:
            named = True
            slot = by_name.get(argument.name)
            if slot is None:
                bound.misfits.append(Misfit("unknown", argument, argument.name))
                continue
        elif named:
            bound.misfits.append(Misfit("after a name", argument, ""))
            continue
        elif place < len(places):
            slot = places[place]
            place += not slot.many
        else:
            trouble = "by name only" if len(places) < len(parameters) else "too many"
            bound.misfits.append(Misfit(trouble, argument, ""))
            continue
        if slot.name in bound.values and (argument.name is not None or not slot.many):
            bound.misfits.append(Misfit("twice", argument, slot.name))
        else:
            bound.values.setdefault(slot.name, []).append(argument)
    bound.misfits += [
        Misfit("missing", None, each.name)
        for each in parameters
        if each.required and each.name not in bound.values
    ]
    return bound


def takes_flow(action: Action, argument: ast.Argument) -> bool:
    """Whether an argument goes to a parameter that takes a flow: always by its name."""
    parameter = action.parameter(argument.name) if argument.name is not None else None
    return parameter is not None and "flow" in parameter.types
