"""Coverage: which pieces of a script were ever taken. The pieces are branches, outcomes, handlers, routes and
flows: what a caller can bring about or not, rather than lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from flowlang.analysis import Program
from flowlang.diagnostics import Source, Span
from flowlang.model.observations import ActionEnded, ActionStarted, FlowStarted, Observation
from flowlang.model.values import Outcome
from flowlang.modules import is_standard
from flowlang.syntax import ast

Kind = Literal[
    "route", "flow", "func", "then", "else", "no else", "arm", "loop", "deadline", "catch", "handler",
    "outcome",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that is taken or not. `span` is what to point at, `extent` all that is not run with it,
    `name` the flow, event, outcome or pattern."""

    kind: Kind
    name: str
    span: Span
    extent: Span


@dataclass(frozen=True, slots=True, eq=False)
class FileCoverage:
    """The pieces of one script, in the order of the text, and those that were taken."""

    source: Source
    pieces: tuple[Piece, ...]
    taken: frozenset[Piece]

    @property
    def missed(self) -> tuple[Piece, ...]:
        """Those never taken; a piece within another that was missed is not named by itself."""
        found: list[Piece] = []
        for each in self.pieces:
            within = any(
                piece.extent.start <= each.span.start and each.span.end <= piece.extent.end for piece in found
            )
            if each not in self.taken and not within:
                found.append(each)
        return tuple(found)

    @property
    def percent(self) -> int:
        """How much was taken, rounded down; 100 where there is nothing to take."""
        return 100 * len(self.taken) // len(self.pieces) if self.pieces else 100

    def to_plain(self) -> dict[str, Any]:
        """One JSON object: `kind` is `coverage`."""
        return {
            "kind": "coverage",
            "file": self.source.name,
            "percent": self.percent,
            "taken": len(self.taken),
            "of": len(self.pieces),
            "pieces": [
                {
                    "piece": each.kind,
                    "name": each.name,
                    "line": self.source.position(each.span.start).line,
                    "column": self.source.position(each.span.start).column,
                    "taken": each in self.taken,
                }
                for each in self.pieces
            ],
        }

    def and_of(self, other: FileCoverage) -> FileCoverage:
        """The same script with what was taken here or there."""
        return FileCoverage(self.source, self.pieces, self.taken | other.taken)


_Place = tuple[str | None, int, int]
"""Of an action: the module's file (`None` for the entry script), line and column."""


class Counter:
    """Counts while tests run: the compiler asks it for numbers, the world tells it what is observed. The
    project's own modules count too, those of the standard library do not."""

    def __init__(self, program: Program) -> None:
        own = [each for each in program.modules if not (each.prefix and is_standard(each.module.source))]
        self._sources = [each.module.source for each in own]
        self._pieces: list[tuple[Source, Piece]] = []
        self._numbers: dict[int, int] = {}
        self._taken: set[int] = set()
        self._outcomes: dict[_Place, dict[str, int]] = {}
        self._routes: dict[int, int] = {}
        self._under_way: dict[tuple[str, int], _Place] = {}
        for each in own:
            for node, piece in _pieces(each):
                self._add(each, node, piece)

    def _add(self, program: Program, node: ast.Node, piece: Piece) -> None:
        source = program.module.source
        number = len(self._pieces)
        self._pieces.append((source, piece))
        if piece.kind == "outcome":
            line, column = source.position(node.span.start)
            place = source.name if program.prefix else None, line, column
            self._outcomes.setdefault(place, {})[piece.name] = number
        elif piece.kind == "route" and not program.prefix:
            self._routes[source.position(node.span.start).line] = number
        else:
            self._numbers[id(node)] = number

    def number(self, node: ast.Node) -> int | None:
        """For the compiler."""
        return self._numbers.get(id(node))

    def reached(self, number: int) -> None:
        """For what was compiled."""
        self._taken.add(number)

    def observe(self, observation: Observation) -> None:
        """Routes and outcomes are seen from outside."""
        match observation:
            case FlowStarted(route_line=int(line)) if line in self._routes:
                self._taken.add(self._routes[line])
            case ActionStarted():
                place = observation.file, int(observation.line), observation.column
                self._under_way[observation.activeflow, observation.action] = place
            case ActionEnded():
                place = self._under_way.pop((observation.activeflow, observation.action), (None, 0, 0))
                if isinstance(observation.value, Outcome):
                    number = self._outcomes.get(place, {}).get(observation.value.name)
                    if number is not None:
                        self._taken.add(number)
            case _:
                pass

    def result(self) -> FileCoverage:
        """What was counted so far of the entry script."""
        return self._of(self._sources[-1])

    def modules(self) -> tuple[FileCoverage, ...]:
        """The same of each module, those without a piece left out."""
        found = map(self._of, self._sources[:-1])
        return tuple(each for each in found if each.pieces)

    def _of(self, source: Source) -> FileCoverage:
        pieces = {number: piece for number, (owner, piece) in enumerate(self._pieces) if owner is source}
        taken = frozenset(piece for number, piece in pieces.items() if number in self._taken)
        ordered = sorted(pieces.values(), key=lambda each: (each.span.start, -each.extent.end))
        return FileCoverage(source, tuple(ordered), taken)


def _pieces(program: Program) -> Iterator[tuple[ast.Node, Piece]]:
    """Each with the node that stands for it."""
    for route in program.module.declarations:
        match route:
            case ast.Route():
                yield route, Piece("route", route.target.name, route.span, route.span)
            case ast.FlowDecl():
                yield route, Piece("flow", route.name, route.name_span, route.span)
                yield from _below(program, route)
            case ast.FuncDecl():
                yield route, Piece("func", route.name, route.name_span, route.span)
                yield from _below(program, route)
            case _:
                pass


def _below(program: Program, declaration: ast.Node) -> Iterator[tuple[ast.Node, Piece]]:
    for node in ast.walk(declaration):
        match node:
            case ast.If():
                yield node.then, _block("then", "if", node.condition.span, node.then)
                if node.otherwise is None:
                    end = Span(node.span.end, node.span.end)
                    yield node, Piece("no else", "if", node.condition.span, end)
                elif isinstance(node.otherwise, ast.Block):
                    yield node.otherwise, _block("else", "else", node.otherwise.span, node.otherwise)
            case ast.Match():
                for arm in node.arms:
                    head = arm.patterns[0].span.to(arm.patterns[-1].span)
                    name = program.module.source[head]
                    yield arm.body, _block("arm", name, head, arm.body)
            case ast.While() | ast.For() | ast.Loop() | ast.Every():
                head = Span(node.span.start, node.body.span.start)
                yield node.body, _block("loop", type(node).__name__.lower(), head, node.body)
            case ast.Within(otherwise=ast.Block() as otherwise):
                yield otherwise, _block("deadline", "within", otherwise.span, otherwise)
            case ast.Try(catch=ast.Block() as catch):
                yield catch, _block("catch", "catch", catch.span, catch)
            case ast.On():
                head = Span(node.span.start, node.body.span.start)
                yield node.body, _block("handler", node.event, head, node.body)
            case ast.Call() if (action := program.actions.get(_called(node))) is not None:
                for outcome in program.outcomes_of(action, node):
                    extent = Span(node.span.start, node.span.start)
                    yield node, Piece("outcome", outcome.name, node.callee.span, extent)
            case _:
                pass


def _called(node: ast.Call) -> str:
    """The name under which something is called, as in `ask` or `http.get`."""
    match node.callee:
        case ast.Name(name=name):
            return name
        case ast.Field(value=ast.Name(name=group), name=name):
            return f"{group}.{name}"
        case _:
            return ""


def _block(kind: Kind, name: str, head: Span, body: ast.Block) -> Piece:
    return Piece(kind, name, head, body.span)
