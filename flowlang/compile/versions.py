"""The versions in which a `func` is compiled: a general one, and some for arguments of kinds that are known
where it is called.

The general version hands calls with arguments of the kinds that are likely, from what is done with them, to
the version for those. How many there may be is
bounded, so that a script's code does not grow with the ways in which it is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from flowlang.analysis import Program, bind, slots
from flowlang.model.functions import Function
from flowlang.model.values import MAX_INTEGER
from flowlang.syntax import ast

from . import names
from .inference import Inference, Kinds
from .kinds import INTEGER, Int, Kind, join, widened

Known = Literal["integer", "decimal", "text"] | None
Signature = tuple[Known, ...]
"""What is known of each argument."""

_MAX_VERSIONS = 4  # of one `func`
_MAX_NODES = 2_000  # of a `func` that has more than one
_MAX_NESTED = 40  # calls that are followed into each other
_MAX_ROUNDS = 6


@dataclass(slots=True, eq=False)
class Version:
    """One way in which a body is compiled. `name` is the Python function's; `kinds` those of its expressions,
    `calls` the Python functions that its calls of `func`s go to, both by `id` of the node."""

    name: str
    signature: Signature
    kinds: Mapping[int, Kind] = field(default_factory=dict[int, Kind])
    calls: dict[int, str] = field(default_factory=dict[int, str])
    returns: Kind = "never"
    ready: bool = False
    recursive: bool = False


class Versions:
    """Finds them. What is asked for is worked out then, with all that it calls."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._constants: Kinds = {name: _literal(each.value) for name, each in program.constants.items()}
        self._functions: dict[str, dict[Signature, Version]] = {name: {} for name in program.functions}
        self._under_way: list[Version] = []
        self._total = 0

    def of_flow(self, node: ast.FlowDecl) -> Version:
        """What is known inside a flow."""
        version = Version(names.flow(node.name), ())
        self._under_way.append(version)
        found = Inference(node.body, {each.name: None for each in node.params}, self._constants, self._called)
        self._under_way.pop()
        version.kinds = found.kinds
        return version

    def general(self, node: ast.FuncDecl) -> Version:
        """The version for any arguments."""
        return self._version(node, (None,) * len(node.params))

    def likely(self, node: ast.FuncDecl) -> Version | None:
        """The version for what it is likely to be called with, if it knows more than the general one."""
        general = self.general(node)
        version = self._version(node, _likely(node))
        return version if version is not general and version.kinds != general.kinds else None

    def made(self, node: ast.FuncDecl) -> tuple[Version, ...]:
        """All versions of a `func` that were asked for."""
        return tuple(self._functions[node.name].values())

    def _version(self, node: ast.FuncDecl, signature: Signature) -> Version:
        known = self._functions[node.name]
        version = known.get(signature)
        if version is not None:
            return version
        general = (None,) * len(node.params)
        if signature != general and (
            len(known) >= _MAX_VERSIONS
            or len(self._under_way) > _MAX_NESTED
            or sum(1 for _ in ast.walk(node)) > _MAX_NODES
        ):
            return self._version(node, general)
        name = names.function(node.name)
        if signature != general:
            self._total += 1
            name = names.version(node.name, self._total)
        known[signature] = version = Version(name, signature)
        self._work_out(node, version)
        return version

    def _work_out(self, node: ast.FuncDecl, version: Version) -> None:
        given: Kinds = {
            each.name: INTEGER if kind == "integer" else kind
            for each, kind in zip(node.params, version.signature, strict=True)
        }
        if len(self._under_way) > _MAX_NESTED:
            version.returns, version.ready = None, True
            return
        self._under_way.append(version)
        for number in range(_MAX_ROUNDS):
            version.recursive = False
            found = Inference(node.body, given, self._constants, self._called)
            returns = widened(version.returns, join(version.returns, found.returns))
            version.kinds = found.kinds
            if not version.recursive or returns == version.returns:
                version.returns = returns
                break
            version.returns = returns if number < _MAX_ROUNDS - 2 else None
        version.ready = True
        self._under_way.pop()

    def _called(self, node: ast.Call, kinds: list[Kind]) -> Kind:
        if self._program.outcome(node) is not None:
            return None
        callee, _, given = self._program.called(node)
        if isinstance(callee, Function):
            return _given_by(callee)
        if not isinstance(callee, ast.FuncDecl) or self._program.functions.get(callee.name) is not callee:
            return None
        if len(given) != len(kinds):
            return None
        found: list[Known] = [_known(kind) for kind in kinds]
        by_argument: dict[int, Known] = dict(zip(map(id, given), found, strict=True))
        bound = bind(slots(callee), given).values
        signature = list[Known](
            by_argument[id(bound[each.name][0])] if each.name in bound else None for each in callee.params
        )
        version = self._version(callee, tuple(signature))
        here = self._under_way[-1]
        here.calls[id(node)] = version.name
        if version is here:
            version.recursive = True
            return version.returns
        return version.returns if version.ready else None


def _given_by(function: Function) -> Kind:
    match function.result:
        case "integer":
            return INTEGER if function.least is None else Int(function.least, MAX_INTEGER)
        case "decimal" | "text" | "boolean" | "list":
            return function.result
        case _:
            return None


def _likely(node: ast.FuncDecl) -> Signature:
    """An operand is likely to be an integer, what is filled in a text."""
    integers: set[str] = set()
    texts: set[str] = set()
    for each in ast.walk(node):
        match each:
            case ast.Binary():
                integers |= {side.name for side in (each.left, each.right) if isinstance(side, ast.Name)}
            case ast.Call(callee=ast.Name(name="range")):
                values = [argument.value for argument in each.arguments]
                integers |= {value.name for value in values if isinstance(value, ast.Name)}
            case ast.Template():
                texts |= {part.name for part in each.parts if isinstance(part, ast.Name)}
            case _:
                pass
    known: dict[str, Known] = {**dict.fromkeys(texts, "text"), **dict.fromkeys(integers, "integer")}
    return tuple(known.get(each.name) for each in node.params)


def _known(kind: Kind) -> Known:
    if isinstance(kind, Int):
        return "integer"
    return kind if kind in ("decimal", "text") else None


def _literal(node: ast.Expression) -> Kind:
    match node:
        case ast.Number(value=int(value)):
            return Int(value, value)
        case ast.Number():
            return "decimal"
        case ast.Text() | ast.Template() | ast.PhoneNumber():
            return "text"
        case _:
            return None
