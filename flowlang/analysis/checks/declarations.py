"""The script's own names: a name is declared once, and is not one that the language has already."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowlang.analysis.modules import name_of
from flowlang.analysis.script import Body, Script
from flowlang.diagnostics import Span
from flowlang.model.actions import PLANNED_ACTIONS, PLANNED_NAMESPACES, OutcomeType
from flowlang.model.functions import FUNCTIONS, PREDEFINED
from flowlang.model.test_calls import TEST_CALLS
from flowlang.syntax import ast

_NAME = re.compile(r"(?!(?:true|false|none|not|and|or|in)\Z)[A-Za-z_][A-Za-z0-9_]*")


def check(script: Script) -> None:
    """Fill the tables of declarations and the list of bodies."""
    seen: dict[str, Span] = {}
    for declaration in script.module.declarations:
        match declaration:
            case ast.Const():
                _declare(script, declaration.name, declaration.name_span, seen)
                script.constants.setdefault(declaration.name, declaration)
            case ast.FuncDecl():
                _declare(script, declaration.name, declaration.name_span, seen)
                script.functions.setdefault(declaration.name, declaration)
            case ast.FlowDecl():
                _declare(script, declaration.name, declaration.name_span, seen)
                script.flows.setdefault(declaration.name, declaration)
                script.outcomes.setdefault(declaration.name, _outcomes(declaration))
            case ast.Route() | ast.PolicyDecl() if not script.is_entry:
                _entry_only(script, declaration)
                continue
            case ast.TestDecl() if not script.is_entry:  # they are for those who work on the module
                continue
            case ast.Route():
                script.routes.append(declaration)
            case ast.PolicyDecl():
                script.policies.append(declaration)
                continue
            case ast.Use():
                _use(script, declaration, seen)
                continue
            case ast.TestDecl():
                script.bodies.append(Body(declaration, tuple(_of_test(declaration))))
                continue
            case _:
                continue
        body = Body(declaration, tuple(ast.walk(declaration)))
        script.bodies.append(body)
        script.emitted.update(node.event for node in body.nodes if isinstance(node, ast.Emit))


def _of_test(test: ast.TestDecl) -> Iterator[ast.Node]:
    """The nodes of a test, without those that only tests have: what comes in is not an action here."""
    for node in ast.walk(test):
        callee = node.callee if isinstance(node, ast.Call) else None
        if node is not test and not (isinstance(callee, ast.Name) and callee.name in TEST_CALLS):
            yield node


def _use(script: Script, use: ast.Use, seen: dict[str, Span]) -> None:
    name = name_of(use)
    span = script.report.word(use.span, name)
    if use.alias is None and not _NAME.fullmatch(name):
        hint = f'give it one: `use "{use.path}" as …`'
        script.report.add("E608", use.span, "the end of this path is no name", hint=hint)
        script.incomplete = True
        return
    if id(use) not in script.unread:
        _declare(script, name, span, seen)
        script.uses[name] = use
    script.uses.setdefault(name, use)


def _entry_only(script: Script, declaration: ast.Route | ast.PolicyDecl) -> None:
    word = "route" if isinstance(declaration, ast.Route) else "policy"
    span = Span(declaration.span.start, declaration.span.start + len(word))
    hint = "put it into the script that uses the module"
    message = f"a `{word}` stands in the entry script only, and not in a module"
    script.report.add("E607", span, message, hint=hint)


def _outcomes(flow: ast.FlowDecl) -> tuple[OutcomeType, ...]:
    """The outcomes that a flow declares, with the fields that its `return`s give them."""
    fields: dict[str, dict[str, None]] = {each: {} for each in flow.outcomes}
    if fields:
        for node in ast.walk(flow.body):
            match node:
                case ast.Return(value=ast.Call(callee=ast.Name(name=name), arguments=arguments)):
                    fields.get(name, {}).update(dict.fromkeys(each.name for each in arguments if each.name))
                case _:
                    pass
    return tuple(OutcomeType(each, tuple(fields[each]), "") for each in dict.fromkeys(flow.outcomes))


def _declare(script: Script, name: str, span: Span, seen: dict[str, Span]) -> None:
    taken = _taken(script, name)
    if taken is not None:
        script.report.add("E211", span, f"`{name}` is {taken}", hint="choose another name")
    elif name in seen:
        message = f"`{name}` is declared already, on line {script.report.line(seen[name])}"
        script.report.add("E203", span, message, hint="choose another name")
    seen.setdefault(name, span)


def _taken(script: Script, name: str) -> str | None:
    if name in PREDEFINED:
        return "something that every script has"
    if name in script.actions or name in PLANNED_ACTIONS:
        return "the name of an action"
    if name in FUNCTIONS:
        return "the name of a built-in function"
    if name in PLANNED_NAMESPACES | script.groups:
        return "the name of a group of actions"
    return None
