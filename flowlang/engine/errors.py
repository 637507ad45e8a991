"""What the engine raises for something that its user did."""

from __future__ import annotations

from flowlang.diagnostics import FlowlangError, ScriptError

__all__ = ["ArgumentsError", "EngineClosedError", "FlowlangError", "ScriptError", "UnknownFlowError"]


class UnknownFlowError(FlowlangError):
    """No loaded script has a flow of that name."""


class ArgumentsError(FlowlangError):
    """A flow cannot be started, or signalled, with this data."""


class EngineClosedError(FlowlangError):
    """The engine is shut down or left."""
