"""Statements: what a flow does, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.diagnostics import Span

from .declarations import FlowTarget
from .expressions import Call, Expression, Start, WaitFor
from .node import Node
from .patterns import Pattern


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`{ … }`."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let x = …`; `secret let x = …`."""

    name: str
    name_span: Span
    value: Expression
    secret: bool


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`x = …`."""

    name: str
    name_span: Span
    value: Expression


@dataclass(frozen=True, slots=True)
class CallStatement(Node):
    """A call for what it does; its value is dropped. `start FLOW()` may stand so too."""

    call: Call | Start


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if … { } else if … { } else { }`; an `else if` is an `If` in `otherwise`."""

    condition: Expression
    then: Block
    otherwise: Block | If | None


@dataclass(frozen=True, slots=True)
class Arm(Node):
    """`pattern, pattern as x when guard => body`; a body of one statement is a block of one."""

    patterns: tuple[Pattern, ...]
    binding: str | None
    guard: Expression | None
    body: Block


@dataclass(frozen=True, slots=True)
class Match(Node):
    """`match subject { arms }`: the first arm that fits."""

    subject: Expression
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class While(Node):
    """`while condition { }`."""

    label: str | None
    condition: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for x in xs { }`: a list, or the keys of a map."""

    label: str | None
    name: str
    name_span: Span
    iterable: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """`loop { }`, `loop up to N { }`."""

    label: str | None
    limit: Expression | None
    body: Block


@dataclass(frozen=True, slots=True)
class Break(Node):
    """`break [label]`."""

    label: str | None


@dataclass(frozen=True, slots=True)
class Continue(Node):
    """`continue [label]`."""

    label: str | None


@dataclass(frozen=True, slots=True)
class Return(Node):
    """`return [value]`."""

    value: Expression | None


@dataclass(frozen=True, slots=True)
class Stop(Node):
    """`stop`: ends the activeflow, on every channel."""


@dataclass(frozen=True, slots=True)
class Try(Node):
    """`try { } catch e { } finally { }`; either may be missing, not both; `catch_name` may."""

    body: Block
    catch_name: str | None
    catch: Block | None
    final: Block | None


@dataclass(frozen=True, slots=True)
class Raise(Node):
    """`raise value`; without a value inside `catch` it raises the same fault again."""

    value: Expression | None


@dataclass(frozen=True, slots=True)
class Wait(Node):
    """`wait 5s`."""

    duration: Expression


@dataclass(frozen=True, slots=True)
class WaitUntil(Node):
    """`wait until T`: a time, or a condition."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class WaitForStatement(Node):
    """`wait for EVENT [within D]` for itself."""

    wait: WaitFor


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`within D { } else { }`."""

    duration: Expression
    body: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Every(Node):
    """`every D { }`."""

    duration: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class Emit(Node):
    """`emit NAME, data`."""

    event: str
    data: Expression | None


@dataclass(frozen=True, slots=True)
class Handoff(Node):
    """`handoff FLOW(args)`."""

    target: FlowTarget


@dataclass(frozen=True, slots=True)
class On(Node):
    """`on NAME [pattern, …] [as e] [when EXPR] { }`."""

    event: str
    event_span: Span
    patterns: tuple[Pattern, ...]
    binding: str | None
    guard: Expression | None
    body: Block


@dataclass(frozen=True, slots=True)
class Stream(Node):
    """`stream [name] { }`."""

    name: str | None
    body: Block


@dataclass(frozen=True, slots=True)
class Join(Node):
    """`join name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Cancel(Node):
    """`cancel name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Parallel(Node):
    """`parallel { stream… }`."""

    streams: tuple[Stream, ...]


@dataclass(frozen=True, slots=True)
class Race(Node):
    """`race { stream… }`."""

    streams: tuple[Stream, ...]


Statement = (
    Let
    | Assign
    | CallStatement
    | If
    | Match
    | While
    | For
    | Loop
    | Break
    | Continue
    | Return
    | Stop
    | Try
    | Raise
    | Wait
    | WaitUntil
    | WaitForStatement
    | Within
    | Every
    | Emit
    | Handoff
    | On
    | Stream
    | Join
    | Cancel
    | Parallel
    | Race
)
