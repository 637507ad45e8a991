"""Runs a script on the bare core, to the first error: found by the parser, the checker, or at run time."""

from __future__ import annotations

from flowlang import analysis
from flowlang.compile.runtime.faults import Fault
from flowlang.core import Activeflow, Begin, Limits, Opening, Output, Over, Perform, compile_script
from flowlang.core.journal import run_input
from flowlang.diagnostics import Diagnostic, ScriptError, Source, has_errors
from flowlang.model.actions import ACTIONS
from flowlang.syntax import parse

Found = tuple[str, int] | None
"""The code of the error and its line; `None` where the script came to its end or waits."""


def run(text: str, limits: Limits | None = None) -> Found:
    """What stops it, if anything does."""
    parsed = parse(Source("test.flow", text))
    if parsed.module is None or has_errors(parsed.diagnostics):
        return _first(parsed.diagnostics)
    checked = analysis.check(parsed.module)
    if checked.program is None:
        return _first(checked.diagnostics)
    try:
        script = compile_script(checked.program)
    except ScriptError as error:
        fault = error.__cause__
        assert isinstance(fault, Fault)
        return fault.code, fault.line
    if "main" not in script.flows:
        return None
    flow = Activeflow(script, Opening("a1", "main", {}, 0, 1), limits or Limits(), dict(ACTIONS))
    return _ended(run_input(flow, Begin(0)))


def _first(diagnostics: tuple[Diagnostic, ...]) -> Found:
    error = next(each for each in diagnostics if has_errors((each,)))
    return error.code, error.source.position(error.span.start).line


def _ended(outputs: list[Output]) -> Found:
    assert not any(isinstance(each, Perform) for each in outputs)
    for each in outputs:
        if isinstance(each, Over) and each.ending.how == "fault":
            return each.ending.code or "", each.ending.line or 0
    return None
