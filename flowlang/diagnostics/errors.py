"""What is raised for something that a user of flowlang did: the base of all, and those with diagnostics."""

from __future__ import annotations

from .diagnostic import Diagnostic
from .render import render


class FlowlangError(Exception):
    """The base of all that a program around flowlang is told; the message is for people."""


class DiagnosticsError(FlowlangError):
    """`diagnostics` say what is wrong, each with its place; the message is all of them, rendered."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(render(each) for each in diagnostics))


class ScriptError(DiagnosticsError):
    """A script cannot be read or run."""
