"""Whether scripts need a voice, and whether there is one: better known before the first call than by it."""

from __future__ import annotations

from collections.abc import Iterable

from flowlang.analysis import Program
from flowlang.backends.border import BackendError
from flowlang.syntax import ast
from flowlang.voices import EspeakSynthesizer, VoiceUnavailable


def require_voice(programs: Iterable[Program]) -> None:
    """Raises `BackendError` where a text is to be spoken and nothing can speak it."""
    line = next((line for program in programs if (line := _first_spoken(program))), None)
    if line is None:
        return
    try:
        _ = EspeakSynthesizer().version
    except VoiceUnavailable as error:
        raise BackendError(f"{line} speaks, and there is no voice: {error}") from None


def _first_spoken(program: Program) -> str | None:
    """Where a flow first speaks a text, as `file:line`."""
    source = program.module.source
    for flow in program.flows.values():
        for node in ast.walk(flow.decl):
            if isinstance(node, ast.Call) and _speaks(node):
                return f"{source.name}:{source.position(node.span.start).line}"
    return None


def _speaks(call: ast.Call) -> bool:
    match call.callee:
        case ast.Name(name="say"):
            return True
        case ast.Name(name="ask"):
            return all(each.name != "play" for each in call.arguments)
        case _:
            return False
