"""Names inside expressions: what each stands for, what can be called, and the type that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flowlang.diagnostics import Span
from flowlang.model.actions import PLANNED_ACTIONS, PLANNED_NAMESPACES, Action
from flowlang.model.functions import PREDEFINED, Function
from flowlang.model.script_events import SCRIPT_EVENTS
from flowlang.syntax import ast

from . import members, types
from .bindings import Binding
from .literals import literal_value
from .script import Script
from .synonyms import meant
from .types import Ended, Type

_STATEMENT = 'a statement is a call, such as `say "Hello"`, or begins with a word such as `let` or `if`'


class Expressions:
    """Resolves expression after expression; the blocks around them are `checks.names`'s business.

    `visible` is what can be read now, `gone` what could be in a block that has ended, `coming` the `let`s of
    the blocks around, first written first. No recursion: nodes are taken in the order of the text for names,
    backwards for types.
    """

    def __init__(self, script: Script, handler: Callable[[ast.On], None]) -> None:
        self.visible: dict[str, Binding] = {}
        self.gone: dict[str, Span] = {}
        self.coming: list[dict[str, Span]] = []
        self._script = script
        self._report = script.report
        self._handler = handler

    def take(self, root: ast.Node) -> Type:
        """Resolve all names below and give the type of the whole. The handlers of a call come after its
        arguments."""
        taken: list[ast.Node] = []
        handlers: list[ast.On] = []
        todo = [root]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.On):
                handlers.append(node)
            else:
                taken.append(node)
                todo.extend(reversed(self._enter(node)))
        for node in reversed(taken):
            self._note(node)
        for handler in handlers:
            self._handler(handler)
        return self._script.types.get(id(root))

    def target(self, target: ast.FlowTarget) -> None:
        """The flow of a route, `start` or `handoff`, and its arguments."""
        self._flow(target)
        for argument in target.arguments:
            self.take(argument)

    def unknown(self, name: str, span: Span, hint: str | None = None) -> None:
        """Say that a name stands for nothing here: not yet, no longer, or never."""
        for block in reversed(self.coming):
            if name in block:
                line = self._report.line(block[name])
                self._report.add("E205", span, f"`{name}` is used before its `let` on line {line}")
                return
        if name in self.gone:
            line = self._report.line(self.gone[name])
            hint = f"the `{name}` of line {line} ends with its block"
        near = None if name in self.gone else self._report.near(name, {*self.visible, *PREDEFINED})
        self._report.add("E201", span, f"nothing is called `{name}`", near=near, hint=hint)

    def _enter(self, node: ast.Node) -> list[ast.Node]:
        """Resolve what the node itself names, and tell which nodes below it are to be taken."""
        match node:
            case ast.Name():
                self._name(node)
                return []
            case ast.Field(value=ast.Name(name=name)) if name in PREDEFINED and name not in self.visible:
                self._field(node.name, node, f"`{name}`", PREDEFINED[name])
                return []
            case ast.Field(value=ast.Name(name=name)) if name in self._script.uses:
                binding = members.constant(self._script, node, name)
                if binding is not None:
                    self._found(node, binding)
                return []
            case ast.Call():
                return [*self._callee(node), *self._arguments(node), *node.handlers]
            case ast.FlowTarget():
                self._flow(node)
                return list(node.arguments)
            case _:
                return list(ast.children(node))

    def _arguments(self, call: ast.Call) -> list[ast.Node]:
        """Those that are values; what goes to a parameter for a flow is looked up among the flows."""
        called = self._script.called(call)
        if called is None or not isinstance(called.callee, Action):
            return list(call.arguments)
        taken: list[ast.Node] = []
        for argument in call.arguments:
            target = self._script.flow_given(called.callee, argument)
            if target is not None:
                self._flow(target)
            else:
                taken.append(argument)
        return taken

    def _name(self, node: ast.Name) -> None:
        name = node.name
        binding = self.visible.get(name)
        if binding is not None:
            self._found(node, binding)
        elif name in PREDEFINED:
            fields = tuple(f"`{name}.{each}`" for each in PREDEFINED[name])
            self._report.add("E206", node.span, f"`{name}` is no value by itself", expected=fields)
        elif self._script.callee(name) is not None:
            self._report.add("E206", node.span, f"`{name}` is no value", hint=f"call it: `{name}(…)`")
        elif name in self._script.uses:
            self._script.modules_read.add(name)
            self._report.add(
                "E206", node.span, f"`{name}` is a module and no value", hint=f"write `{name}.…`"
            )
        elif name in self._script.groups:
            hint = f"call one of its actions: `{name}.…(…)`"
            self._report.add("E206", node.span, f"`{name}` is a group of actions and no value", hint=hint)
        elif name in self._script.constants:  # one that is made of itself, and said so
            pass
        else:
            self.unknown(name, node.span)

    def _found(self, node: ast.Name | ast.Field, binding: Binding) -> None:
        binding.read = True
        self._script.types[id(node)] = binding.type
        if binding.maker is not None:
            self._script.makers[id(node)] = binding.maker

    def _callee(self, call: ast.Call) -> list[ast.Node]:
        callee = call.callee
        if isinstance(callee, ast.Name):
            name = callee.name
            if self._script.callee(name) is not None:
                return []
            if name in PLANNED_ACTIONS:
                self._script.incomplete = True
                return []
            if name in self.visible or name in PREDEFINED:
                known = self.visible[name].kind if name in self.visible else "value"
                if call.span == callee.span:
                    message = f"`{name}` is a {known}, and a value alone is not a statement"
                    hint = f"give it to a call, as in `log {name}`, or assign: `{name} = …`"
                    self._report.add("E206", callee.span, message, hint=hint)
                else:
                    self._report.add("E206", callee.span, f"`{name}` is a {known} and cannot be called")
                if name in self.visible:
                    self.visible[name].read = True
                return []
            callables = self._script.callables() | PLANNED_ACTIONS
            near = meant(name, callables) or self._report.near(name, callables)
            bare = call.span == callee.span and near is None
            hint = _STATEMENT if bare else None
            self._report.add("E201", callee.span, f"nothing is called `{name}`", near=near, hint=hint)
            self._script.incomplete = True
            return []
        owner = callee.value
        if isinstance(owner, ast.Name) and owner.name not in self.visible:
            if owner.name in PLANNED_NAMESPACES:
                self._script.incomplete = True
                return []
            if owner.name in self._script.groups:
                members.action(self._script, callee, owner.name)
                return []
            if owner.name in self._script.uses:
                members.callee(self._script, call, callee, owner.name)
                return []
        return [owner]

    def _flow(self, target: ast.FlowTarget) -> None:
        if target.module is not None:
            members.target(self._script, target, target.module)
            return
        if target.name in self._script.flows:
            return
        span = self._report.word(target.span, target.name)
        found = self._script.callee(target.name)
        if found is not None or target.name in self._script.constants:
            what = (
                "a constant" if found is None else "an action" if isinstance(found, Action) else "a function"
            )
            message = f"`{target.name}` is {what} and no flow"
            self._report.add("E206", span, message, expected=("the name of a flow",))
        else:
            near = self._report.near(target.name, self._script.flows)
            self._report.add("E201", span, f"no flow is called `{target.name}`", near=near)

    def _note(self, node: ast.Node) -> None:
        """The type of an expression whose parts are noted already."""
        known: Type
        match node:
            case ast.Name():
                return
            case ast.Call():
                known = self._call(node)
            case ast.Field() if isinstance(ended := self._script.types.get(id(node.value)), Ended):
                if ended.fields and not node.optional:
                    self._field(node.name, node, types.described(ended), ended.fields)
                return
            case ast.WaitFor():
                known = self._wait_for(node)
            case _:
                known = types.of_operation(node, self._script.types)
        if known is not None:
            self._script.types[id(node)] = known

    def _call(self, call: ast.Call) -> Type:
        if isinstance(call.callee, ast.Field) and not self._has_owner(call.callee.value):
            members.function_of_value(self._script, call, call.callee)
        called = self._script.called(call)
        match called and called.callee:
            case Action() as action:
                known = types.of_action(action, handled=bool(call.handlers))
                if not isinstance(known, Ended):
                    return known
                return replace(
                    known, texts=self._options(call), outcomes=self._script.outcomes_of(action, call)
                )
            case Function(result=result):
                return result
            case ast.FlowDecl(name=name) if called is not None:
                return types.of_flow(called.shown, called.owner.outcomes[name])
            case ast.FuncDecl() if called is not None and called.owner is not self._script:
                self._script.makers[id(call)] = called.owner
            case _:
                pass
        return None

    def _has_owner(self, value: ast.Expression) -> bool:
        """Whether what stands before the dot is no value but a module or a group of actions."""
        return isinstance(value, ast.Name) and (
            value.name in self._script.uses
            or (value.name in PLANNED_NAMESPACES | self._script.groups and value.name not in self.visible)
        )

    def _options(self, call: ast.Call) -> tuple[str, ...]:
        """What there is to choose from, where the call says so in constant texts."""
        for argument in call.arguments:
            if argument.name == "options":
                value = literal_value(argument.value, self._script.values)
                if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
                    return tuple(str(each) for each in value)
        return ()

    def _wait_for(self, node: ast.WaitFor) -> Type:
        event = SCRIPT_EVENTS.get(node.event)
        if event is None:
            return None
        known = types.of_event(event)
        if node.within is None:
            return known
        return replace(known, outcomes=(*known.outcomes, types.TIMEOUT))

    def _field(self, name: str, node: ast.Field, owner: str, fields: tuple[str, ...]) -> None:
        if name in fields:
            return
        span = Span(node.span.end - len(name), node.span.end)
        near = self._report.near(name, fields)
        expected = () if near else tuple(f"`{each}`" for each in fields)
        self._report.add("E207", span, f"{owner} has no field `{name}`", near=near, expected=expected)
