"""A whole script: the front desk of a clinic, as the language was first written down."""

from __future__ import annotations

from pathlib import Path

from flowlang.syntax import ast
from flowlang.syntax.ast import FlowDecl, walk
from tests.syntax.outline import read

TEXT = (Path(__file__).parent / "data" / "clinic.flow").read_text(encoding="utf-8")


def test_the_clinic_is_read_whole() -> None:
    module = read(TEXT)
    assert module.doc == "Front desk of a clinic."
    assert [type(each).__name__ for each in module.declarations] == [
        "Use", "Use", "Const", "Const", "PolicyDecl", "Route", "Route", "Route",
        "FlowDecl", "FlowDecl", "FlowDecl", "FlowDecl", "FlowDecl", "TestDecl",
    ]  # fmt: skip
    flows = [each for each in module.declarations if isinstance(each, FlowDecl)]
    assert [each.name for each in flows] == ["desk", "nurse", "booking", "closed", "apologise"]
    assert [len(each.body.statements) for each in flows] == [7, 2, 2, 2, 1]
    assert flows[2].doc == "Works on a call and over SMS alike."
    test = module.declarations[-1]
    assert isinstance(test, ast.TestDecl)
    assert len(test.body) == 8


def test_every_node_lies_within_the_one_above() -> None:
    for declaration in read(TEXT).declarations:
        for node in walk(declaration):
            assert declaration.span.start <= node.span.start < node.span.end <= declaration.span.end
