"""The core: the activeflow as a deterministic machine without I/O. No trio, no clock, no network, no disk."""

from __future__ import annotations

from flowlang.analysis import Program
from flowlang.compile import Cover, Script, compile_program, wrong_constant
from flowlang.compile.runtime.faults import Fault
from flowlang.diagnostics import Diagnostic, ScriptError

from .activeflow import Activeflow
from .inputs import ActionOver, Begin, Happened, Input, StopAsked, TimePassed
from .limits import Limits
from .opening import Opening
from .outputs import Connect, Ending, HandedOff, Launch, Note, Output, Over, Perform, Withdraw
from .route_report import ClauseReport, RouteReport, report_routes
from .routing import Bystander, Chosen, NoRoute, choose_route
from .script_calls import SCRIPT_CALLS

__all__ = [
    "ActionOver",
    "Activeflow",
    "Begin",
    "Chosen",
    "ClauseReport",
    "Connect",
    "Ending",
    "HandedOff",
    "Happened",
    "Input",
    "Launch",
    "Limits",
    "NoRoute",
    "Note",
    "Opening",
    "Output",
    "Over",
    "Perform",
    "RouteReport",
    "Script",
    "StopAsked",
    "TimePassed",
    "Withdraw",
    "check_constants",
    "choose_route",
    "compile_script",
    "report_routes",
]


def compile_script(program: Program, *, cover: Cover | None = None) -> Script:
    """A checked program, ready to run; `cover` is told which pieces of it are reached. Raises `ScriptError`,
    because of a `Fault`, if one of its constants cannot be worked out."""
    try:
        return compile_program(program, SCRIPT_CALLS, Bystander(), cover)
    except Fault as fault:
        raise ScriptError((wrong_constant(program, fault),)) from fault


def check_constants(program: Program) -> Diagnostic | None:
    """What is wrong with the first constant, or address of a route, that cannot be worked out, without
    compiling what they do not need; `None` if all can be."""
    if not any(each.constants or each.routes for each in program.modules):
        return None
    try:
        compile_program(program, SCRIPT_CALLS, Bystander(), flows=False)
    except Fault as fault:
        return wrong_constant(program, fault)
    return None
