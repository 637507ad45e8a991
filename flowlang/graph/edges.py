"""The edges of a flow: from its structure, what follows what."""

from __future__ import annotations

from dataclasses import dataclass, field

from .model import Block, Choice, Fork, Guarded, Item, Loop, Node, Piece, Side, Sided, Step, nodes


@dataclass(frozen=True, slots=True)
class Edge:
    """From node to node, by their ids. `is_back`: it goes back in a loop. `is_beside`: to what may happen
    beside a part. `piece` is given where the edge alone stands for a piece of the script."""

    source: str
    target: str
    label: str = ""
    is_back: bool = False
    is_beside: bool = False
    piece: Piece | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """An edge whose target is not known yet."""

    source: str
    label: str = ""
    piece: Piece | None = None


_Ends = list[_End]


def edges_of(block: Block) -> tuple[Edge, ...]:
    """All edges of a flow, in the order of the text."""
    tracer = _Tracer()
    tracer.block(block, [])
    return tuple(tracer.edges)


@dataclass(slots=True, eq=False)
class _Tracer:
    edges: list[Edge] = field(default_factory=list[Edge])
    _left: dict[str, _Ends] = field(default_factory=dict[str, _Ends])

    def block(self, block: Block, ends: _Ends) -> _Ends:
        before: Item | None = None
        for item in block.items:
            if not ends and isinstance(
                before, Guarded
            ):  # a `finally` runs though nothing goes on from its `try`
                ends = [_End(before.node.id, "in any case")]
            ends = self._item(item, ends)
            before = item
        return ends

    def _to(self, ends: _Ends, node: Node) -> None:
        for each in ends:
            self.edges.append(Edge(each.source, node.id, each.label, piece=each.piece))

    def _item(self, item: Item, ends: _Ends) -> _Ends:
        match item:
            case Step(node):
                self._to(ends, node)
                return self._step(node)
            case Choice(node, branches):
                self._to(ends, node)
                following: _Ends = []
                for each in branches:
                    following += self.block(each.block, [_End(node.id, each.label, each.piece)])
                return following
            case Loop(node, body, leave):
                self._to(ends, node)
                for each in self.block(body, [_End(node.id)]):
                    self.edges.append(Edge(each.source, node.id, each.label or "again", is_back=True))
                return [*([_End(node.id, leave)] if leave is not None else []), *self._left.pop(node.id, [])]
            case Guarded(node, body, escape):
                self._to(ends, node)
                following = self.block(body, [_End(node.id)])
                if escape is not None:
                    following += self.block(escape.block, [_End(node.id, escape.label, escape.piece)])
                return following
            case Sided(block, sides):
                return self._sided(block, sides, ends)
            case Fork(node, streams, join):
                self._to(ends, node)
                following = []
                for each in streams:
                    self._to([_End(node.id)], each.node)
                    following += self.block(each.block, [_End(each.node.id)])
                return [_End(each.source, join) for each in following]

    def _step(self, node: Node) -> _Ends:
        match node.kind:
            case "back":
                if node.link is not None:
                    self.edges.append(Edge(node.id, node.link, "", is_back=True))
                return []
            case "leave":
                if node.link is not None:
                    self._left.setdefault(node.link, []).append(_End(node.id))
                return []
            case "end" | "fault":
                return []
            case _:
                return [_End(node.id)]

    def _sided(self, block: Block, sides: tuple[Side, ...], ends: _Ends) -> _Ends:
        first = next(nodes(block), None)
        following = self.block(block, ends)
        source = first.id if first is not None else ends[0].source if ends else None
        for each in sides:
            if source is not None:
                self.edges.append(Edge(source, each.node.id, is_beside=True))
            self.block(each.block, [_End(each.node.id)])
        return following
