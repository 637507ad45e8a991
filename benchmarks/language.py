"""`make bench-language`: the speed of the language, as ratios to the same in native Python, in one run.

All checks and budgets are on: a task runs as a flow in an activeflow. Times are medians of runs that take
turns. Lua and Starlark are for comparison, where they are installed.

- loop_vs_native, recursion_vs_native, template_vs_native, decimal_vs_native   native time / our time
- parse_vs_cpython, check_vs_cpython   time of `ast.parse` for as many lines / our time, without and with
                                       all checks
- check_vs_python     time of `flow check` on a small unchanged file / that of `python -c pass`
- idle_kib            memory of an idle activeflow with a handler and a deadline, of 100,000
- deadlines_100k_s    seconds in which 100,000 deadlines fire that are due at once
- reaction_p99_ms     how long a flow takes to answer beside a loop, a recursive `func` and text building
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import trio
from language_engine import idle, reaction
from language_scripts import CALL, SMALL, TASKS, Task, large
from language_tools import alternately, compiled

from flowlang import analysis
from flowlang.compile import Script
from flowlang.core import Activeflow, Begin, Limits, Opening, Over
from flowlang.core.journal import run_input
from flowlang.diagnostics import Source
from flowlang.model.actions import ACTIONS
from flowlang.model.values import Value
from flowlang.syntax import parse

TARGETS = {
    "loop_vs_native": 0.6, "recursion_vs_native": 0.35, "template_vs_native": 0.6, "decimal_vs_native": 0.5,
    "parse_vs_cpython": 0.10, "check_vs_cpython": 0.05,
}  # fmt: skip
LIMITS = {"check_vs_python": 9, "idle_kib": 2.5, "deadlines_100k_s": 0.5, "reaction_p99_ms": 5}
BUDGET = Limits(steps_per_input=1 << 40)


def run_flow(script: Script) -> Value:
    """What the script's `main` returns."""
    flow = Activeflow(script, Opening("a1", "main", {}, 0, 1), BUDGET, dict(ACTIONS))
    (over,) = [each for each in run_input(flow, Begin(0)) if isinstance(each, Over)]
    assert over.ending.how == "done", over.ending.text
    return over.ending.value


def vs_native(task: Task, rounds: int) -> float:
    """How fast a task is against native Python."""
    script = compiled(task.flow + CALL % task.size)
    assert run_flow(script) == task.native(task.size)
    ours, native = alternately(partial(run_flow, script), partial(task.native, task.size), rounds)
    peers = [each for each in (_lua(task, native), _starlark(task, native)) if each]
    print(f"{task.key:22} {ours * 1000:8.2f} ms, native {native * 1000:.2f} ms{''.join(peers)}")
    return native / ours


def _lua(task: Task, native: float) -> str:
    lua = next(filter(None, map(shutil.which, ("lua5.4", "lua5.3", "lua"))), None)
    if lua is None or task.lua is None:
        return ""
    text = f"{task.lua} run({task.size}) local t = os.clock() run({task.size}) print(os.clock() - t)"
    seconds = float(subprocess.run([lua, "-e", text], capture_output=True, text=True, check=True).stdout)
    return f"; Lua {native / seconds:.2f} of native"


def _starlark(task: Task, native: float) -> str:
    try:
        from starlark_go import Starlark  # pyright: ignore[reportMissingImports]
    except ImportError:
        return ""
    if task.starlark is None:
        return ""
    peer = Starlark()
    peer.exec(task.starlark)
    began = time.perf_counter()
    peer.eval(f"run({task.size})")
    return f"; Starlark {native / (time.perf_counter() - began):.2f} of native"


def vs_cpython(lines: int, rounds: int) -> tuple[float, float]:
    """How fast parsing is, and parsing with all checks, against `ast.parse`."""
    script, python = large(lines)
    assert script.count("\n") == python.count("\n")
    source = Source("bench.flow", script)

    def check() -> None:
        parsed = parse(source)
        assert parsed.module is not None
        assert analysis.check(parsed.module).program is not None

    native = partial(ast.parse, python)
    parsing, first = alternately(partial(parse, source), native, rounds)
    checking, second = alternately(check, native, rounds)
    print(f"{lines} lines: parsed in {parsing:.3f} s, checked in {checking:.3f} s, CPython {first:.3f} s")
    return first / parsing, second / checking


def vs_python(rounds: int) -> float:
    """`flow check` of a small file that has not changed, against `python -c pass`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "small.flow")
        path.write_text(SMALL, encoding="utf-8")
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder}
        flow = Path(sys.executable).with_name("flow")
        run = partial(subprocess.run, check=True, env=environment)
        check = partial(run, [flow, "check", str(path)])
        check()
        native = partial(run, [sys.executable, "-c", "pass"])
        ours, python = alternately(check, native, rounds, time.perf_counter)
    print(f"flow check {ours * 1000:.0f} ms, python -c pass {python * 1000:.0f} ms")
    return ours / python


def measure(*, short: bool) -> dict[str, float]:
    """All figures."""
    rounds = 3 if short else 21
    figures = {task.key: vs_native(task, rounds) for task in TASKS}
    figures["parse_vs_cpython"], figures["check_vs_cpython"] = vs_cpython(
        320 if short else 4_000, 1 if short else 5
    )
    figures["check_vs_python"] = vs_python(rounds)
    count = 500 if short else 100_000
    figures["idle_kib"], figures["deadlines_100k_s"] = idle(count)
    figures["reaction_p99_ms"] = trio.run(reaction, 20 if short else 500)
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> int:
    """Exit code 0 if every figure is where it should be, or with --short."""
    parser = argparse.ArgumentParser(description="The speed of the language, against native Python.")
    parser.add_argument("--short", action="store_true", help="few rounds, and no judgement")
    given = parser.parse_args()
    figures = measure(short=given.short)
    missed = [name for name, least in TARGETS.items() if figures[name] < least]
    missed += [name for name, most in LIMITS.items() if figures[name] > most]
    if missed and not given.short:
        print(f"missed: {', '.join(missed)}")
    print(json.dumps(figures))
    return 1 if missed and not given.short else 0


if __name__ == "__main__":
    sys.exit(main())
