"""What the engine raises for something that its user did."""

from __future__ import annotations

from flowlang.diagnostics import Diagnostic, render


class FlowlangError(Exception):
    """The base of all; the message is for people, one line."""


class ScriptError(FlowlangError):
    """A script cannot be run. `diagnostics` say why, each with its place."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(render(each) for each in diagnostics))


class UnknownFlowError(FlowlangError):
    """No loaded script has a flow of that name."""


class ArgumentsError(FlowlangError):
    """A flow cannot be started, or signalled, with this data."""


class EngineClosedError(FlowlangError):
    """The engine is shut down or left."""
