"""The engine: the trio side of activeflows. It keeps the clock, the run queue and the timers, carries
commands out through backends and feeds back what comes of them."""

from .engine import Engine, LoadedScript, Observer, Run
from .errors import ArgumentsError, EngineClosedError, FlowlangError, ScriptError, UnknownFlowError
from .opening import open_engine
from .recovery import Recovered
from .retention import Retention

__all__ = [
    "ArgumentsError",
    "Engine",
    "EngineClosedError",
    "FlowlangError",
    "LoadedScript",
    "Observer",
    "Recovered",
    "Retention",
    "Run",
    "ScriptError",
    "UnknownFlowError",
    "open_engine",
]
