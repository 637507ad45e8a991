"""For tests of scripts and servers: what calls, listens and judges. Only the command line imports it.

    for result in flowlang.testing.run_tests(Path("desk.flow")).results:
        assert result.passed, result.title

`run_tests` runs the `test` blocks of a script on simulated channels and a virtual clock: no socket, no trio,
no waiting. `check_backend` holds a backend to what engines rely on, `check_call_backend` one for calls,
`check_store` a store. `flowlang.testing.softphone` is a phone on a real network.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowlang.diagnostics import ScriptError, Source
from flowlang.script_files import read, tests_of

if TYPE_CHECKING:
    from .call_conformance import CallSubject, check_call_backend
    from .conformance import NonconformingError, Subject, check_backend
    from .results import Failure, Report, TestResult
    from .run import NotCompiledError
    from .store_conformance import check_store

__all__ = [
    "CallSubject",
    "Failure",
    "NonconformingError",
    "NotCompiledError",
    "Report",
    "Subject",
    "TestResult",
    "check_backend",
    "check_call_backend",
    "check_store",
    "run_tests",
]

_HOMES = {
    "CallSubject": "call_conformance",
    "Failure": "results",
    "NonconformingError": "conformance",
    "NotCompiledError": "run",
    "Report": "results",
    "Subject": "conformance",
    "TestResult": "results",
    "check_backend": "conformance",
    "check_call_backend": "call_conformance",
    "check_store": "store_conformance",
}


def run_tests(script: Path | None = None, *, text: str | None = None, coverage: bool = False) -> Report:
    """Runs the tests of a script: those in the file and in the `_test.flow` beside it, or those of a `text`,
    which has the standard library only. Sound files last a second there. Raises `NotCompiledError`, and
    `OSError` for a file that cannot be read.
    """
    from flowlang.modules import ModuleFiles

    from .run import NotCompiledError, Surroundings, run_source

    if (script is None) == (text is None):
        raise TypeError("run_tests takes either the path of a script or its text")
    if script is None:
        return run_source(
            Source("<text>", text or ""), Surroundings(load=ModuleFiles(None)), coverage=coverage
        )
    tests = tests_of(script)
    try:
        source, beside = read(script), read(tests) if tests.is_file() else None
    except ScriptError as error:
        raise NotCompiledError(error.diagnostics) from None
    return run_source(source, Surroundings(load=ModuleFiles(script)), beside=beside, coverage=coverage)


def __getattr__(name: str) -> object:
    """Loads what runs scripts when it is first used: a softphone does without it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"flowlang.testing.{_HOMES[name]}"), name)
