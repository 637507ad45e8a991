"""What came of tests, as plain values. How they are shown is `rendering`'s and `junit`'s business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowlang.diagnostics import Source, Span
from flowlang.model.values import SECOND

from .coverage import FileCoverage
from .timeline import Seen


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """Why a test failed: at which statement, what was `expected`, and what happened in its place. `began`
    and `at` are the test's beginning and the failure on the virtual clock; `unfound` are the places in `seen`
    at which what was expected might have been."""

    span: Span
    message: str
    expected: str | None
    began: int
    at: int
    seen: tuple[Seen, ...]
    unfound: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class TestResult:
    """One test; `span` is its block. `lasted` is in microseconds of the virtual clock; without a `failure` it
    passed."""

    __test__ = False  # it is no test of pytest's

    source: Source
    span: Span
    title: str
    lasted: int
    failure: Failure | None

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.source.position(self.span.start).line

    @property
    def passed(self) -> bool:
        """Whether all that it expected came."""
        return self.failure is None

    def to_plain(self) -> dict[str, Any]:
        """One JSON object: `kind` is `test`."""
        plain: dict[str, Any] = {
            "kind": "test",
            "file": self.source.name,
            "line": self.line,
            "name": self.title,
            "passed": self.passed,
            "virtual_seconds": self.lasted / SECOND,
        }
        failure = self.failure
        if failure is not None:
            line, column = self.source.position(failure.span.start)
            plain["failure"] = {
                "line": line,
                "column": column,
                "statement": self.source[failure.span],
                "message": failure.message,
                "expected": failure.expected,
                "virtual_seconds": (failure.at - failure.began) / SECOND,
                "seen": [
                    {
                        "virtual_seconds": (each.at - failure.began) / SECOND,
                        "who": each.who,
                        "what": each.what,
                        "cut": each.cut,
                    }
                    for each in failure.seen
                ],
            }
        return plain


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What came of the tests of one script; `coverage` where it was asked for, and that of the project's
    modules that it uses."""

    results: tuple[TestResult, ...]
    coverage: FileCoverage | None = None
    modules: tuple[FileCoverage, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all did."""
        return all(each.passed for each in self.results)
