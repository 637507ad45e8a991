"""Which kind every expression of a flow or `func` has, found by going through it as it would run.

A branch is gone through with what its condition tells, a loop until nothing changes any more. What another
strand may assign, or an exit may cut short, is left unknown: exits come from anywhere inside the blocks that
exist at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from flowlang.model.values import MAX_INTEGER
from flowlang.syntax import ast

from .kinds import INTEGER, Int, Kind, held, is_number, join, narrowed, unchecked, widened

Kinds = dict[str, Kind]
Called = Callable[[ast.Call, list[Kind]], Kind]
"""Tells the kind of what a call gives, from the kinds of its arguments as written."""

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in"})
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "!=": "==", "==": "!="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_MAX_ROUNDS = 5
_MAX_VISITS = 20
"""How often an expression is looked at in the mean; then loops within loops are not gone round any more."""
_CUT_SHORT = (ast.On, ast.Stream, ast.Parallel, ast.Race, ast.Within, ast.Try, ast.Every)


@dataclass(slots=True)
class _Loop:
    label: str | None
    breaks: list[Kinds] = field(default_factory=list[Kinds])
    continues: list[Kinds] = field(default_factory=list[Kinds])


class Inference:
    """Goes through one body. Afterwards `kinds` has the kind of each expression by `id`, and `returns` what
    is given back."""

    def __init__(
        self, body: ast.Block | ast.Expression, parameters: Kinds, constants: Kinds, called: Called
    ) -> None:
        self.kinds: dict[int, Kind] = {}
        self.returns: Kind = "never"
        self._constants = constants
        self._called = called
        self._loops: list[_Loop] = []
        self._visits = 0
        self._most = _MAX_VISITS * sum(1 for _ in ast.walk(body))
        self._volatile = _volatile(body)
        here: Kinds = {name: kind for name, kind in parameters.items() if name not in self._volatile}
        if not isinstance(body, ast.Block):
            self.returns = self._kind(body, here)
        elif self._block(body, here) is not None:
            self.returns = join(self.returns, None)

    # -- statements: each gives the kinds behind it, `None` where nothing comes behind it

    def _block(self, block: ast.Block, here: Kinds | None) -> Kinds | None:
        for each in block.statements:
            if here is None:
                return None
            here = self._statement(each, here)
        return here

    def _statement(self, node: ast.Statement, here: Kinds) -> Kinds | None:
        match node:
            case ast.Let() | ast.Assign():
                kind = self._kind(node.value, here)
                return self._assigned(node.name, kind, here)
            case ast.CallStatement():
                self._kind(node.call, here)
                return here
            case ast.If():
                return self._if(node, here)
            case ast.Match():
                return self._match(node, here)
            case ast.While() | ast.Loop() | ast.For():
                return self._loop(node, here)
            case ast.Return():
                kind = self._kind(node.value, here) if node.value is not None else None
                self.returns = join(self.returns, kind)
                return None
            case ast.Break() | ast.Continue():
                self._jump(node, here)
                return None
            case ast.Stop() | ast.Handoff():
                return None
            case ast.Raise():
                if node.value is not None:
                    self._kind(node.value, here)
                return None
            case ast.Try() | ast.Within() | ast.Every() | ast.On() | ast.Stream():
                return self._rest(node, here)
            case ast.Parallel() | ast.Race() | ast.Join() | ast.Cancel():
                return self._rest(node, here)
            case ast.Wait() | ast.WaitUntil() | ast.WaitForStatement() | ast.Emit():
                return self._rest(node, here)
            case _:
                assert_never(node)

    def _rest(self, node: ast.Statement, here: Kinds) -> Kinds:
        """What cuts short or waits: all that it assigns is volatile, so that what is known before holds
        inside and behind it."""
        for each in ast.children(node):
            if isinstance(each, ast.Block):
                self._block(each, here if not isinstance(node, (ast.On, ast.Stream)) else {})
            elif isinstance(each, (ast.On, ast.Stream)):
                self._rest(each, {})  # it runs later, when the names here may hold something else
            elif isinstance(each, ast.Expression):
                self._kind(each, here)
        return here

    def _assigned(self, name: str, kind: Kind, here: Kinds) -> Kinds:
        return here if name in self._volatile else {**here, name: kind}

    def _if(self, node: ast.If, here: Kinds) -> Kinds | None:
        behind: Kinds | None = None
        branch: ast.If | ast.Block | None = node
        while isinstance(branch, ast.If):
            self._kind(branch.condition, here)
            then = self._block(branch.then, self._refined(branch.condition, here, holds=True))
            behind = _met(behind, then)
            here = self._refined(branch.condition, here, holds=False)
            branch = branch.otherwise
        return _met(behind, self._block(branch, here) if branch is not None else here)

    def _match(self, node: ast.Match, here: Kinds) -> Kinds | None:
        self._kind(node.subject, here)
        behind: Kinds | None = here
        for arm in node.arms:
            inside = here if arm.binding is None else self._assigned(arm.binding, None, here)
            if arm.guard is not None:
                self._kind(arm.guard, inside)
            behind = _met(behind, self._block(arm.body, inside))
        return behind

    def _jump(self, node: ast.Break | ast.Continue, here: Kinds) -> None:
        for loop in reversed(self._loops):
            if node.label is None or loop.label == node.label:
                (loop.breaks if isinstance(node, ast.Break) else loop.continues).append(here)
                return

    def _loop(self, node: ast.While | ast.Loop | ast.For, here: Kinds) -> Kinds | None:
        item = None
        if isinstance(node, ast.For):
            self._kind(node.iterable, here)
            item = self._items(node.iterable)
        elif isinstance(node, ast.Loop) and node.limit is not None:
            self._kind(node.limit, here)
        if self._visits > self._most:
            here = _without(here, node.body)
        for number in range(_MAX_ROUNDS):  # the last one knows nothing of what the loop assigns
            loop = _Loop(node.label)
            self._loops.append(loop)
            around, done = self._round(node, here, item)
            self._loops.pop()
            for each in (around, *loop.continues):
                around = _met(around, each)
            head = here if around is None else _known_before(here, around)
            if number:
                head = _widened(here, head)
            if head == here or number == _MAX_ROUNDS - 1:
                for each in loop.breaks:
                    done = _met(done, each)
                return done
            here = head if number < _MAX_ROUNDS - 2 else _without(here, node.body)
        raise AssertionError

    def _round(
        self, node: ast.While | ast.Loop | ast.For, here: Kinds, item: Kind
    ) -> tuple[Kinds | None, Kinds | None]:
        """What is known at the end of a round, and where the loop ends at its head."""
        match node:
            case ast.While():
                self._kind(node.condition, here)
                inside = self._refined(node.condition, here, holds=True)
                return self._block(node.body, inside), self._refined(node.condition, here, holds=False)
            case ast.For():
                return self._block(node.body, self._assigned(node.name, item, here)), here
            case ast.Loop():
                return self._block(node.body, here), here if node.limit is not None else None

    def _items(self, node: ast.Expression) -> Kind:
        """What `for` goes through: of `range` it is known."""
        if not isinstance(node, ast.Call) or node.callee != ast.Name(node.callee.span, "range"):
            return None
        kinds = [self.kinds.get(id(each.value)) for each in node.arguments if each.name is None]
        ends = [each for each in kinds if isinstance(each, Int)]
        if len(ends) != len(node.arguments):
            return None
        start = ends[0] if len(ends) == 2 else Int(0, 0)
        return Int(min(start.low, MAX_INTEGER), max(start.low, ends[-1].high - 1))

    # -- expressions

    def _kind(self, node: ast.Expression, here: Kinds) -> Kind:
        self._visits += 1
        kind = self._found(node, here)
        self.kinds[id(node)] = kind
        return kind

    def _found(self, node: ast.Expression, here: Kinds) -> Kind:
        match node:
            case ast.Number(value=int(value)):
                return Int(value, value)
            case ast.Number():
                return "decimal"
            case ast.Boolean():
                return "boolean"
            case ast.Text() | ast.PhoneNumber():
                return "text"
            case ast.Name():
                if node.name in self._constants:
                    return self._constants[node.name]
                return here.get(node.name)
            case ast.Template():
                for part in node.parts:
                    if not isinstance(part, str):
                        self._kind(part, here)
                return "text"
            case ast.Unary(operator="-"):
                below = self._kind(node.operand, here)
                return held(Int(-below.high, -below.low)) if isinstance(below, Int) else None
            case ast.Unary():
                self._kind(node.operand, here)
                return "boolean"
            case ast.Binary():
                return self._binary(node, here)
            case ast.Logical():
                self._logical(node, here)
                return "boolean"
            case ast.Call():
                return self._call(node, here)
            case _:
                return self._other(node, here)

    def _binary(self, node: ast.Binary, here: Kinds) -> Kind:
        left, right = self._kind(node.left, here), self._kind(node.right, here)
        if left == "never" or right == "never":
            return "never"
        if node.operator in _COMPARISONS:
            return "boolean"
        if isinstance(left, Int) and isinstance(right, Int) and node.operator != "/":
            return held(unchecked(node.operator, left, right))
        if not is_number(left) or not is_number(right):
            return None
        return INTEGER if node.operator == "//" else "decimal"

    def _logical(self, node: ast.Logical, here: Kinds) -> None:
        """What stands on the right is only looked at when the left side did not decide."""
        chain: list[ast.Logical] = [node]
        while isinstance(left := chain[-1].left, ast.Logical):
            chain.append(left)
        self._kind(chain[-1].left, here)
        for each in reversed(chain):
            here = self._refined(each.left, here, holds=each.operator == "and")
            self._kind(each.right, here)
            self.kinds[id(each)] = "boolean"

    def _call(self, node: ast.Call, here: Kinds) -> Kind:
        if isinstance(node.callee, ast.Field):
            self._kind(node.callee.value, here)
        kinds: list[Kind] = [self._kind(each.value, here) for each in node.arguments]
        for each in node.handlers:
            self._rest(each, {})
        if node.handlers:
            return None
        return "never" if "never" in kinds else self._called(node, kinds)

    def _other(self, node: ast.Node, here: Kinds) -> Kind:
        for each in ast.children(node):
            if isinstance(each, ast.Expression):
                self._kind(each, here)
            elif not isinstance(each, ast.Pattern):
                self._other(each, here)
        return "list" if isinstance(node, ast.ListLiteral) else None

    # -- what a condition tells

    def _refined(self, node: ast.Expression, here: Kinds, *, holds: bool) -> Kinds:
        match node:
            case ast.Unary(operator="not"):
                return self._refined(node.operand, here, holds=not holds)
            case ast.Logical(operator="and") if holds:
                return self._refined(node.right, self._refined(node.left, here, holds=True), holds=True)
            case ast.Logical(operator="or") if not holds:
                return self._refined(node.right, self._refined(node.left, here, holds=False), holds=False)
            case ast.Binary(operator=operator) if operator in _NEGATED:
                operator = operator if holds else _NEGATED[operator]
                here = self._narrow(node.left, operator, node.right, here)
                return self._narrow(node.right, _MIRRORED[operator], node.left, here)
            case _:
                return here

    def _narrow(self, node: ast.Expression, operator: str, other: ast.Expression, here: Kinds) -> Kinds:
        if not isinstance(node, ast.Name) or node.name not in here:
            return here
        one, two = here[node.name], self.kinds.get(id(other))
        if isinstance(other, ast.Name) and other.name in here:
            two = here[other.name]
        if isinstance(one, Int) and isinstance(two, Int):
            return {**here, node.name: narrowed(operator, one, two)}
        return here


def _met(one: Kinds | None, other: Kinds | None) -> Kinds | None:
    """What is known where two ways meet."""
    if one is None or other is None:
        return other if one is None else one
    return {name: join(kind, other[name]) for name, kind in one.items() if name in other}


def _widened(before: Kinds, now: Kinds) -> Kinds:
    return {name: widened(before[name], kind) for name, kind in now.items()}


def _known_before(here: Kinds, around: Kinds) -> Kinds:
    """What is known at a loop's head: of what was declared before it."""
    return {name: join(kind, around.get(name)) for name, kind in here.items()}


def _without(here: Kinds, body: ast.Block) -> Kinds:
    assigned = _assigned_in(body)
    return {name: None if name in assigned else kind for name, kind in here.items()}


def _volatile(body: ast.Node) -> frozenset[str]:
    """The variables of which nothing is known: those that are assigned in a block, call or loop that can be
    cut short."""
    found: set[str] = set()
    for node in ast.walk(body):
        match node:
            case ast.While() | ast.Loop() | ast.For():
                cut = any(_is_cut_short(each) for each in ast.walk(node))
            case _:
                cut = _is_cut_short(node)
        if cut:
            found |= _assigned_in(node)
    return frozenset(found)


def _is_cut_short(node: ast.Node) -> bool:
    return isinstance(node, _CUT_SHORT) or (isinstance(node, ast.Call) and bool(node.handlers))


def _assigned_in(node: ast.Node) -> set[str]:
    found: set[str] = set()
    for each in ast.walk(node):
        match each:
            case ast.Let() | ast.Assign() | ast.For():
                found.add(each.name)
            case ast.On() | ast.Arm() if each.binding is not None:
                found.add(each.binding)
            case ast.Try() if each.catch_name is not None:
                found.add(each.catch_name)
            case _:
                pass
    return found
