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
    from flowlang.engine import (
        ArgumentsError,
        Engine,
        EngineClosedError,
        FlowlangError,
        LoadedScript,
        Run,
        ScriptError,
        UnknownFlowError,
        open_engine,
    )
    from flowlang.store import StoreError

__all__ = [
    "ArgumentsError",
    "Ending",
    "Engine",
    "EngineClosedError",
    "FlowlangError",
    "Limits",
    "LoadedScript",
    "Run",
    "ScriptError",
    "StoreError",
    "UnknownFlowError",
    "open_engine",
]

_ROOMS = {"Ending": "flowlang.core", "Limits": "flowlang.core", "StoreError": "flowlang.store"}


def __getattr__(name: str) -> Any:
    """Imports the engine when it is first used: the checker and the command line do without trio."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_ROOMS.get(name, "flowlang.engine")), name)
