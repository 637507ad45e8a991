"""flowlang: a scripting language for communication flows, and the engine that runs it.

    async with flowlang.open_engine(backends=[...]) as engine:
        engine.load(Path("desk.flow"))
        await engine.listen()

Nothing here runs trio or keeps state: the engine lives in the caller's trio program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlang.core import Ending, Limits
    from flowlang.diagnostics import Diagnostic, DiagnosticsError, FlowlangError, ScriptError, Source
    from flowlang.engine import (
        ArgumentsError,
        Engine,
        EngineClosedError,
        LoadedScript,
        Recovered,
        Retention,
        Run,
        UnknownFlowError,
        open_engine,
    )
    from flowlang.model.action import Action, OutcomeType, Parameter
    from flowlang.model.host_action import HostAction
    from flowlang.model.policy import EVERYTHING, NOTHING, Policy
    from flowlang.model.values import Duration, Outcome, Time
    from flowlang.project.project import Project, ProjectError, open_project
    from flowlang.store import MemoryStore, StoreError
    from flowlang.store.sqlite import SqliteStore

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "Action",
    "ArgumentsError",
    "Diagnostic",
    "DiagnosticsError",
    "Duration",
    "Ending",
    "Engine",
    "EngineClosedError",
    "FlowlangError",
    "HostAction",
    "Limits",
    "LoadedScript",
    "MemoryStore",
    "Outcome",
    "OutcomeType",
    "Parameter",
    "Policy",
    "Project",
    "ProjectError",
    "Recovered",
    "Retention",
    "Run",
    "ScriptError",
    "Source",
    "SqliteStore",
    "StoreError",
    "Time",
    "UnknownFlowError",
    "open_engine",
    "open_project",
]

_ROOMS = {
    "flowlang.core": ("Ending", "Limits"),
    "flowlang.diagnostics": ("Diagnostic", "DiagnosticsError", "FlowlangError", "ScriptError", "Source"),
    "flowlang.model.action": ("Action", "OutcomeType", "Parameter"),
    "flowlang.model.host_action": ("HostAction",),
    "flowlang.model.policy": ("EVERYTHING", "NOTHING", "Policy"),
    "flowlang.model.values": ("Duration", "Outcome", "Time"),
    "flowlang.project.project": ("Project", "ProjectError", "open_project"),
    "flowlang.store": ("MemoryStore", "StoreError"),
    "flowlang.store.sqlite": ("SqliteStore",),
}
"""Where names are that are not the engine's."""


def __getattr__(name: str) -> Any:
    """Imports the engine when it is first used: the checker and the command line do without trio."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    room = next((room for room, names in _ROOMS.items() if name in names), "flowlang.engine")
    return getattr(import_module(room), name)
