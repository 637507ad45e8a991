"""From a text to a compiled script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flowlang.analysis import Load, Program, check, load_nothing
from flowlang.compile import wrong_constant
from flowlang.compile.runtime.faults import Fault
from flowlang.core import Script, compile_script
from flowlang.diagnostics import Diagnostic, Source, has_errors
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
    parsed = parse(source)
    if parsed.module is None or has_errors(parsed.diagnostics):
        raise ScriptError(parsed.diagnostics)
    checked = check(parsed.module, actions=actions, exists=exists, load=load)
    diagnostics = (*parsed.diagnostics, *checked.diagnostics)
    if checked.program is None:
        raise ScriptError(diagnostics)
    refused = tuple(_beyond(checked.program, capabilities))
    if outlets is not None:
        refused += tuple(without_outlet(checked.program, outlets))
    if refused:
        raise ScriptError(refused)
    try:
        return compile_script(checked.program), diagnostics
    except Fault as fault:
        raise ScriptError((wrong_constant(checked.program, fault),)) from None


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
