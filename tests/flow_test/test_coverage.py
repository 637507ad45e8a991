"""Which pieces count, and when one is taken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from flowlang.testing import run_tests
from flowlang.testing.coverage import FileCoverage
from flowlang.testing.rendering import coverage_lines
from tests.cli.flow import flow
from tests.flow_test.testing import run

LINE = re.compile(r"\S+\.flow:")
CALL = 'let alice = call(to: "100")'


def covered(body: str, *statements: str, rest: str = "") -> FileCoverage:
    script = f'route call to "100" => main\nflow main {{\n{body}\n}}\n{rest}'
    report = run(script, CALL, *statements, "alice hangs up", "expect stopped", coverage=True)
    assert report.passed
    assert report.coverage is not None
    return report.coverage


def missed(coverage: FileCoverage) -> list[str]:
    return [line.partition(": ")[2] for line in coverage_lines(coverage) if LINE.match(line)][1:]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ('if elapsed() > 1h { log "a" }', ["this condition is never true"]),
        ('if elapsed() < 1h { log "a" }', ["this condition is never false"]),
        ('if elapsed() < 1h { log "a" } else { log "b" }', ["this `else` is never taken"]),
        (
            'if elapsed() > 2h { log "a" } else if elapsed() > 1h { log "b" } else { log "c" }',
            ["this condition is never true"] * 2,
        ),
        ('match 2 { 1, 3 => log "a"\n 2 => log "b"\n _ => log "c" }',
         ["the arm `1, 3` is never taken", "the arm `_` is never taken"]),
        ('for x in [] { log "${x}" }', ["this `for` never has a round"]),
        ('loop up to 0 { log "a" }', ["this `loop` never has a round"]),
        ('within 1h { log "a" } else { log "b" }', ["the time of this `within` is never over"]),
        ('try { log "a" } catch { log "b" }', ["nothing is ever caught here"]),
        ('on hold { log "a" }\nwait 1s', ["`on hold` never runs"]),
    ],
)  # fmt: skip
def test_what_is_never_taken_is_named(body: str, lines: list[str]) -> None:
    assert missed(covered(body)) == lines


def test_what_is_taken_is_not_named() -> None:
    body = """
    answer
    on hold { log "held" }
    for x in [1, 2] { if x == 1 { log "a" } else { log "b" } }
    within 1s { wait 2s } else { log "late" }
    try { raise "x" } catch { log "caught" }
    wait 1h
    """
    coverage = covered(body, "alice holds", "after 5s")
    assert missed(coverage) == []
    assert coverage.percent == 100


def test_outcomes_of_actions_count() -> None:
    coverage = covered('let c = ask("One?", digits: 1, timeout: 5s)\nlog "${c}"', 'alice presses "1"')
    assert missed(coverage) == ["this never ends with `no_input`", "this never ends with `no_match`"]


def test_routes_flows_and_functions_count() -> None:
    rest = 'route call to "101" => other\nflow other { log "${two()}" }\nfunc two() = 2\n'
    assert missed(covered('log "a"', rest=rest)) == [
        "this route to `other` is never taken",
        "the flow `other` is never run",
        "the function `two` is never run",
    ]


def test_what_stands_in_a_piece_that_was_missed_is_not_named_again() -> None:
    body = 'if elapsed() > 1h { on hold { log "a" }\n if elapsed() > 2h { log "b" } }'
    coverage = covered(body)
    assert missed(coverage) == ["this condition is never true"]
    assert (len(coverage.taken), len(coverage.pieces)) == (3, 7)
    assert coverage.percent == 42


def test_handlers_of_an_action_count() -> None:
    body = 'ask("One?", timeout: 2s) { on hold { log "a" }\n on dtmf "*" { log "b" } }'
    coverage = covered(body, "alice holds", "after 20s")
    assert "`on hold` never runs" not in missed(coverage)
    assert "`on dtmf` never runs" in missed(coverage)


def test_each_piece_is_shown_with_its_source() -> None:
    coverage = covered('if elapsed() > 1h { log "a" }')
    assert list(coverage_lines(coverage)) == [
        "x.flow: 75 % taken (3 of 4)",
        "x.flow:3:4: this condition is never true",
        '    if elapsed() > 1h { log "a" }',
        "       ^^^^^^^^^^^^^^",
    ]


def test_json_tells_all_pieces() -> None:
    plain = covered('if elapsed() > 1h { log "a" }').to_plain()
    assert (plain["kind"], plain["percent"], plain["taken"], plain["of"]) == ("coverage", 75, 3, 4)
    assert plain["pieces"][2] == {"piece": "then", "name": "if", "line": 3, "column": 4, "taken": False}


def test_counting_changes_nothing_of_what_runs() -> None:
    script = 'route call to "100" => main\nflow main { for x in [1, 2] { say "${x}" } }\n'
    statements = (CALL, 'expect alice hears "3"')
    (with_it,) = run(script, *statements, coverage=True).results
    (without,) = run(script, *statements).results
    assert with_it.to_plain() == without.to_plain()


def test_outcomes_of_requests_count() -> None:
    body = 'let done = http.get("https://x.example/")\nlog "${done}"'
    policy = 'policy { allow http "https://x.example/*" }'
    found = covered(body, rest=policy)
    assert missed(found) == ["this never ends with `ok`"]


def test_outcomes_of_secrets_count() -> None:
    body = 'secret let pin = ask("PIN?", timeout: 5s)\nlog "${pin}"'
    found = covered(body, 'alice presses "4"', "after 10s")
    assert missed(found) == ["this never ends with `no_input`", "this never ends with `no_match`"]


MODULE = """flow hello(who) {
    if who == "y" { say "Bye." }
    ask("Well?", timeout: 1s)
}
flow never { say "Never." }
"""
USING = """use "./lib"
use "std/menu"
route call => main
flow main { lib.hello("x") }
test "a" {
    let ann = call(to: "100")
    expect stopped
}
"""


def test_the_projects_modules_count_and_the_standard_library_does_not(tmp_path: Path) -> None:
    (tmp_path / "lib.flow").write_text(MODULE, encoding="utf-8")
    (tmp_path / "x.flow").write_text(USING, encoding="utf-8")
    report = run_tests(tmp_path / "x.flow", coverage=True)
    (module,) = report.modules
    assert report.coverage is not None
    assert report.coverage.percent == 100
    assert Path(module.source.name).name == "lib.flow"
    assert missed(module) == [
        "this condition is never true",
        "this never ends with `text`",
        "this never ends with `no_match`",
        "the flow `never` is never run",
    ]


def test_what_several_scripts_took_of_a_module_counts_together(tmp_path: Path) -> None:
    (tmp_path / "lib.flow").write_text(MODULE, encoding="utf-8")
    (tmp_path / "x.flow").write_text(USING, encoding="utf-8")
    (tmp_path / "y.flow").write_text(USING.replace('hello("x")', "never()"), encoding="utf-8")
    done = flow("test", "--coverage", "--json", ".", folder=tmp_path)
    found = [each for each in map(json.loads, done.out.splitlines()) if each["kind"] == "coverage"]
    assert [(Path(each["file"]).name, each["taken"], each["of"]) for each in found] == [
        ("x.flow", 2, 2), ("y.flow", 2, 2), ("lib.flow", 4, 7),
    ]  # fmt: skip
