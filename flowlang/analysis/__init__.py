"""The checker: finds an author's mistakes before a caller does. `check` takes a tree and gives a `Program`,
or says why not.

It returns diagnostics; only `checked_program` raises them. No I/O: whether a prompt is there it asks a
function of the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowlang.diagnostics import Diagnostic, ScriptError, has_errors
from flowlang.model.actions import ACTIONS, Action
from flowlang.syntax import ParseResult, ast

from .arguments import Bound, Slot, bind, slots
from .checks import CHECKS, declarations
from .literals import UNKNOWN, literal_value
from .modules import Load, Missing, Modules, load_nothing
from .program import Called, CheckResult, FlowInfo, Program, build
from .report import Report
from .script import Script

__all__ = [
    "UNKNOWN",
    "Bound",
    "Called",
    "CheckResult",
    "FlowInfo",
    "Load",
    "Missing",
    "Program",
    "Slot",
    "bind",
    "check",
    "checked_program",
    "literal_value",
    "load_nothing",
    "slots",
]


def check(
    module: ast.Module,
    *,
    actions: Mapping[str, Action] = ACTIONS,
    exists: Callable[[str], bool | str] | None = None,
    load: Load = load_nothing,
) -> CheckResult:
    """Check a script that was parsed without an error, and the modules that it uses.

    `actions` are those that may be called, a host's own included. `exists` tells of a path below the script's
    folder whether a sound file is there, or by a text why it cannot be played; without it prompts are not
    looked for. `load` gives the texts of modules.
    """
    script = Script(module, actions, Report(module.source), exists)
    modules = Modules(script, load)
    script.linked = modules.find()
    for each in script.linked:
        declarations.check(each)
    for each in script.linked:
        for look in CHECKS:
            look(each)
    found = [one for each in script.linked for one in each.report.in_order()]
    diagnostics = (*modules.broken, *found)
    return CheckResult(None if has_errors(diagnostics) else build(script), diagnostics)


def checked_program(
    parsed: ParseResult,
    *,
    actions: Mapping[str, Action] = ACTIONS,
    exists: Callable[[str], bool | str] | None = None,
    load: Load = load_nothing,
) -> tuple[Program, tuple[Diagnostic, ...]]:
    """What was parsed as a program, checked as by `check`, and the warnings about it. Raises `ScriptError`
    with all diagnostics where one is an error."""
    if parsed.module is None or has_errors(parsed.diagnostics):
        raise ScriptError(parsed.diagnostics)
    checked = check(parsed.module, actions=actions, exists=exists, load=load)
    diagnostics = (*parsed.diagnostics, *checked.diagnostics)
    if checked.program is None:
        raise ScriptError(diagnostics)
    return checked.program, diagnostics
