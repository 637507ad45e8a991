"""What a program around flowlang catches: one base for all, listed for those who embed it."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowlang
from flowlang.backends.border import BackendError
from flowlang.diagnostics import Diagnostic, DiagnosticsError, Source, Span
from flowlang.testing import NotCompiledError

PUBLIC = [getattr(flowlang, name) for name in flowlang.__all__ if name.endswith("Error")]
ALL: list[type[Exception]] = [*PUBLIC, BackendError, NotCompiledError]
PAGE = Path(__file__).parents[2] / "docs" / "embedding.md"


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_for_a_user_has_the_one_base(error: type[Exception]) -> None:
    assert issubclass(error, flowlang.FlowlangError)


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_is_listed_for_those_who_embed(error: type[Exception]) -> None:
    assert f"{error.__name__}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("error", [flowlang.ScriptError, flowlang.ProjectError, NotCompiledError])
def test_an_error_with_diagnostics_reads_as_they_do(error: type[DiagnosticsError]) -> None:
    source = Source("desk.flow", "flo main { }\n")
    raised = error((Diagnostic("E101", source, Span(0, 3), "unexpected `flo`"),))
    assert isinstance(raised, DiagnosticsError)
    assert str(raised).startswith("desk.flow:1:1: error E101: unexpected `flo`")
