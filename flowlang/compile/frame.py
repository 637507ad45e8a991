"""What the compiler knows while it writes one Python function: where it is and what it has made so far."""

from __future__ import annotations

import ast as py
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from flowlang.analysis import Program
from flowlang.diagnostics import Source
from flowlang.model.functions import FUNCTIONS
from flowlang.model.places import Line
from flowlang.model.values import Value
from flowlang.syntax import ast

from .kinds import Kind
from .names import STRAND, pooled, variable
from .plan import Plan
from .python import assign, const, load, use
from .python import statement as told
from .versions import Version


class Way(Enum):
    """How an exit gets to its target."""

    PLAIN = "plain"
    """By Python's own `break`, `continue` or `return`."""
    PART = "part"
    """So, once the part of the function that it stands in has returned."""
    AIMED = "aimed"
    """Through blocks that exist at run time, or from another strand: the core takes it there."""


_NODES_A_STEP = 8  # so that a step is about a tenth of a microsecond


@dataclass(slots=True)
class Place:
    """An enclosing construct that can be left. `block` is the Python variable of its run-time block, if it
    has one; `signal` the one by which loops within it are told to end too (see `loops`)."""

    label: str | None = None
    is_loop: bool = False
    is_action: bool = False
    is_flow: bool = False
    block: str | None = None
    owns: bool = False
    """Whether a handler or stream belongs to the block: only then leaving it may take time."""
    signal: str | None = None
    outcomes: tuple[str, ...] = ()
    """Those that the flow declares, one of which it returns."""


class Cover(Protocol):
    """Wants to know which pieces of a script are ever reached."""

    def number(self, node: ast.Node) -> int | None:
        """The piece's number; `None` for one that does not count."""
        ...

    def reached(self, number: int) -> None:
        """Called each time that one is reached."""
        ...


class Unit:
    """What all functions of a script share: the constants that Python has no literal for, fresh names, and
    the two writers for whatever stands inside something else."""

    def __init__(
        self,
        program: Program,
        expression: Callable[[Frame, ast.Expression], py.expr],
        statement: Callable[[Frame, ast.Statement], list[py.stmt]],
        cover: Cover | None = None,
    ) -> None:
        self.program = program
        self.expression = expression
        self.statement = statement
        self.cover = cover
        self.source: Source = program.module.source
        self.pool: dict[str, Value] = {}
        self._by_value: dict[tuple[str, str], str] = {}
        self._fresh = 0
        self._costs: dict[int, int] = {}

    def fresh(self, prefix: str) -> str:
        """A name not used before, if `prefix` is none of those of `names`."""
        self._fresh += 1
        return f"{prefix}_{self._fresh}"

    def covered(self, node: ast.Node) -> list[py.stmt]:
        """What tells that a piece of the script is reached: nothing, unless somebody wants to know."""
        number = self.cover.number(node) if self.cover is not None else None
        return [] if number is None else [told(use("cover", const(number)))]

    def line(self, node: ast.Node) -> py.expr:
        """The line of a node, for what runs to speak of; in a module it knows its file."""
        number = self.source.position(node.span.start).line
        if not self.program.prefix:
            return const(number)
        return load(self.pooled(Line(number, self.source.name)))

    def cost(self, node: ast.Node) -> int:
        """The steps of a round of a loop or of a call: by how much is written in it."""
        if id(node) not in self._costs:
            self._costs[id(node)] = max(1, sum(1 for _ in ast.walk(node)) // _NODES_A_STEP)
        return self._costs[id(node)]

    def may_spin(self, node: ast.FuncDecl) -> bool:
        """Whether a `func` may take longer than what is written in it: it has a loop, or calls others."""
        return any(
            isinstance(each, (ast.While, ast.For, ast.Loop))
            or (isinstance(each, ast.Call) and not _is_built_in(each.callee))
            for each in ast.walk(node)
        )

    def pooled(self, value: Value) -> str:
        """The global name of a constant value."""
        key = (type(value).__name__, repr(value))
        if key not in self._by_value:
            name = pooled(len(self.pool))
            self._by_value[key] = name
            self.pool[name] = value
        return self._by_value[key]


def _is_built_in(callee: ast.Name | ast.Field) -> bool:
    return isinstance(callee, ast.Name) and callee.name in FUNCTIONS


@dataclass(slots=True)
class Frame:
    """One Python function that is being written. `is_async` for what can act. `places` includes those of the
    functions around it, outermost first; those from `own` on are of this function."""

    unit: Unit
    plan: Plan | None
    is_async: bool
    places: list[Place] = field(default_factory=list[Place])
    own: int = 0
    declared: set[str] = field(default_factory=set[str])
    assigned: set[str] = field(default_factory=set[str])
    hoisted: list[py.stmt] | None = None
    """While the right side of an assignment is written: where its actions go, so that names are read after
    them."""
    caught: str | None = None
    """The variable of the fault of the `catch` that is being written."""
    signals: list[str] = field(default_factory=list[str])
    nesting: int = 0
    """How many of Python's blocks are around what is written."""
    border: int = 0
    """Those places from here on are of the same strand: this function may be a part of theirs."""
    exits: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, "str | None"]])
    """Of a part: the exits that lead out of it, by kind and label."""
    version: Version | None = None
    """What is known of the kinds of what is written here."""
    is_func: bool = False
    can_wait: bool = True
    """No lambda is being written, in which nothing can wait."""
    paid: list[int] | None = None
    """While a statement is written whose calls of `func`s are paid for before it: what each costs."""

    def kind(self, node: ast.Expression) -> Kind:
        """What is known of an expression."""
        return self.version.kinds.get(id(node)) if self.version is not None else None

    def meter(self) -> py.expr:
        """Where steps are counted."""
        return load(STRAND) if self.is_func else py.Attribute(load(STRAND), "meter", py.Load())

    def expression(self, node: ast.Expression) -> py.expr:
        """Writes an expression."""
        return self.unit.expression(self, node)

    def statement(self, node: ast.Statement) -> list[py.stmt]:
        """Writes a statement."""
        return self.unit.statement(self, node)

    def without_waiting(self, write: Callable[[], py.expr]) -> py.expr:
        """Writes what goes into a lambda."""
        kept = self.can_wait, self.paid
        self.can_wait, self.paid = False, None
        made = write()
        self.can_wait, self.paid = kept
        return made

    def nested(self, *, is_async: bool = True) -> Frame:
        """A function within this one."""
        places = list(self.places)
        own = len(places)
        return Frame(
            self.unit, self.plan, is_async, places, own, caught=self.caught, version=self.version, border=own
        )

    def part(self) -> Frame:
        """A piece of this function that is a Python function of its own (see `flowlang.compile.parts`)."""
        places = list(self.places)
        fresh = replace(self, places=places, own=len(places), nesting=0)
        fresh.declared, fresh.assigned, fresh.signals, fresh.exits = set(), set(), [], []
        return fresh

    @contextmanager
    def inside(self, blocks: int) -> Generator[None, None, None]:
        """While so many of Python's blocks are around what is written."""
        self.nesting += blocks
        yield
        self.nesting -= blocks

    def declare(self, name: str) -> str:
        """A variable of the script comes into being here."""
        self.declared.add(name)
        return variable(name)

    def store(self, name: str) -> str:
        """A variable of the script is assigned."""
        self.assigned.add(name)
        return variable(name)

    def prologue(self) -> list[py.stmt]:
        """What this function begins with: leave to assign the variables of those around it, and signals at
        rest."""
        outer = sorted(variable(name) for name in self.assigned - self.declared)
        made: list[py.stmt] = [py.Nonlocal(outer)] if outer else []
        return made + [assign(each, const(0)) for each in self.signals]

    def take_over(self, inner: Frame) -> None:
        """A nested function is written: what it assigns and does not declare is assigned here too."""
        self.assigned |= inner.assigned - inner.declared

    def owner(self) -> str:
        """The run-time block that a handler or stream written here belongs to."""
        place = next(each for each in reversed(self.places) if each.block is not None)
        place.owns = True
        return place.block or ""

    def target(self, fits: Callable[[Place], bool]) -> tuple[Place, Way]:
        """The place that an exit goes to, and the way there."""
        way = Way.PLAIN
        for number in range(len(self.places) - 1, -1, -1):
            place = self.places[number]
            if place.block is not None or number < self.border:
                way = Way.AIMED
            elif number < self.own and way is Way.PLAIN:
                way = Way.PART
            if fits(place):
                return place, way
        raise AssertionError("the checker lets no exit without a target through")
