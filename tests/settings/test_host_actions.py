"""A host's own actions, declared in `flow.toml` or by an entry point, and what each command makes of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.flow import flow

SCRIPT = """route call => desk

flow desk {
    match find_order("12") {
        found as f => say "It is ${f.status}."
        unknown    => say "Nothing."
    }
}

test "an order" {
    let alice = call(to: "1", from: +14155550100)
    expect alice hears "It is sent."
}
"""
TABLE = """[actions.find_order]
function = "{module}:find_order"
fake = "{module}:fake"
parameters.number = {{ type = "text" }}
outcomes = {{ found = ["status"], unknown = [] }}
"""
CODE = """from flowlang.model.actions import Action, OutcomeType, Parameter
from flowlang.model.host_action import HostAction
from flowlang.model.values import Outcome

async def find_order(number):
    return Outcome("found", {"status": "on its way"})

def fake(number):
    return Outcome("found", {"status": "sent"})

FIND_ORDER = HostAction(
    Action(
        "find_order",
        "Looks an order up.",
        (Parameter("number", ("text",), "its number", by_place=True),),
        (OutcomeType("found", ("status",), "there is one"), OutcomeType("unknown", (), "there is none")),
    ),
    find_order,
    fake,
)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of Python beside the scripts, by a name of its own, as modules are imported once."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    name = f"shop_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(CODE)
    (tmp_path / "desk.flow").write_text(SCRIPT)
    return name


@pytest.fixture
def table(tmp_path: Path, module: str) -> str:
    (tmp_path / "flow.toml").write_text(TABLE.format(module=module))
    return module


@pytest.fixture(params=["table", "name in flow.toml", "entry point"])
def declared(request: pytest.FixtureRequest, tmp_path: Path, module: str) -> str:
    """All ways to declare one."""
    if request.param == "table":
        (tmp_path / "flow.toml").write_text(TABLE.format(module=module))
    elif request.param == "entry point":
        _install(tmp_path / "site", f"find_order = {module}:FIND_ORDER")
        (tmp_path / f"{module}.py").rename(tmp_path / "site" / f"{module}.py")
        sys.path.append(str(tmp_path / "site"))
    else:
        (tmp_path / "flow.toml").write_text(f'[actions]\nfind_order = "{module}:FIND_ORDER"\n')
    return module


def _install(site: Path, entry: str) -> None:
    """A distribution as an installer leaves it."""
    info = site / "shop-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[flowlang.actions]\n{entry}\n")


def test_without_a_declaration_the_name_is_unknown(tmp_path: Path, module: str) -> None:
    assert "E201" in flow("check", "desk.flow", folder=tmp_path).out


@pytest.mark.usefixtures("declared")
def test_every_command_knows_it(tmp_path: Path) -> None:
    for command in (
        ("check", "desk.flow"), ("graph", "desk.flow"), ("explain-route", "call", "desk.flow", "--to", "1"),
    ):  # fmt: skip
        done = flow(*command, folder=tmp_path)
        assert (done.code, done.err) == (0, ""), done.out


@pytest.mark.usefixtures("declared")
def test_run_calls_the_function(tmp_path: Path) -> None:
    assert "» It is on its way." in flow("run", "desk.flow", folder=tmp_path).out


@pytest.mark.usefixtures("declared")
def test_tests_call_the_fake(tmp_path: Path) -> None:
    assert flow("test", "desk.flow", folder=tmp_path).out.endswith("1 passed\n")


def test_a_table_is_checked_without_importing_anything(tmp_path: Path, table: str) -> None:
    (tmp_path / f"{table}.py").write_text("raise SystemExit('imported')")
    assert flow("check", "desk.flow", folder=tmp_path).code == 0
    done = flow("run", "desk.flow", folder=tmp_path)
    assert done.code == 3
    assert f"flow.toml:1:10: error E804: `{table}` cannot be imported: SystemExit: imported" in done.err
    assert done.err.endswith("flow: flow.toml cannot be used: 1 error\n")


@pytest.mark.usefixtures("table")
def test_arguments_and_outcomes_are_checked(tmp_path: Path) -> None:
    (tmp_path / "desk.flow").write_text('flow desk { match find_order(12) { found => say "Yes." } }\n')
    out = flow("check", "desk.flow", folder=tmp_path).out
    assert "E305: `number` of `find_order` cannot be an integer" in out
    assert "E503" in out


def test_a_fake_that_waits_is_refused(tmp_path: Path, table: str) -> None:
    waiting = "import types\n@types.coroutine\ndef fake(number):\n    yield\n"
    (tmp_path / f"{table}.py").write_text(CODE + waiting)
    assert "the fake of `find_order` waits, and nothing does in tests" in flow("test", folder=tmp_path).out


def test_without_a_fake_a_test_says_what_is_missing(tmp_path: Path, table: str) -> None:
    text = (tmp_path / "flow.toml").read_text()
    (tmp_path / "flow.toml").write_text(text.replace("fake =", "# "))
    assert "`find_order` is the host's and does not run in tests" in flow("test", folder=tmp_path).out


def test_a_function_that_does_not_take_the_parameters_is_refused(tmp_path: Path, table: str) -> None:
    (tmp_path / f"{table}.py").write_text("async def find_order(no): ...\nfake = find_order\n")
    err = flow("run", "desk.flow", folder=tmp_path).err
    assert f"`{table}:find_order` cannot be called with the parameters of `find_order`" in err


def test_a_broken_entry_point_is_told_by_its_package(tmp_path: Path, module: str) -> None:
    _install(tmp_path / "site", "find_order = no_such_shop:FIND_ORDER")
    sys.path.append(str(tmp_path / "site"))
    out = flow("check", "desk.flow", folder=tmp_path).out
    assert "entry point flowlang.actions of shop:1:1: error E804: `no_such_shop` cannot be imported" in out


def test_check_looks_again_when_the_settings_change(tmp_path: Path, table: str) -> None:
    assert flow("check", "desk.flow", folder=tmp_path).code == 0
    text = (tmp_path / "flow.toml").read_text()
    (tmp_path / "flow.toml").write_text(text.replace("unknown", "none_such"))
    assert flow("check", "desk.flow", folder=tmp_path).code == 1
    (tmp_path / "flow.toml").unlink()
    assert "E201" in flow("check", "desk.flow", folder=tmp_path).out
