"""Faults know the script's line; budgets and depth end what would not end; `finally` has its minute."""

from __future__ import annotations

import time

import pytest

from flowlang.core import Limits
from tests.compile.working_out import fault
from tests.core.machine import Run, compiled, hangup, hold, opening, seen

SMALL = Limits(steps_per_input=20_000, grace=500)


@pytest.mark.parametrize(
    "script",
    [
        "flow main {\n  let a = 1\n  log text(a / 0)  #!\n}",
        "flow main {\n  let a = 1\n  log text(\n    a\n    / 0)  \n}#4",
        "flow main {\n  let a = [1,\n   1 / f(0),  #!\n 2]\n log text(a) }\nfunc f(x) = x",
        "flow main {\n  log text(f(0)) }\nfunc f(x) {\n  let y = x\n  return 1 / y  #!\n}",
        "flow main {\n  f() }\nflow f {\n  g() }\nflow g {\n\n  raise 'x'  #!\n}",
        "flow main {\n  stream {\n    wait 1s\n    raise 'x'  #!\n  }\n  wait 9s\n}",
        'flow main {\n  on hold {\n    log text(1 / number("0"))  #!\n  }\n  wait 9s\n}',
        "flow main {\n  on hold as e when e.agent.x == 1 {  #!\n    log text(e)\n  }\n  wait 9s\n}",
        "flow main {\n  let n = 0\n  wait until 1 / n > 2  #!\n}",
        "flow main {\n  try { speak } finally {\n    raise 'x'  #!\n  }\n}",
        "flow main {\n  if flow.id == 'a1' {\n    log text([1].x)  #!\n  }\n}",
        "flow main {\n  match flow.id {\n    'b' => log 'b'\n    _ => log text([1][5])  #!\n  }\n}",
        "flow main {\n  for x in [2, 0] {\n    log text(1 / x)  #!\n  }\n}",
        "flow main {\n  for x in flow.id {  #!\n    log text(x)\n  }\n}",
        "flow main {\n  let w = flow.id\n  wait w  #!\n}",
        "flow main {\n  fetch 'bad'  #!\n  log 'x'\n}",
        "flow main {\n  let w = 5\n  speak word: w,\n    word: w\n}#E304",
        "flow main {\n  within [5s][1] {  #!\n    log 'x'\n  }\n}",
        "flow main {\n  loop up to [3][1] {  #!\n    log 'x'\n  }\n}",
    ],
)
def test_a_fault_knows_its_line(script: str) -> None:
    if "#E" in script:
        with pytest.raises(AssertionError):
            compiled(script)
        return
    lines = script.split("\n")
    marked = [number for number, line in enumerate(lines, 1) if "#!" in line]
    expected = marked[0] if marked else int(script.rsplit("#", 1)[1].split()[0])
    run = Run(compiled(script))
    run.through([hold(1)])
    assert run.ending is not None
    assert run.ending.how == "fault", run.seen
    assert run.ending.line == expected


def test_a_caught_fault_knows_its_line_in_a_flow_and_in_a_func() -> None:
    text = """
        flow main {
            try {
                log text(f(0))
            } catch e { log "${e.code} ${e.line}" }
            log g()
        }
        func f(x) {
            return 1 / x
        }
        func g() {
            try {
                return text(1 / 0 +
                    f(0))
            } catch e { return "${e.code} ${e.line}" }
        }
    """
    assert seen(text) == "division_by_zero 9 · division_by_zero 13 · end done"


def test_a_fault_raised_again_keeps_its_code_text_and_line() -> None:
    text = """
        flow main {
            try { try {
                raise {code: "mine", text: "t"}
            } catch e { fetch
                raise e
            } } catch e { log "${e.code} ${e} ${e.line}" }
        }
    """
    assert seen(text) == "fetch · mine t 4 · end done"


# -- budgets


@pytest.mark.parametrize(
    "body",
    [
        "loop { }",
        "while true { }",
        "let n = 0; loop { n = n + 1; n = n - 1 }",
        "loop { f(1) }",
        "loop { log \"x\" }",
        "loop { emit ping }; on ping { log \"p\" }",
        "loop { let k = g(10); log text(k) }",
        "let x = 0; loop { for y in range(100000) { x = y } }",
        "log text(h(1))",
        "loop { start other() }",
        "loop { stream s { log \"s\" }; join s }",
        "loop { try { raise \"x\" } catch e { log \"${e}\" } }",
        "loop { match 1 { 1 => log \"1\"; _ => log \"2\" } }",
        "loop { within 1s { log \"x\" } }",
        "loop { loop { break } }",
        "loop { wait until true }",
        "fetch; loop { let e = wait for hangup; log \"${e}\" }",
    ],
)  # fmt: skip
def test_what_spins_uses_its_budget_up(body: str) -> None:
    text = f"""
        flow main {{ {body} }}
        flow f(n) {{ if n > 5 {{ log "n" }} }}
        flow other {{ log "o"; emit ping }}
        func g(n) {{ if n < 1 {{ return 0 }}; return g(n - 1) }}
        func h(n) {{ loop {{ n = n + 1; n = n - 1 }} }}
    """
    run = Run(compiled(text), SMALL)
    begun = time.perf_counter()
    run.through([hangup(0.5)] if "hangup" in body else [])
    assert time.perf_counter() - begun < 2
    assert run.ending is not None
    assert (run.ending.how, run.ending.code) == ("fault", "budget")
    assert run.ending.line


def test_a_budget_is_for_one_input() -> None:
    text = """
        flow main { loop up to 30 { for x in range(1000) { let y = x; if y < 0 { log text(y) } }; post } }
    """
    run = Run(compiled(text), SMALL)
    run.through()
    assert run.ending is not None
    assert run.ending.how == "done"


def test_there_is_grace_for_the_catch_and_the_fourth_overrun_ends_it() -> None:
    text = """
        flow main {
            loop { try { loop { } } catch e { log e.code } finally { log "f" } }
        }
    """
    run = Run(compiled(text), SMALL)
    run.through()
    assert run.seen == ["budget", "f", "budget", "f", "budget", "f", "end budget"]
    assert run.ending is not None
    assert "again and again" in str(run.ending.text)


def test_the_else_flow_has_the_grace_too() -> None:
    script = compiled('flow main { loop { } }\nflow sorry { log "sorry"; post }')
    run = Run(script, SMALL, begin=opening(otherwise=("sorry", {})))
    assert run.through() == "sorry · post · end done"


def test_a_loop_without_time_ends_by_its_history() -> None:
    run = Run(compiled("flow main { loop { wait 0s } }"), Limits(history=100, grace=10))
    run.through()
    assert run.ending is not None
    assert (run.ending.code, run.ending.line) == ("history_full", 1)
    assert any("80 %" in each for each in run.warnings)


def test_history_full_is_a_fault_that_can_be_caught_and_then_ends_it() -> None:
    text = "flow main { loop { try { loop { wait 0s } } catch e { log e.code } } }"
    run = Run(compiled(text), Limits(history=100, grace=10))
    run.through()
    assert run.seen == ["history_full"] * 4 + ["end history_full"]


# -- depth


@pytest.mark.parametrize(
    "recursion",
    [
        "func f(n) = f(n + 1)",
        "func f(n) { return 1 + f(n) }",
        "func f(n) { for x in [1] { return f(x) } }",
        "func f(n) = g(n) + 1\nfunc g(n) = f(n) + 1",
        "flow f(n) { return f(n + 1) }",
        'flow f(n) { let r = f(n); log "${r}"; return r }',
        "flow f(n) { g(n) }\nflow g(n) { f(n) }",
        'flow f(n) { on hold { log "h" }; stream { wait 1s }; f(n) }',
        "flow f(n) { try { f(n) } finally { n = n + 1 } }",
        'flow f(n) { try { log "${n}" } finally { f(n + 1) } }',
        "flow f(n) { within 1h { loop { for x in [1] { try { f(x) } catch e { raise e } } } } }",
    ],
)
def test_recursion_ends_by_a_fault(recursion: str) -> None:
    run = Run(compiled(f'flow main {{ let r = f(1); log "${{r}}" }}\n{recursion}'))
    run.through()
    assert run.ending is not None
    assert run.ending.code in ("depth", "too_many_strands"), run.ending
    assert not run.flow.strands


def test_a_depth_fault_can_be_caught() -> None:
    text = "flow main { try { f() } catch e { log e.code } }\nflow f { f() }"
    assert seen(text) == "depth · end done"


def test_a_hundred_deep_is_fine() -> None:
    text = """
        flow main { let r = f(100); log "${r} ${g(100)}" }
        flow f(n) { if n == 0 { fetch; return 0 }; let r = f(n - 1); return r + 1 }
        func g(n) { if n == 0 { return 0 }; return 1 + g(n - 1) }
    """
    assert seen(text) == "fetch · 100 100 · end done"


def test_a_finally_that_is_cut_says_where() -> None:
    assert fault("flow main {\n  try { speak } finally {\n    wait 99s\n  }\n}") == ("finally_limit", 3)
