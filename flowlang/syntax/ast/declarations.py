"""Declarations: what stands at the top of a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowlang.diagnostics import Source, Span

from .expressions import Argument, Expression
from .node import Node

if TYPE_CHECKING:
    from .statements import Block

Channel = Literal["call", "sms", "email", "chat", "webhook", "schedule", "outbound call"]


@dataclass(frozen=True, slots=True)
class Use(Node):
    """`use "std/hours"`, `use "./x" as y`; without `as` the last part of the path is the name."""

    path: str
    alias: str | None


@dataclass(frozen=True, slots=True)
class Const(Node):
    """`const NAME = expr`."""

    name: str
    name_span: Span
    value: Expression
    doc: str | None


@dataclass(frozen=True, slots=True)
class FlowTarget(Node):
    """A flow to start, with its arguments: `desk`, `desk(1)`, `module.desk(1)`. `module` is `None` for one of
    this script."""

    module: str | None
    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Route(Node):
    """`route CHANNEL [to A] [from A] [via TRUNK] [when E] [priority N] => FLOW [else FLOW]`."""

    channel: Channel
    to: Expression | None
    source: Expression | None
    via: Expression | None
    when: Expression | None
    priority: int | None
    target: FlowTarget
    otherwise: FlowTarget | None


@dataclass(frozen=True, slots=True)
class Param(Node):
    """A parameter, with its default if it has one."""

    name: str
    default: Expression | None


@dataclass(frozen=True, slots=True)
class FlowDecl(Node):
    """`flow NAME(params) -> outcome | … { }`; `outcomes` is empty where none are declared."""

    name: str
    name_span: Span
    params: tuple[Param, ...]
    outcomes: tuple[str, ...]
    body: Block
    doc: str | None


@dataclass(frozen=True, slots=True)
class FuncDecl(Node):
    """`func NAME(params) = expr`, or with a block."""

    name: str
    name_span: Span
    params: tuple[Param, ...]
    body: Expression | Block
    doc: str | None


@dataclass(frozen=True, slots=True)
class PolicyRule(Node):
    """`allow dial "sip:*@x", …` or `limit duration 1h`: what is ruled (`dial`, `duration`) and the values."""

    kind: Literal["allow", "limit"]
    subject: str
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class PolicyDecl(Node):
    """`policy { … }`."""

    rules: tuple[PolicyRule, ...]


@dataclass(frozen=True, slots=True)
class TestDecl(Node):
    """`test "…" { }`: its statements are nodes of `flowlang.syntax.ast.tests`."""

    title: str
    body: tuple[Node, ...]


Declaration = Use | Const | Route | FlowDecl | FuncDecl | PolicyDecl | TestDecl


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A whole script. `doc` is the `##` text at its very top."""

    source: Source
    doc: str | None
    declarations: tuple[Declaration, ...]
