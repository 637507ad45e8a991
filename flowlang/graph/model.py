"""A flow as a diagram: nodes, and how they hang together.

A script is structured, and so is its diagram: a block is a sequence of items, and an item is a single node, a
choice, a loop, a guarded part, things side by side, or a part with handlers and streams beside it. What goes
elsewhere (`continue`, `break`, `return`, `stop`) is a node that ends its block and says where to. From that
structure a picture without crossings can be laid out, and plain edges can be read off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from flowlang.diagnostics import Span

NodeKind = Literal[
    "start", "action", "set", "wait", "call", "choice", "fork", "loop", "guard", "handler", "stream",
    "back", "leave", "end", "fault",
]  # fmt: skip

ENDS: frozenset[NodeKind] = frozenset({"back", "leave", "end", "fault"})
"""Behind these nothing follows in their block."""


class Piece(NamedTuple):
    """What coverage counts: the kind of a piece (`then`, `arm`, `handler`, …) and its extent."""

    kind: str
    extent: Span


Taken = Mapping[Piece, bool]
"""Of each piece whether tests ever took it."""


@dataclass(frozen=True, slots=True)
class Node:
    """`id` is unique in the chart. `title` is one line, `text` more of it, `""` where there is none. `link`
    is the id of the node that it leads to without an edge: the start of a flow that it calls, the loop that
    it goes back to. `piece` is the smallest piece of the script that it stands in, `None` in a stream, which
    nobody counts."""

    id: str
    kind: NodeKind
    title: str
    text: str
    line: int
    piece: Piece | None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One node."""

    node: Node


@dataclass(frozen=True, slots=True)
class Branch:
    """A way out of a choice; an empty block goes straight on."""

    label: str
    block: Block
    piece: Piece | None


@dataclass(frozen=True, slots=True)
class Choice:
    """`if`, `match`: one of the branches."""

    node: Node
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`leave` says when it is over by itself, `None` if never; `is_left` whether it is ever over."""

    node: Node
    body: Block
    leave: str | None
    is_left: bool


@dataclass(frozen=True, slots=True)
class Guarded:
    """`within` and `try`: a part with another way out, which is taken when `escape.label` happens."""

    node: Node
    body: Block
    escape: Branch | None


@dataclass(frozen=True, slots=True)
class Side:
    """What goes on beside a block: a handler or a stream. `node` is its head."""

    node: Node
    block: Block


@dataclass(frozen=True, slots=True)
class Sided:
    """A part, and what may happen beside it as long as it lasts."""

    block: Block
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Fork:
    """`parallel`, `race`: all streams begin; `join` says when it goes on."""

    node: Node
    streams: tuple[Side, ...]
    join: str


Item = Step | Choice | Loop | Guarded | Sided | Fork


@dataclass(frozen=True, slots=True)
class Block:
    """Items one after the other; `is_open` where control comes out at its end."""

    items: tuple[Item, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class FlowChart:
    """One flow; its block begins with the start and ends with an end."""

    name: str
    doc: str
    block: Block


@dataclass(frozen=True, slots=True)
class Chart:
    """The flows of a script. `title` is the script's name, `doc` its first line of documentation."""

    title: str
    doc: str
    flows: tuple[FlowChart, ...]


def nodes(block: Block) -> Iterator[Node]:
    """All nodes of a block, in the order of the text."""
    for item in block.items:
        match item:
            case Step(node):
                yield node
            case Choice(node, branches):
                yield node
                for each in branches:
                    yield from nodes(each.block)
            case Loop(node, body):
                yield node
                yield from nodes(body)
            case Guarded(node, body, escape):
                yield node
                yield from nodes(body)
                if escape is not None:
                    yield from nodes(escape.block)
            case Sided(inner, sides):
                yield from nodes(inner)
                for side in sides:
                    yield side.node
                    yield from nodes(side.block)
            case Fork(node, streams):
                yield node
                for side in streams:
                    yield side.node
                    yield from nodes(side.block)
