"""Expressions: what has a value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from .node import Node

if TYPE_CHECKING:
    from .declarations import FlowTarget
    from .patterns import Pattern
    from .statements import On


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`12` or `2.5`."""

    value: int | Decimal


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class NoneLiteral(Node):
    """`none`."""


@dataclass(frozen=True, slots=True)
class DurationLiteral(Node):
    """`250ms`, `5s`, `2m`, `1h`, `3d`."""

    microseconds: int


@dataclass(frozen=True, slots=True)
class PhoneNumber(Node):
    """`+14155550100`: an E.164 number; its value is that text."""

    value: str


@dataclass(frozen=True, slots=True)
class Regex(Node):
    """`/pattern/flags`, in RE2's syntax; `flags` is a subset of `i`, `m`, `s`."""

    pattern: str
    flags: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Text without anything to fill in; escapes already resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Template(Node):
    """`"text ${expression}"`: pieces in order, at least one of them an expression."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Spread(Node):
    """`...xs` in a list or map."""

    value: Expression


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """`[1, ...xs]`."""

    items: tuple[Expression | Spread, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """`name: value` in a map; the key may be a word or a text."""

    key: str
    value: Expression


@dataclass(frozen=True, slots=True)
class MapLiteral(Node):
    """`{name: "x", ...m}`."""

    entries: tuple[Entry | Spread, ...]


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A word that stands for something."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`value.name`, or `value?.name`, which is `none` where the field is missing."""

    value: Expression
    name: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`value[index]`."""

    value: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-x` or `not x`."""

    operator: Literal["-", "not"]
    operand: Expression


BinaryOperator = Literal["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in"]


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two operands that are both evaluated, left first."""

    operator: BinaryOperator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """`and`, `or`: the right side only where the left does not decide."""

    operator: Literal["and", "or"]
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """An argument of a call; `name` is `None` for one given by its place."""

    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of an action, flow, `func` or built-in: `callee` is a `Name`, or a `Field` as in
    `hours.weekly(…)`.

    `handlers` are the `on`s of the block behind the call; they live as long as the action.
    """

    callee: Name | Field
    arguments: tuple[Argument, ...]
    handlers: tuple[On, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitFor(Node):
    """`wait for EVENT [pattern, …] [within D]`: the event, or the outcome `timeout`."""

    event: str
    patterns: tuple[Pattern, ...]
    within: Expression | None


@dataclass(frozen=True, slots=True)
class Start(Node):
    """`start FLOW(args)`: a new activeflow; its id."""

    target: FlowTarget


Expression = (
    Number
    | Boolean
    | NoneLiteral
    | DurationLiteral
    | PhoneNumber
    | Regex
    | Text
    | Template
    | ListLiteral
    | MapLiteral
    | Name
    | Field
    | Index
    | Unary
    | Binary
    | Logical
    | Call
    | WaitFor
    | Start
)
