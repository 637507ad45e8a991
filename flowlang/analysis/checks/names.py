"""Names: each stands for something that can be seen from where it is used.

The pass that all others rest on: it follows the blocks, binds names, and notes the type of every expression.
A name lives from its `let` to the end of its block. Handlers and streams share the names of the block around
them, so an inner block may not give a name a second meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowlang.analysis import types
from flowlang.analysis.bindings import Binding, BindingKind
from flowlang.analysis.resolve import Expressions
from flowlang.analysis.script import Script
from flowlang.analysis.types import Ended, Type
from flowlang.diagnostics import Span
from flowlang.model.functions import PREDEFINED
from flowlang.model.script_events import SCRIPT_EVENTS
from flowlang.syntax import ast


def check(script: Script) -> None:
    """Constants first, in an order in which each knows those that it uses."""
    names = _Names(script)
    for constant in script.constant_order:
        names.constant(constant)
    for body in script.bodies:
        match body.owner:
            case ast.FlowDecl() | ast.FuncDecl():
                names.declaration(body.owner, body.nodes)
            case ast.Route():
                names.route(body.owner)
            case ast.Const() | ast.TestDecl():  # for tests see `checks.tests`
                pass


class _Names:
    """Follows the blocks of one declaration after the other. Two frames a level of nesting, which the parser
    limits."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.report = script.report
        self.expressions = Expressions(script, self.handler)
        self.visible = self.expressions.visible
        self._blocks: list[dict[str, Binding | None]] = [{}]  # what to put back at each block's end
        self._assigned: frozenset[str] = frozenset()
        self._outcomes: tuple[str, ...] = ()
        self._visits: dict[type, Callable[[Any], None]] = {
            ast.Let: self._let,
            ast.Assign: self._assign,
            ast.If: self._if,
            ast.Match: self._match,
            ast.For: self._for,
            ast.Return: self._return,
            ast.Try: self._try,
            ast.On: self.handler,
            ast.Handoff: self._handoff,
        }

    def constant(self, constant: ast.Const) -> None:
        known = self.expressions.take(constant.value)
        maker = self.script.makers.get(id(constant.value))
        self._bind("constant", constant.name, constant.name_span, known, maker)
        self.script.known[constant.name] = self.visible[constant.name]

    def route(self, route: ast.Route) -> None:
        for expression in (route.to, route.source, route.via, route.when):
            if expression is not None:
                self.expressions.take(expression)
        for target in (route.target, route.otherwise):
            if target is not None:
                self.expressions.target(target)

    def declaration(self, owner: ast.FlowDecl | ast.FuncDecl, nodes: tuple[ast.Node, ...]) -> None:
        self._assigned = frozenset(node.name for node in nodes if isinstance(node, ast.Assign))
        self._outcomes = owner.outcomes if isinstance(owner, ast.FlowDecl) else ()
        self.expressions.gone.clear()
        for param in owner.params:
            if param.default is not None:
                self.expressions.take(param.default)
        self._enter()
        for param in owner.params:
            span = self.report.word(param.span, param.name)
            self._bind("parameter", param.name, span, None)
        if isinstance(owner.body, ast.Block):
            self._block(owner.body)
        else:
            self.expressions.take(owner.body)
        self._leave()

    # Blocks

    def _enter(self) -> None:
        self._blocks.append({})

    def _leave(self) -> None:
        for name, before in self._blocks.pop().items():
            self.expressions.gone[name] = self.visible[name].span
            if before is None:
                del self.visible[name]
            else:
                self.visible[name] = before

    def _block(self, block: ast.Block) -> None:
        self._enter()
        coming = {
            each.name: each.name_span for each in reversed(block.statements) if isinstance(each, ast.Let)
        }
        self.expressions.coming.append(coming)
        for statement in block.statements:
            self._visits.get(type(statement), self._other)(statement)
        self.expressions.coming.pop()
        self._leave()

    def _bind(
        self, kind: BindingKind, name: str, span: Span, known: Type, maker: Script | None = None
    ) -> None:
        before = self.visible.get(name)
        use = self.script.uses.get(name) if kind != "constant" else None  # for constants, see `declarations`
        if name in PREDEFINED:
            message = f"`{name}` is something that every script has"
            self.report.add("E211", span, message, hint="choose another name")
        elif use is not None and id(use) not in self.script.unread:
            self.script.modules_read.add(name)
            line = self.report.line(use.span)
            message = f"`{name}` would hide the module `{name}` of line {line}"
            self.report.add("E204", span, message, hint="choose another name")
        elif name in self.script.groups and kind != "constant":
            message = f"`{name}` would hide the actions of `{name}`"
            self.report.add("E204", span, message, hint="choose another name")
        elif before is not None:
            self._double(kind, name, span, before)
        if name in self._outcomes:
            message = f"`{name}` hides the outcome `{name}` of this flow: `return {name}` gives the {kind}"
            self.report.add("W203", span, message, hint="choose another name")
        spoken_of = before is not None or use is not None or name in {*PREDEFINED, *self.script.groups}
        binding = Binding(kind, name, span, None, spoken_of)
        if name not in self._assigned:
            binding.type, binding.maker = known, maker
        self._blocks[-1].setdefault(name, before)
        self.visible[name] = binding
        self.script.bindings.append(binding)

    def _double(self, kind: BindingKind, name: str, span: Span, before: Binding) -> None:
        line = self.report.line(before.span)
        if name in self._blocks[-1]:
            hint = f"`{name} = …` gives it another value" if kind == before.kind == "variable" else None
            self.report.add("E203", span, f"`{name}` is there already, from line {line}", hint=hint)
        else:
            message = f"`{name}` would hide the {before.kind} `{name}` of line {line}"
            self.report.add("E204", span, message, hint="choose another name")

    # Statements

    def _other(self, statement: ast.Statement) -> None:
        """Any statement that binds no name: its expressions, then its blocks, in the order of the text."""
        for child in ast.children(statement):
            match child:
                case ast.Block():
                    self._block(child)
                case ast.Stream():
                    self._block(child.body)
                case _:
                    self.expressions.take(child)

    def _let(self, statement: ast.Let) -> None:
        known = self.expressions.take(statement.value)
        maker = self.script.makers.get(id(statement.value))
        self._bind("variable", statement.name, statement.name_span, known, maker)

    def _assign(self, statement: ast.Assign) -> None:
        self.expressions.take(statement.value)
        name, span = statement.name, statement.name_span
        binding = self.visible.get(name)
        if name in PREDEFINED:
            self.report.add("E202", span, f"`{name}` belongs to the activeflow and cannot be assigned")
        elif binding is None:
            self.expressions.unknown(name, span, f"`let {name} = …` makes a variable")
            self._bind("variable", name, span, None)
            self.visible[name].read = True
        elif not binding.assignable:
            self.report.add("E202", span, f"`{name}` is a {binding.kind}, and only variables can be assigned")

    def _if(self, statement: ast.If) -> None:
        following: ast.Block | ast.If | None = statement
        while isinstance(following, ast.If):  # a chain of `else if` may be long
            self.expressions.take(following.condition)
            self._block(following.then)
            following = following.otherwise
        if following is not None:
            self._block(following)

    def _match(self, statement: ast.Match) -> None:
        known = self.expressions.take(statement.subject)
        for arm in statement.arms:
            self._enter()
            if arm.binding is not None:
                end = arm.guard.span.start if arm.guard else arm.body.span.start
                span = self.report.word(Span(arm.patterns[-1].span.end, end), arm.binding)
                self._bind("binding", arm.binding, span, _let_through(arm, known))
            if arm.guard is not None:
                self.expressions.take(arm.guard)
            self._block(arm.body)
            self._leave()

    def _for(self, statement: ast.For) -> None:
        self.expressions.take(statement.iterable)
        self._enter()
        self._bind("loop variable", statement.name, statement.name_span, None)
        self._block(statement.body)
        self._leave()

    def _return(self, statement: ast.Return) -> None:
        value = statement.value
        if isinstance(value, ast.Name) and value.name in self._outcomes and value.name not in self.visible:
            self.script.outcomes_made.add(id(value))
        elif (
            isinstance(value, ast.Call)
            and isinstance(value.callee, ast.Name)
            and value.callee.name in self._outcomes
        ):
            self.script.outcomes_made.add(id(value))
            for argument in value.arguments:
                self.expressions.take(argument)
        elif value is not None:
            self.expressions.take(value)

    def _try(self, statement: ast.Try) -> None:
        self._block(statement.body)
        if statement.catch is not None:
            self._enter()
            if statement.catch_name is not None:
                between = Span(statement.body.span.end, statement.catch.span.start)
                self._bind(
                    "binding", statement.catch_name, self.report.word(between, statement.catch_name), None
                )
            self._block(statement.catch)
            self._leave()
        if statement.final is not None:
            self._block(statement.final)

    def _handoff(self, statement: ast.Handoff) -> None:
        self.expressions.target(statement.target)

    def handler(self, on: ast.On) -> None:
        self._enter()
        if on.binding is not None:
            end = on.guard.span.start if on.guard else on.body.span.start
            start = on.patterns[-1].span.end if on.patterns else on.event_span.end
            event = SCRIPT_EVENTS.get(on.event)
            known = types.of_event(event) if event and on.event not in self.script.emitted else None
            self._bind("binding", on.binding, self.report.word(Span(start, end), on.binding), known)
        if on.guard is not None:
            self.expressions.take(on.guard)
        self._block(on.body)
        self._leave()


def _let_through(arm: ast.Arm, known: Type) -> Type:
    """What `as x` holds: the subject, narrowed to the outcomes that the patterns name."""
    if not isinstance(known, Ended):
        return known
    names = {each.name for each in arm.patterns if isinstance(each, ast.OutcomePattern)}
    if len(names) == len(arm.patterns) and names <= {*known.names, *known.rare}:
        return known.only(frozenset(names))
    return known
