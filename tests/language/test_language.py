"""Each scenario does what its table says, leaves nothing behind, and goes on from its journal at any point;
each construct of the language has a folder of them.

One name everywhere: a construct's rule in the grammar, its node in the tree, its folder here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowlang.syntax import ast
from flowlang.testing import run_tests
from tests.language.running import Table
from tests.language.scenario import HERE, Scenario, scenarios, table

GRAMMAR = Path(__file__).parents[2] / "grammar"
SCENARIOS = scenarios()
TESTED = [each for each in SCENARIOS if each.tested]
TABLES = [each for each in SCENARIOS if not each.tested]

PARTS = {"Arm": "match", "Argument": "call", "Entry": "map", "FlowTarget": "route", "PolicyRule": "policy"}
"""Nodes that are nothing without another: the construct that they belong to."""

RULES = range(1, 8)
"""Those under *Leaving* in `grammar/spec.md`."""


def folder_of(node: str) -> str:
    """The construct that a node is of: `WaitUntil` is `wait_until`, `FlowDecl` is `flow`."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", node).lower()
    return PARTS.get(node, re.sub(r"_(decl|literal|statement|number)$", "", snake))


NODES = [
    name
    for name in ast.__all__
    if isinstance(kind := getattr(ast, name), type) and issubclass(kind, ast.Node) and kind is not ast.Node
]


def rules() -> set[str]:
    """All that the grammar has a name for."""
    text = "".join(each.read_text(encoding="utf-8") for each in GRAMMAR.glob("*.lark"))
    named = re.findall(r"^\??([a-z_]+)(?:\{\w+\})?:", text, re.MULTILINE)
    return {*named, *re.findall(r"-> ([a-z_]+)", text)}


def nodes_in(folder: str) -> Iterator[str]:
    for each in scenarios(folder):
        for declaration in each.module.declarations:
            yield from (type(node).__name__ for node in ast.walk(declaration))


def of(some: list[Scenario]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scenario", some, ids=[each.name for each in some])


@of(TABLES)
def test_a_scenario_is_what_is_written_down(scenario: Scenario) -> None:
    assert scenario.text.startswith("# "), "its first line says what it shows"
    assert table(Table(scenario).rows) == table(scenario.rows)


@of(TESTED)
def test_a_scenario_with_test_blocks_passes_them(scenario: Scenario) -> None:
    report = run_tests(scenario.path)
    assert not [f"{each.line}: {each.failure.message}" for each in report.results if each.failure]


@of(TABLES)
def test_a_scenario_leaves_nothing_behind_and_goes_on_from_its_journal(scenario: Scenario) -> None:
    run = Table(scenario, parked=True)
    assert table(run.rows) == table(scenario.rows)
    if run.ending is not None and run.watched.left is not None and not run.watched.killed:
        assert not any(run.watched.left.values()), run.watched.left


@pytest.mark.parametrize("node", NODES)
def test_each_construct_has_a_folder_with_a_scenario_of_it(node: str) -> None:
    folder = folder_of(node)
    assert folder in rules(), "a construct has one name in the grammar, in the tree and here"
    assert node in set(nodes_in(folder)), f"tests/language/{folder} has no scenario with it"


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_of_leaving_has_a_folder(rule: int) -> None:
    assert scenarios(f"leaving/rule_{rule}")


def test_no_folder_is_empty() -> None:
    others = ("modules", "__pycache__")
    folders = [each for each in HERE.rglob("*") if each.is_dir() and each.name not in others]
    assert not [each for each in folders if not any(each.rglob("*.flow"))]
