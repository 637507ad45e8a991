"""From a text to a compiled script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flowlang.analysis import Load, Program, checked_program, load_nothing
from flowlang.core import Script, compile_script
from flowlang.diagnostics import Diagnostic, Source
from flowlang.model.action import THREADS
from flowlang.model.actions import Action
from flowlang.model.commands import COMMANDS
from flowlang.syntax import parse

from .errors import ScriptError
from .outlets import without_outlet

Capabilities = Mapping[str, frozenset[str]]
"""What the backends can do, by channel: names of border commands."""


def compiled(
    source: Source,
    actions: Mapping[str, Action],
    capabilities: Capabilities,
    exists: Callable[[str], bool | str] | None,
    load: Load = load_nothing,
    outlets: frozenset[str] | None = None,
) -> tuple[Script, tuple[Diagnostic, ...]]:
    """The script and the warnings about it. With `outlets`, those of the backends, a script that needs
    others is refused. Raises `ScriptError`."""
    program, diagnostics = checked_program(parse(source), actions=actions, exists=exists, load=load)
    refused = tuple(_beyond(program, capabilities))
    if outlets is not None:
        refused += tuple(without_outlet(program, outlets))
    if refused:
        raise ScriptError(refused)
    return compile_script(program), diagnostics


def _beyond(program: Program, capabilities: Capabilities) -> Iterable[Diagnostic]:
    """Routes to flows that need more of their leg than any backend of the channel can do. In a thread all is
    messages, which need no leg."""
    for route in program.routes:
        if route.channel in THREADS:
            continue
        able = capabilities.get(route.channel)
        if able is None:
            continue
        for missing in sorted((program.needs(route) & COMMANDS.keys()) - able):
            message = f"`{route.target.name}` may `{missing}`, which no {route.channel} backend here can do"
            yield Diagnostic("E405", program.module.source, route.target.span, message)
