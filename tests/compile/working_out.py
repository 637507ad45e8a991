"""Works out an expression in a flow, its names being parameters, so that nothing is known of them before."""

from __future__ import annotations

from dataclasses import replace

from flowlang.model.values import Value
from tests.core.machine import Run, compiled, opening


def result(expression: str, declared: str = "", **given: Value) -> Value:
    """The value, or `fault CODE`."""
    script = compiled(f"{declared}\nflow main({', '.join(given)}) {{ return {expression} }}")
    run = Run(script, begin=replace(opening(), arguments=given))
    run.through()
    assert run.ending is not None
    return run.ending.value if run.ending.how == "done" else f"fault {run.ending.code}"


def fault(script: str) -> tuple[str | None, int | None]:
    """The code and line of the fault that a script ends with; its flow is `main`."""
    run = Run(compiled(script))
    run.through()
    assert run.ending is not None
    return run.ending.code, run.ending.line
