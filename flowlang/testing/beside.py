"""Tests beside a script: those of `desk_test.flow` are run together with `desk.flow`.

Both texts are read as one, the script first; what is said about the second part is then put into its own
place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flowlang.diagnostics import Diagnostic, Source, Span

from .coverage import FileCoverage
from .results import Report, TestResult


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """A script and the tests beside it; `whole` is the text of both, under the script's name."""

    script: Source
    tests: Source
    whole: Source

    @classmethod
    def of(cls, script: Source, tests: Source) -> Beside:
        """Puts the two together."""
        return cls(script, tests, Source(script.name, f"{script.text}\n{tests.text}"))

    @property
    def _border(self) -> int:
        return len(self.script.text) + 1

    def _place(self, span: Span) -> tuple[Source, Span]:
        if span.start < self._border:
            return self.script, span
        return self.tests, Span(span.start - self._border, span.end - self._border)

    def diagnostic(self, found: Diagnostic) -> Diagnostic:
        """The same in its own text."""
        if found.source is not self.whole:  # of a module
            return found
        source, span = self._place(found.span)
        return replace(found, source=source, span=span)

    def report(self, found: Report) -> Report:
        """The same, each in its own text. What the tests' own functions take does not count as coverage."""
        results = tuple(self._result(each) for each in found.results)
        coverage = found.coverage
        if coverage is not None:
            pieces = tuple(each for each in coverage.pieces if each.span.start < self._border)
            coverage = FileCoverage(self.script, pieces, coverage.taken & frozenset(pieces))
        return Report(results, coverage, found.modules)

    def _result(self, found: TestResult) -> TestResult:
        source, start = self._place(found.span)
        failure = found.failure
        if failure is not None:
            failure = replace(failure, span=self._place(failure.span)[1])
        return replace(found, source=source, span=start, failure=failure)
