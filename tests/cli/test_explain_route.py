"""`flow explain-route`: the route that takes a call, and why each other one does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.flow import flow

SCRIPT = """const DESK = +16062067563
route call to DESK when starts_with(caller.number, "+44") => open
route call to DESK => closed
route call to DESK from "sip:*@vip.example" priority 60 => vip
route call to "1*" => inside
flow open { answer }
flow closed { answer }
flow vip { answer }
flow inside { answer }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk.flow").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


TRUNKS = """route call via "carrier" priority 60 => outside
route call via ["branch", "desk"] => inside
flow outside { answer }
flow inside { answer }
"""


def test_a_route_by_trunk(tmp_path: Path) -> None:
    (tmp_path / "x.flow").write_text(TRUNKS, encoding="utf-8")
    done = flow("explain-route", "call", "--via", "branch", *AT, "x.flow", folder=tmp_path)
    assert done.out.splitlines() == [
        "call via branch at 2026-12-25 10:00:00 UTC",
        'does not: x.flow:1: route call via "carrier" priority 60 => outside',
        '    via "carrier" does not fit branch',
        'takes it: x.flow:2: route call via ["branch", "desk"] => inside',
        '    via ["branch", "desk"] fits',
        "    priority 50, the best of those that hold",
    ]
    done = flow("explain-route", "call", *AT, "x.flow", folder=tmp_path)
    assert '    via "carrier" does not fit no trunk' in done.out.splitlines()


AT = ("--at", "2026-12-25 10:00 Europe/London")


def test_the_winner_and_every_other_route_with_its_reason(folder: Path) -> None:
    done = flow(
        "explain-route",
        "call",
        "--to",
        "+16062067563",
        "--from",
        "+442071838750",
        *AT,
        "desk.flow",
        folder=folder,
    )
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "call to +16062067563 from +442071838750 at 2026-12-25 10:00:00 UTC",
        'does not: desk.flow:4: route call to DESK from "sip:*@vip.example" priority 60 => vip',
        '    from "sip:*@vip.example" does not fit +442071838750',
        'takes it: desk.flow:2: route call to DESK when starts_with(caller.number, "+44") => open',
        "    to DESK is +16062067563, which fits",
        '    when starts_with(caller.number, "+44") holds',
        "    priority 50, the best of those that hold",
        "does not: desk.flow:3: route call to DESK => closed",
        "    to DESK is +16062067563, which fits",
        "    all of it holds, but desk.flow:2 comes first",
        'does not: desk.flow:5: route call to "1*" => inside',
        '    to "1*" does not fit +16062067563',
    ]


def test_a_higher_priority_is_told(folder: Path) -> None:
    done = flow(
        "explain-route",
        "call",
        "--to",
        "+16062067563",
        "--from",
        "sip:+44207@vip.example",
        "desk.flow",
        folder=folder,
    )
    assert "    all of it holds, but desk.flow:4 has priority 60, this one 50" in done.out.splitlines()


def test_a_condition_that_fails_does_not_hold_and_says_so(folder: Path) -> None:
    done = flow("explain-route", "call", "--to", "+16062067563", *AT, "desk.flow", folder=folder)
    assert done.code == 0
    assert "    when … fault `" in done.out
    assert '    from "sip:*@vip.example" does not fit nobody' in done.out.splitlines()


def test_none_is_exit_code_1(folder: Path) -> None:
    done = flow("explain-route", "call", "--to", "200", *AT, "desk.flow", folder=folder)
    assert done.code == 1
    assert done.out.endswith("no route takes it\n")
    assert flow("explain-route", "sms", "--to", "100", "desk.flow", folder=folder).code == 1


def test_a_folder_has_the_routes_of_all_its_scripts(folder: Path) -> None:
    (folder / "night.flow").write_text(
        'route call to "100" priority 70 => n\nflow n { answer }\n', encoding="utf-8"
    )
    done = flow("explain-route", "call", "--to", "100", folder, folder=folder)
    assert done.code == 0
    assert f"takes it: {folder}/night.flow:1: " in done.out
    assert f"    all of it holds, but {folder}/night.flow:1 has priority 70, this one 50" in done.out


def test_json_is_an_object_for_each_route(folder: Path) -> None:
    done = flow("explain-route", "call", "--to", "100", *AT, "--json", "desk.flow", folder=folder)
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [(each["line"], each["takes"], each["holds"]) for each in found] == [
        (4, False, False),
        (2, False, False),
        (3, False, False),
        (5, True, True),
    ]
    assert found[3]["clauses"] == [
        {"clause": "channel", "value": "call", "holds": True, "fault": None},
        {"clause": "to", "value": "1*", "holds": True, "fault": None},
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("call", "--at", "tomorrow", "desk.flow"), 2, "--at: 'tomorrow' is no time"),
        (("fax", "desk.flow"), 2, "'fax' is not one of"),
        (("call", "nothing.flow"), 2, "no such file"),
        (("call", "wrong.flow"), 3, "error E"),
        (("call", "constant.flow"), 3, "this constant cannot be worked out"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (folder / "wrong.flow").write_text("flow {", encoding="utf-8")
    (folder / "constant.flow").write_text("const A = [1][len]\nconst len = 3\n", encoding="utf-8")
    done = flow("explain-route", *arguments, folder=folder)
    assert done.code == code
    assert said in done.err
