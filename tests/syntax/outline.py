"""A tree as lines that a test can hold against: a node a line, what it was read from beside it.

    Let «let x = 1 + 2» name='x' secret=False
      value: Binary «1 + 2» operator='+'
        left: Number «1» value=1
        right: Number «2» value=2

The text in «» is that of the node's span, so that every span is tested; a line's end in it shows as ⏎.
"""

from __future__ import annotations

from dataclasses import fields
from textwrap import dedent, indent
from typing import Any

from flowlang.diagnostics import Diagnostic, Source, Span, render
from flowlang.syntax import parse
from flowlang.syntax.ast import FlowDecl, FuncDecl, Module, Node, TestDecl


def read(text: str) -> Module:
    """The tree of a script that must be right."""
    result = parse(Source("test.flow", text))
    assert not result.diagnostics, "\n".join(render(each) for each in result.diagnostics)
    assert result.module is not None
    return result.module


def mistakes(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a script."""
    return parse(Source("test.flow", text)).diagnostics


def codes(text: str) -> list[str]:
    """The codes of what is wrong with a script."""
    return [each.code for each in mistakes(text)]


def outline(node: Node, source: Source) -> str:
    """The lines of a node and all below it. What is absent, empty or false is left out."""
    scalars: list[str] = []
    below: list[str] = []
    for each in fields(node):
        value: Any = getattr(node, each.name)
        if each.name == "span" or value is None or value is False or value == ():
            continue
        if isinstance(value, Span):
            scalars.append(f"{each.name}=«{source[value]}»")
        elif isinstance(value, Node):
            below.append(f"{each.name}: {outline(value, source)}")
        elif isinstance(value, tuple) and any(isinstance(item, Node) for item in value):
            below += [
                f"{each.name}: {outline(item, source) if isinstance(item, Node) else repr(item)}"
                for item in value
            ]
        else:
            scalars.append(f"{each.name}={value!r}")
    shown = source[node.span].replace("\n", "⏎")
    head = " ".join([type(node).__name__, f"«{shown}»", *scalars])
    return "\n".join([head, *(indent(line, "  ") for line in below)])


def _same(found: list[str], expected: str) -> None:
    assert "\n".join(found) == dedent(expected).strip("\n")


def is_module(text: str, expected: str) -> None:
    """The declarations of a script are these."""
    module = read(text)
    _same([outline(each, module.source) for each in module.declarations], expected)


def is_body(text: str, expected: str) -> None:
    """The statements of a flow with this body are these."""
    module = read(f"flow f {{\n{text}\n}}")
    declaration = module.declarations[0]
    assert isinstance(declaration, FlowDecl)
    _same([outline(each, module.source) for each in declaration.body.statements], expected)


def is_value(text: str, expected: str) -> None:
    """This expression reads so."""
    module = read(f"func f() = {text}")
    declaration = module.declarations[0]
    assert isinstance(declaration, FuncDecl)
    _same([outline(declaration.body, module.source)], expected)


def is_test(text: str, expected: str) -> None:
    """The statements of a test with this body are these."""
    module = read(f'test "t" {{\n{text}\n}}')
    declaration = module.declarations[0]
    assert isinstance(declaration, TestDecl)
    _same([outline(each, module.source) for each in declaration.body], expected)
