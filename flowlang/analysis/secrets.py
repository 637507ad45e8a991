"""Secrets: which names, calls and lines of a program handle one.

`secret let` declares a name of a flow or `func` secret. From there two rules spread it, by name and whatever
the order in which things run, until nothing new is found:

- Forward: what reads a secret is one. So is the name that it is given to, the parameter that it is passed
  for, the value of an action that it is given to, what a flow returns of it, the data of an event that
  carries it, and what a `catch` holds whose `try` handles one.
- Backward: what goes into a declared secret unchanged (`x`, `x.text`) is one where it comes from: the action
  that gives it, the event that brings it, the flow that returns it, the name that had it before.

What depends on a secret only by which way a flow takes is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from flowlang.model.actions import Action
from flowlang.model.secrets import NO_SECRETS, Place, Secrets
from flowlang.syntax import ast

from .arguments import bind, slots
from .script import Script

Owner = ast.FlowDecl | ast.FuncDecl
_LineOf = tuple[str | None, int]
_NO_EXPRESSION = (ast.Block, ast.On, ast.Stream, ast.Arm, ast.FlowTarget, ast.Argument, ast.If)


def secrets_of(script: Script) -> Secrets:
    """Those of the whole program whose entry is `script`."""
    if not any(
        isinstance(node, ast.Let) and node.secret
        for each in script.linked
        for body in each.bodies
        for node in body.nodes
    ):
        return NO_SECRETS
    return _Search(script).run()


@dataclass(slots=True, eq=False)
class _Part:
    """A flow or `func`. `names` are secret in it, `sources` those of them that take their values with
    them."""

    script: Script
    owner: Owner
    nodes: tuple[ast.Node, ...]
    key: str
    names: set[str] = field(default_factory=set[str])
    sources: set[str] = field(default_factory=set[str])
    returns: bool = False
    wanted: bool = False
    touches: bool = False


class _Search:
    """Goes through the whole program again and again, until a round finds nothing new."""

    def __init__(self, script: Script) -> None:
        self._parts: dict[int, _Part] = {}
        for each in script.linked:
            for body in each.bodies:
                if isinstance(body.owner, ast.FlowDecl | ast.FuncDecl):
                    key = each.prefix + body.owner.name
                    self._parts[id(body.owner)] = _Part(each, body.owner, body.nodes, key)
        self._events: set[str] = set()
        self._arguments: dict[Place, set[str]] = {}
        self._results: set[Place] = set()
        self._taking: set[_LineOf] = set()
        self._lines: set[_LineOf] = set()
        self._found = True

    def run(self) -> Secrets:
        while self._found:
            self._found = False
            for part in self._parts.values():
                for node in part.nodes:
                    self._spread(part, node)
                self._look_at_result(part)
        for part in self._parts.values():
            self._mark_lines(part)
        parts = tuple(self._parts.values())
        flows = [each for each in parts if isinstance(each.owner, ast.FlowDecl)]
        return Secrets(
            arguments={place: frozenset(names) for place, names in self._arguments.items()},
            results=frozenset(self._results),
            taking=frozenset(self._taking),
            lines=frozenset(self._lines),
            events=frozenset(self._events),
            parameters={
                each.key: frozenset(each.names.intersection(param.name for param in each.owner.params))
                for each in flows
            },
            results_of=frozenset(each.key for each in flows if each.returns),
            names=frozenset(name for each in parts for name in each.names),
        )

    # -- what is secret

    def _reads(self, part: _Part, node: ast.Node | None) -> bool:
        """Whether an expression has a secret in it."""
        return node is not None and any(self._is_secret(part, each) for each in _within(node))

    def _is_secret(self, part: _Part, node: ast.Node) -> bool:
        match node:
            case ast.Name(name=name):
                return name in part.names
            case ast.WaitFor(event=event):
                return event in self._events
            case ast.Call():
                callee = self._callee(part, node)
                return _place(part, node) in self._results or (callee is not None and callee.returns)
            case _:
                return False

    def _handles(self, part: _Part, nodes: Iterable[ast.Node]) -> bool:
        """Whether a piece of code handles a secret, by itself or in a flow that it calls."""
        for node in nodes:
            if self._is_secret(part, node) or (isinstance(node, ast.Let) and node.name in part.names):
                return True
            if isinstance(node, ast.Call):
                callee = self._callee(part, node)
                if callee is not None and callee.touches:
                    return True
        return False

    def _callee(self, part: _Part, node: ast.Call) -> _Part | None:
        called = part.script.called(node)
        return self._parts.get(id(called.callee)) if called is not None else None

    # -- forward

    def _spread(self, part: _Part, node: ast.Node) -> None:
        match node:
            case ast.Let(name=name, value=value, secret=secret):
                if secret:
                    self._source(part, name)
                self._given(part, name, value)
            case ast.Assign(name=name, value=value):
                self._given(part, name, value)
            case ast.For(name=name, iterable=iterable):
                if self._reads(part, iterable):
                    self._name(part, name)
            case ast.Match(subject=subject, arms=arms):
                self._match(part, subject, arms)
            case ast.Try(body=body, catch_name=str(name)) if self._handles(part, ast.walk(body)):
                self._name(part, name)
            case ast.On(event=event, binding=str(name)):
                if event in self._events:
                    self._name(part, name)
                if name in part.sources:
                    self._add(self._taking, _line(part, node.span.start))
            case ast.Emit(event=event, data=data) if self._reads(part, data):
                self._add(self._events, event)
            case ast.Return(value=value):
                if self._reads(part, value):
                    self._returns(part)
                if part.wanted and value is not None:
                    self._backward(part, value)
            case ast.FlowTarget():
                found = part.script.target(node)
                if found is not None:
                    self._pass_on(part, self._parts.get(id(found[1])), found[1], node.arguments)
            case ast.Call():
                self._call(part, node)
            case _:
                pass

    def _given(self, part: _Part, name: str, value: ast.Expression) -> None:
        if self._reads(part, value):
            self._name(part, name)
        if name in part.sources:
            self._backward(part, value)

    def _match(self, part: _Part, subject: ast.Expression, arms: tuple[ast.Arm, ...]) -> None:
        names = [arm.binding for arm in arms if arm.binding is not None]
        if self._reads(part, subject):
            for name in names:
                self._name(part, name)
        if part.sources.intersection(names):
            self._backward(part, subject)

    def _call(self, part: _Part, node: ast.Call) -> None:
        called = part.script.called(node)
        if called is None:
            return
        if isinstance(called.callee, Action):
            secret = self._secret_parameters(part, called.callee, called.arguments)
            if secret:
                before = self._arguments.setdefault(_place(part, node), set())
                self._found = self._found or not secret <= before
                before |= secret
                self._add(self._results, _place(part, node))
        elif isinstance(called.callee, ast.FlowDecl | ast.FuncDecl):
            self._pass_on(part, self._parts.get(id(called.callee)), called.callee, called.arguments)

    def _pass_on(
        self, part: _Part, callee: _Part | None, declared: Owner, arguments: tuple[ast.Argument, ...]
    ) -> None:
        if callee is not None:
            for name in self._secret_parameters(part, declared, arguments):
                self._name(callee, name)

    def _secret_parameters(
        self, part: _Part, callee: Action | Owner, arguments: tuple[ast.Argument, ...]
    ) -> set[str]:
        bound = bind(slots(callee), arguments).values
        return {name for name, given in bound.items() if any(self._reads(part, each.value) for each in given)}

    def _look_at_result(self, part: _Part) -> None:
        body = part.owner.body
        if not isinstance(body, ast.Block):
            if self._reads(part, body):
                self._returns(part)
            if part.wanted:
                self._backward(part, body)
        if not part.touches and self._handles(part, part.nodes):
            part.touches = self._found = True

    # -- backward

    def _backward(self, part: _Part, value: ast.Expression) -> None:
        """What goes into a secret unchanged is secret where it comes from."""
        while isinstance(value, ast.Field | ast.Index):
            value = value.value
        match value:
            case ast.Name(name=name):
                self._source(part, name)
            case ast.WaitFor():
                self._add(self._taking, _line(part, value.span.start))
            case ast.Call():
                callee = self._callee(part, value)
                if callee is None:
                    self._add(self._results, _place(part, value))
                    self._add(self._taking, _line(part, value.span.start))
                elif not callee.wanted:
                    callee.wanted = self._found = True
            case _:
                pass

    # -- notes

    def _add(self, found: set[str] | set[Place] | set[_LineOf], what: str | Place | _LineOf) -> None:
        if what not in found:
            found.add(what)  # pyright: ignore[reportArgumentType]
            self._found = True

    def _name(self, part: _Part, name: str) -> None:
        self._add(part.names, name)

    def _source(self, part: _Part, name: str) -> None:
        self._add(part.names, name)
        self._add(part.sources, name)

    def _returns(self, part: _Part) -> None:
        if not part.returns:
            part.returns = self._found = True

    def _mark_lines(self, part: _Part) -> None:
        """The lines on which a fault may have a secret in its text."""
        raises_again = part.touches and any(isinstance(each, ast.Try) for each in part.nodes)
        for node in part.nodes:
            if isinstance(node, ast.Raise) and node.value is None and raises_again:
                self._lines.add(_line(part, node.span.start))
            for child in ast.children(node):
                if isinstance(child, _NO_EXPRESSION):
                    continue
                taken = isinstance(node, ast.Let | ast.Assign) and node.name in part.names
                if taken or self._reads(part, child):
                    file, first = _line(part, node.span.start)
                    _, last = _line(part, max(child.span.start, child.span.end - 1))
                    self._lines.update((file, line) for line in range(first, last + 1))


def _within(root: ast.Node) -> Iterator[ast.Node]:
    """An expression with all below it, the handlers of its calls left out."""
    todo = [root]
    while todo:
        node = todo.pop()
        if not isinstance(node, ast.On):
            yield node
            todo.extend(ast.children(node))


def _line(part: _Part, at: int) -> _LineOf:
    source = part.script.module.source
    return (source.name if part.script.prefix else None, source.position(at).line)


def _place(part: _Part, node: ast.Call) -> Place:
    file, line = _line(part, node.span.start)
    return file, line, part.script.module.source.position(node.span.start).column
