"""Prompts: a sound file that the script names is there, below the script's folder, and can be played. And
recordings, which lie below a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.analysis.arguments import bind, slots
from flowlang.analysis.literals import literal_value
from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.recordings import RECORDING_FORM, is_recording
from flowlang.syntax import ast

# The parameters that take paths of sound files.
FILE_PARAMETERS = (("play", "file"), ("ask", "play"))
# And those that take one of a recording.
_RECORDINGS = (("record", "to"), ("start_recording", "to"))


def check(script: Script) -> None:
    """All constant paths; whether a file is there only where somebody has told how to find out."""
    for body in script.bodies:
        for node in body.nodes:
            if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name):
                for path, span in _paths(script, node, node.callee.name):
                    _file(script, path, span)
                for path, span in _paths(script, node, node.callee.name, _RECORDINGS):
                    if not is_recording(path):
                        message = f"`{path}` is no name of a recording"
                        script.report.add("E605", span, message, hint=RECORDING_FORM)


def _paths(
    script: Script, call: ast.Call, name: str, places: tuple[tuple[str, str], ...] = FILE_PARAMETERS
) -> Iterator[tuple[str, Span]]:
    action = script.actions.get(name)
    if action is None or script.callee(name) is not action:
        return
    wanted = [parameter for owner, parameter in places if owner == name]
    if not wanted:
        return
    bound = bind(slots(action), call.arguments)
    for parameter in wanted:
        for argument in bound.values.get(parameter, ()):
            value = argument.value
            items = value.items if isinstance(value, ast.ListLiteral) else (value,)
            for item in items:
                path = literal_value(item.value if isinstance(item, ast.Spread) else item, script.values)
                if isinstance(path, str):
                    yield path, item.span
                elif isinstance(path, tuple):
                    yield from ((each, item.span) for each in path if isinstance(each, str))


def _file(script: Script, path: str, span: Span) -> None:
    parts = path.replace("\\", "/").split("/")
    if not path or path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in path:
        hint = "a prompt lies below the folder of the script"
        script.report.add("E605", span, f"`{path}` is not below the folder of the script", hint=hint)
        return
    found = script.exists(path) if script.exists is not None else True
    if isinstance(found, str):
        script.report.add("E613", span, f"`{path}` cannot be played: {found}")
    elif not found:
        hint = "paths begin at the folder of the script"
        script.report.add("E604", span, f"there is no file `{path}`", hint=hint)
