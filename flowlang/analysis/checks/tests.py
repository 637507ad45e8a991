"""Test blocks: parties are there before they act, do only what a party of their kind does, and beside them
only functions are called. What the flows do is not looked at here: a test runs them."""

from __future__ import annotations

from flowlang.analysis.arguments import slots
from flowlang.analysis.bindings import Binding
from flowlang.analysis.resolve import Expressions
from flowlang.analysis.script import Script
from flowlang.analysis.types import Type, accepts, described
from flowlang.diagnostics import Span, near_name
from flowlang.model.actions import TypeName
from flowlang.model.functions import PREDEFINED
from flowlang.model.test_calls import PARTY_CALLS, TEST_CALLS
from flowlang.syntax import ast
from flowlang.syntax.ast import tests

from .calls import check_arguments
from .purity import acts

# What a statement takes, by its verb or first word.
_TAKES: dict[str, tuple[TypeName, ...]] = {
    "presses": ("text",), "waits": ("duration",), "hears": ("text", "regex"), "gets": ("text", "regex"),
    "says": ("text",), "sends": ("text",), "transfers to": ("text",), "at": ("text",), "after": ("duration",),
}  # fmt: skip


def check(script: Script) -> None:
    """All test blocks, each for itself; those of a module are for those who work on it."""
    if not script.is_entry:
        return
    titles: dict[str, Span] = {}
    for declaration in script.module.declarations:
        if isinstance(declaration, ast.TestDecl):
            _title(script, declaration, titles)
            _Test(script).block(declaration)


def _title(script: Script, test: ast.TestDecl, titles: dict[str, Span]) -> None:
    head = Span(test.span.start, test.body[0].span.start if test.body else test.span.end)
    before = titles.setdefault(test.title, head)
    if before is not head:
        line = script.report.line(before)
        message = f"there is a test of this name already, on line {line}"
        script.report.add("E203", script.report.word(head, "test"), message, hint="choose another name")


class _Test:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.report = script.report
        self.expressions = Expressions(script, lambda _on: None)
        constants = (each for each in script.bindings if each.kind == "constant")
        self.expressions.visible.update({each.name: each for each in constants})
        self.parties: dict[str, Span] = {}

    def block(self, test: ast.TestDecl) -> None:
        lets = {each.name: each.name_span for each in reversed(test.body) if isinstance(each, tests.TestLet)}
        self.expressions.coming.append(lets)
        expects = False
        for each in test.body:
            self.statement(each)
            expects = expects or isinstance(each, _EXPECTATIONS) or self.may_fault(each)
        if not expects:
            word = self.report.word(test.span, "test")
            self.report.add("W701", word, "this test expects nothing, so that it can hardly fail")

    def may_fault(self, statement: ast.Node) -> bool:
        """Whether it calls a `func` for itself, which makes sense only for the fault that it may raise."""
        if not isinstance(statement, ast.CallStatement) or not isinstance(statement.call, ast.Call):
            return False
        called = self.script.called(statement.call)
        return called is not None and isinstance(called.callee, ast.FuncDecl)

    def statement(self, statement: ast.Node) -> None:
        match statement:
            case tests.TestLet():
                self.let(statement)
            case ast.CallStatement():
                self.call(statement.call)
            case tests.Act():
                self.party(statement.party, statement.party_span)
                if statement.value is not None and not self.other_call(statement):
                    self.takes(statement.verb, statement.value)
            case tests.ExpectHeard():
                self.party(statement.party, statement.party_span)
                self.takes(statement.verb, statement.value)
            case tests.At(time=value):
                self.takes("at", value)
            case tests.After(duration=value):
                self.takes("after", value)
            case _:
                for child in ast.children(statement):
                    self.value(child)

    # Names

    def let(self, statement: tests.TestLet) -> None:
        value = statement.value
        party = isinstance(value, tests.ExpectDial)
        if isinstance(value, tests.ExpectDial):
            known: Type = self.value(value.address)
        elif isinstance(value, ast.Call) and self.test_call(value) is not None:
            party = self.test_call(value) in PARTY_CALLS
            self.call(value)
            known = None
        elif isinstance(value, ast.Start):
            known = self.call(value)
        else:
            known = self.value(value)
        self.bind(statement.name, statement.name_span, known, party)

    def bind(self, name: str, span: Span, known: Type, party: bool) -> None:
        before = self.expressions.visible.get(name)
        if name in PREDEFINED:
            message = f"`{name}` is something that every script has"
            self.report.add("E211", span, message, hint="choose another name")
        elif name in self.script.uses:
            message = f"`{name}` would hide the module `{name}`"
            self.report.add("E204", span, message, hint="choose another name")
        elif before is not None or name in self.parties:
            line = self.report.line(self.parties[name] if before is None else before.span)
            hint = "choose another name"
            self.report.add("E203", span, f"`{name}` is there already, from line {line}", hint=hint)
        elif party:
            self.parties[name] = span
        else:
            binding = Binding("variable", name, span, known)
            self.expressions.visible[name] = binding
            self.script.bindings.append(binding)

    def party(self, name: str, span: Span) -> None:
        if name in self.parties:
            return
        known = self.expressions.visible.get(name)
        if known is not None:
            known.read = True
            message = f"`{name}` is a {known.kind} and nobody who acts or hears"
            self.report.add("E206", span, message, hint=f"`let {name} = call(…)` makes a party")
        elif any(name in names for names in self.expressions.coming):
            self.expressions.unknown(name, span)
        else:
            near = near_name(name, self.parties)
            hint = None if near else f"`let {name} = call(…)` makes a party"
            self.report.add("E201", span, f"nobody is called `{name}`", near=near, hint=hint)

    def other_call(self, statement: tests.Act) -> bool:
        """Whether somebody transfers to another call of his, which has a party's name."""
        value = statement.value
        return statement.verb == "transfers to" and isinstance(value, ast.Name) and value.name in self.parties

    # Values

    def takes(self, what: str, node: ast.Expression) -> None:
        known = self.value(node)
        wanted = _TAKES[what]
        if known is not None and not accepts(wanted, known):
            expected = tuple(f"a {each}" for each in wanted)
            self.report.add("E305", node.span, f"`{what}` cannot take {described(known)}", expected=expected)

    def test_call(self, node: ast.Node) -> str | None:
        """The name of what can be called in tests only, unless the script has a `func` of that name."""
        if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name):
            name = node.callee.name
            if name in TEST_CALLS and name not in self.script.functions:
                return name
        return None

    def call(self, node: ast.Call | ast.Start) -> Type:
        name = self.test_call(node)
        if isinstance(node, ast.Start):
            self.expressions.target(node.target)
            for argument in node.target.arguments:
                self.functions_only(argument)
            return "text"
        if name is None:
            return self.value(node)
        for argument in node.arguments:
            self.value(argument)
        if name in TEST_CALLS:
            check_arguments(self.script, name, slots(TEST_CALLS[name]), node.arguments, node.callee.span)
        return None

    def value(self, node: ast.Node) -> Type:
        if not self.functions_only(node):
            return None
        return self.expressions.take(node)

    def functions_only(self, root: ast.Node) -> bool:
        """Whether nothing below acts; what does is reported."""
        before = self.report.count
        for node in ast.walk(root):
            name = self.test_call(node)
            if name is not None:
                message = f"`{name}` stands by itself: `let a = {name}(…)`"
                self.report.add("E701", node.span, message)
                continue
            acting = acts(self.script, node, looks=True)
            if acting is not None:
                text, word = acting
                flow = word in self.script.flows
                hint = f"`start {word}(…)` starts one" if flow else "in a test the parties act"
                span = self.report.word(node.span, word)
                self.report.add("E701", span, f"{text}, and a test does not", hint=hint)
            elif isinstance(node, ast.Field) and _is_predefined(node, self.expressions.visible):
                what = self.report.source[node.span]
                self.report.add("E701", node.span, f"`{what}` belongs to an activeflow, and a test is none")
            elif isinstance(node, ast.Name) and node.name in self.parties:
                self.report.add("E206", node.span, f"`{node.name}` is a party and no value")
        return self.report.count == before


def _is_predefined(node: ast.Field, visible: dict[str, Binding]) -> bool:
    owner = node.value
    return isinstance(owner, ast.Name) and owner.name in PREDEFINED and owner.name not in visible


_EXPECTATIONS = (
    tests.ExpectHeard,
    tests.ExpectDial,
    tests.ExpectSent,
    tests.ExpectNothing,
    tests.ExpectHttp,
    tests.ExpectStopped,
    tests.ExpectFault,
)
