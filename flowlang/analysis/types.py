"""What is known of a value before anything runs: its type, the outcomes that it may have, or nothing.

A type is only what is sure. `None` stands for "unknown", and no check speaks of an unknown value, so that one
mistake does not bring others after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from flowlang.model.actions import Action, OutcomeType, TypeName
from flowlang.model.script_events import ScriptEvent
from flowlang.syntax import ast

Shape = Literal[
    "none", "boolean", "integer", "decimal", "text", "duration", "time", "list", "map", "regex",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """An outcome of `what` (an action, a flow, an event): one of `outcomes`, or of `rare`, which a `match`
    need not name. `texts` are all that the text of the outcome `text` may be, where they are known."""

    what: str
    outcomes: tuple[OutcomeType, ...]
    rare: frozenset[str] = frozenset()
    is_event: bool = False
    texts: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The outcomes that a `match` has to name."""
        return tuple(each.name for each in self.outcomes)

    def only(self, names: frozenset[str]) -> Ended:
        """What is left when a pattern has let only these through."""
        kept = tuple(each for each in self.outcomes if each.name in names)
        return replace(self, outcomes=kept, rare=self.rare & names)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that at least one of the outcomes has, in the order declared."""
        return tuple(dict.fromkeys(name for each in self.outcomes for name in each.fields))


Type = Shape | Ended | None

TIMEOUT = OutcomeType("timeout", (), "the time was over")

_ARTICLES: dict[Shape, str] = {"none": "`none`", "integer": "an integer"}
_ACCEPTS: dict[TypeName, frozenset[Shape]] = {
    "text": frozenset({"text"}),
    "integer": frozenset({"integer"}),
    "number": frozenset({"integer", "decimal"}),
    "boolean": frozenset({"boolean"}),
    "duration": frozenset({"duration"}),
    "list": frozenset({"list"}),
    "map": frozenset({"map"}),
    "regex": frozenset({"regex"}),
    "flow": frozenset(),
}
_NUMBERS = ("integer", "decimal")
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in"})


def described(known: Shape | Ended) -> str:
    """What a script's author calls it: "a text", "an outcome of `ask`"."""
    if isinstance(known, Ended):
        return f"the event `{known.what}`" if known.is_event else f"an outcome of `{known.what}`"
    return _ARTICLES.get(known, f"a {known}")


def accepts(types: tuple[TypeName, ...], known: Type) -> bool:
    """Whether a parameter of these types may take such a value."""
    if known is None or "any" in types:
        return True
    if isinstance(known, Ended):
        return False
    return any(known in _ACCEPTS.get(each, frozenset()) for each in types)


def of_action(action: Action, *, handled: bool) -> Type:
    """What an action gives. With handlers of its own it may also be cancelled by them."""
    if not action.outcomes:
        return None
    rare = {"gone"} if action.on_leg else set[str]()
    if action.recovery != "repeat" or action.reach is not None or action.sends is not None:
        rare.add("unknown")  # a crash, or a peer that does not answer, leaves it open
    if handled:
        rare.add("cancelled")
    return Ended(action.name, action.outcomes, frozenset(rare) - {each.name for each in action.outcomes})


def of_event(event: ScriptEvent) -> Ended:
    """What `as e` holds in a handler."""
    return Ended(event.name, (OutcomeType(event.name, event.fields, event.doc),), is_event=True)


def of_flow(name: str, outcomes: tuple[OutcomeType, ...]) -> Type:
    """What a call of a flow gives: known where it declares its outcomes."""
    return Ended(name, outcomes) if outcomes else None


def of_operation(node: ast.Node, operands: Mapping[int, Type]) -> Type:
    """The type of a literal or an operator; `operands` has the types of the nodes below it, by `id`."""
    match node:
        case ast.Number(value=value):
            return "decimal" if isinstance(value, Decimal) else "integer"
        case ast.Text() | ast.Template() | ast.PhoneNumber() | ast.Start():
            return "text"
        case ast.Boolean() | ast.Logical() | ast.Unary(operator="not"):
            return "boolean"
        case ast.NoneLiteral():
            return "none"
        case ast.DurationLiteral():
            return "duration"
        case ast.Regex():
            return "regex"
        case ast.ListLiteral():
            return "list"
        case ast.MapLiteral():
            return "map"
        case ast.Unary():
            below = operands.get(id(node.operand))
            return below if below in ("integer", "decimal", "duration") else None
        case ast.Binary(operator=operator) if operator in _COMPARISONS:
            return "boolean"
        case ast.Binary():
            return of_arithmetic(node.operator, operands.get(id(node.left)), operands.get(id(node.right)))
        case _:
            return None


def of_arithmetic(operator: str, left: Type, right: Type) -> Type:
    """The type of `left operator right`; `None` where one of them is unknown or the two do not fit."""
    if left in _NUMBERS and right in _NUMBERS:
        if operator in ("/", "//"):
            return "decimal" if operator == "/" else "integer"
        return "integer" if left == right == "integer" else "decimal"
    if right in _NUMBERS and left == "duration":
        return "duration" if operator in ("*", "/") else None
    match left, operator, right:
        case ("duration", "+" | "-" | "%", "duration") | ("integer" | "decimal", "*", "duration"):
            return "duration"
        case "duration", "/", "duration":
            return "decimal"
        case "duration", "//", "duration":
            return "integer"
        case "time", "+" | "-", "duration":
            return "time"
        case "time", "-", "time":
            return "duration"
        case "list", "+", "list":
            return "list"
        case _:
            return None
