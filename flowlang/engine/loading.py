"""From a text to a compiled script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flowlang.analysis import Load, checked_program, load_nothing
from flowlang.analysis.capabilities import Capability, beyond
from flowlang.backends.border import Backend, HasNames, HasVias, Outlet
from flowlang.core import Script, compile_script
from flowlang.diagnostics import Diagnostic, Source
from flowlang.model.actions import Action
from flowlang.syntax import parse

from .errors import ScriptError


def capability_of(backend: Backend) -> Capability:
    """What a backend says that it can do."""
    return Capability(
        frozenset(backend.channels),
        frozenset(backend.commands),
        frozenset(backend.outlets) if isinstance(backend, Outlet) else frozenset(),
        frozenset(backend.vias) if isinstance(backend, HasVias) else frozenset(),
        backend.names if isinstance(backend, HasNames) else {},
    )


def compiled(
    source: Source,
    actions: Mapping[str, Action],
    backends: Sequence[Capability],
    exists: Callable[[str], bool | str] | None,
    load: Load = load_nothing,
) -> tuple[Script, tuple[Diagnostic, ...]]:
    """The script and the warnings about it. One that needs what none of the `backends` can do is refused;
    where there are none, nothing is known of them. Raises `ScriptError`."""
    program, diagnostics = checked_program(parse(source), actions=actions, exists=exists, load=load)
    refused = tuple(beyond(program, backends))
    if refused:
        raise ScriptError(refused)
    return compile_script(program), diagnostics
