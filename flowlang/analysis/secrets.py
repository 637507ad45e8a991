"""Secrets: which names, calls and lines of a program handle one.

`secret let` declares a name of a flow or `func` secret. From there two rules spread it, by name and whatever
the order in which things run, until nothing new is found:

- Forward: what reads a secret is one. So is the name that it is given to, the parameter that it is passed
  for, the value of an action that it is given to, what a flow returns of it, the data of an event that
  carries it, and what a `catch` holds whose `try` handles one.
- Backward: what goes into a declared secret unchanged (`x`, `x.text`) is one where it comes from: the action
  that gives it, the event that brings it, the flow that returns it, the name that had it before.

Two things go by more than names. What is kept in the store is secret under every key that may be the same
(`secret_keys`). And an `on dtmf` or `on message` beside which a secret is asked for sees what may be part of
it, in its block, in the flows called there, in their handlers and streams.

What depends on a secret only by which way a flow takes is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from flowlang.model.actions import Action
from flowlang.model.secrets import NO_SECRETS, Place, Secrets
from flowlang.syntax import ast

from .arguments import bind, slots
from .script import Script
from .secret_keys import READS, WRITES, Key

Owner = ast.FlowDecl | ast.FuncDecl
_LineOf = tuple[str | None, int]
_Found = TypeVar("_Found")
_CAME = frozenset({"call", "message", "webhook"})
_OF_CALLS = frozenset({"call", "caller"})
_TYPED = frozenset({"dtmf", "message"})
_OF_PLACED_LEGS = frozenset({"ringing", "answered", "hold", "unhold"})
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
    them; `takes`: somebody types a secret while it runs."""

    script: Script
    owner: Owner
    nodes: tuple[ast.Node, ...]
    key: str
    names: set[str] = field(default_factory=set[str])
    sources: set[str] = field(default_factory=set[str])
    returns: bool = False
    wanted: bool = False
    touches: bool = False
    takes: bool = False


class _Search:
    """Goes through the whole program again and again, until a round finds nothing new."""

    def __init__(self, script: Script) -> None:
        self._parts: dict[int, _Part] = {}
        self._targets = [
            (script, node)
            for route in script.routes
            for node in ast.walk(route)
            if isinstance(node, ast.FlowTarget)
        ]
        for each in script.linked:
            for body in each.bodies:
                if isinstance(body.owner, ast.FlowDecl | ast.FuncDecl):
                    key = each.prefix + body.owner.name
                    self._parts[id(body.owner)] = _Part(each, body.owner, body.nodes, key)
        self._events: set[str] = set()
        self._arguments: dict[Place, set[str]] = {}
        self._results: set[Place] = set()
        self._keys: set[Key] = set()
        self._taking: set[_LineOf] = set()
        self._signals: set[str | None] = set()
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
            signals=frozenset(self._signals),
            opening=bool(self._taking) or self._is_told_a_secret(),
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
                    self._listens(part, node)
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
                self._listen_beside(part, node.handlers, (node,))
            case ast.Block(statements=statements):
                for each in statements:
                    if isinstance(each, ast.On):
                        self._listen_beside(part, (each,), tuple(s for s in statements if s is not each))
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
            self._action(part, node, called.callee, called.arguments)
        elif isinstance(called.callee, ast.FlowDecl | ast.FuncDecl):
            self._pass_on(part, self._parts.get(id(called.callee)), called.callee, called.arguments)

    def _action(
        self, part: _Part, node: ast.Call, action: Action, arguments: tuple[ast.Argument, ...]
    ) -> None:
        place = _place(part, node)
        secret = self._secret_parameters(part, action, arguments)
        if action.name in READS or action.name in WRITES:
            secret |= self._stored(part, place, action, arguments, secret)
        if secret:
            before = self._arguments.setdefault(place, set())
            self._found = self._found or not secret <= before
            before |= secret
            self._add(self._results, place)
        reach = action.reach
        if reach is not None and reach.kind == "dial" and reach.parameter in secret:
            for event in _OF_PLACED_LEGS:
                self._add(self._events, event)
        if action.name == "call" and secret:
            self._call_on()

    def _call_on(self) -> None:
        """A call that we placed has secrets: what its route gives a flow of it has them, and what flows read
        of it."""
        for part in self._parts.values():
            for name in _OF_CALLS:
                self._name(part, name)
        for script, target in self._targets:
            found = script.target(target)
            callee = self._parts.get(id(found[1])) if found is not None else None
            if found is None or callee is None:
                continue
            for name, given in bind(slots(found[1]), target.arguments).values.items():
                read = (node for each in given for node in _within(each.value))
                if any(isinstance(node, ast.Name) and node.name in _OF_CALLS for node in read):
                    self._name(callee, name)

    def _stored(
        self,
        part: _Part,
        place: Place,
        action: Action,
        arguments: tuple[ast.Argument, ...],
        secret: set[str],
    ) -> set[str]:
        """What the store has from a call, or gives to it: the parameters that are secret besides."""
        bound = bind(slots(action), arguments).values
        key = Key.of(bound["key"][0].value if bound.get("key") else None)
        kept = WRITES.get(action.name)
        if kept in secret or place in self._results:
            self._add(self._keys, key)
        if not any(key.may_be(each) for each in self._keys):
            return set()
        if action.name in READS:
            self._add(self._results, place)
        if kept is None:
            return set()
        for each in bound.get(kept, ()):
            self._backward(part, each.value)
        return {kept}

    def _listen_beside(self, part: _Part, handlers: tuple[ast.On, ...], others: tuple[ast.Node, ...]) -> None:
        """What `on dtmf` and `on message` take while others ask for a secret may be part of it."""
        typed = [each for each in handlers if each.event in _TYPED]
        if typed and any(self._takes(part, ast.walk(each)) for each in others):
            for each in typed:
                self._add(self._taking, _line(part, each.span.start))
                if each.binding is not None:
                    self._name(part, each.binding)

    def _takes(self, part: _Part, nodes: Iterable[ast.Node]) -> bool:
        """Whether somebody types a secret while a piece of code runs."""
        for node in nodes:
            if isinstance(node, ast.Call | ast.WaitFor | ast.On):
                if _line(part, node.span.start) in self._taking:
                    return True
                callee = self._callee(part, node) if isinstance(node, ast.Call) else None
                if callee is not None and callee.takes:
                    return True
        return False

    def _pass_on(
        self, part: _Part, callee: _Part | None, declared: Owner, arguments: tuple[ast.Argument, ...]
    ) -> None:
        if callee is not None:
            for name in self._secret_parameters(part, declared, arguments):
                self._name(callee, name)
            for name, given in bind(slots(declared), arguments).values.items():
                if name in callee.sources:
                    for each in given:
                        self._backward(part, each.value)

    def _is_told_a_secret(self) -> bool:
        """Whether what an activeflow begins with goes into a secret: of a flow, or by its route."""
        if any(not each.sources.isdisjoint(_CAME) for each in self._parts.values()):
            return True
        for script, target in self._targets:
            found = script.target(target)
            callee = self._parts.get(id(found[1])) if found is not None else None
            if found is not None and callee is not None:
                given = bind(slots(found[1]), target.arguments).values
                read = (
                    node
                    for name in callee.sources
                    for each in given.get(name, ())
                    for node in _within(each.value)
                )
                if any(isinstance(node, ast.Name) and node.name in _CAME for node in read):
                    return True
        return False

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
        if not part.takes and self._takes(part, part.nodes):
            part.takes = self._found = True

    # -- backward

    def _backward(self, part: _Part, value: ast.Expression) -> None:
        """What goes into a secret unchanged is secret where it comes from."""
        while isinstance(value, ast.Field | ast.Index):
            value = value.value
        match value:
            case ast.Name(name=name):
                self._source(part, name)
            case ast.WaitFor():
                self._listens(part, value)
            case ast.Call():
                callee = self._callee(part, value)
                if callee is None:
                    self._add(self._results, _place(part, value))
                    self._add(self._taking, _line(part, value.span.start))
                elif not callee.wanted:
                    callee.wanted = self._found = True
            case _:
                pass

    def _listens(self, part: _Part, node: ast.On | ast.WaitFor) -> None:
        """It takes a secret out of an event. A signal may come, and is kept, long before."""
        self._add(self._taking, _line(part, node.span.start))
        if node.event == "signal":
            for each in node.patterns or (None,):
                match each:
                    case ast.LiteralPattern(value=ast.Text(value=name)):
                        self._add(self._signals, name)
                    case _:
                        self._add(self._signals, None)

    # -- notes

    def _add(self, found: set[_Found], what: _Found) -> None:
        if what not in found:
            found.add(what)
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
            called = node.callee if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name) else None
            todo.extend(each for each in ast.children(node) if each is not called)


def _line(part: _Part, at: int) -> _LineOf:
    source = part.script.module.source
    return (source.name if part.script.prefix else None, source.position(at).line)


def _place(part: _Part, node: ast.Call) -> Place:
    file, line = _line(part, node.span.start)
    return file, line, part.script.module.source.position(node.span.start).column
