"""What a script sends has to have a way out: each call of an action that needs an outlet is held against
those of the backends, before anybody calls.

Looked at are all flows of the script, and those of its own modules that a route reaches. What a module of the
standard library can send, as a voicemail by e-mail, a script need not ask of it; there, and where a variable
says on which channel something goes, only running tells.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.analysis import Program
from flowlang.diagnostics import Diagnostic
from flowlang.model.actions import Action
from flowlang.model.addresses import channel_of
from flowlang.syntax import ast
from flowlang.syntax.ast.walk import walk

KINDS = {
    "sms": ("sms_gateway", "smpp"),
    "email": ("email",),
    "chat": ("web",),
    "http": ("http",),
    "notify": ("notify",),
    "sql": ("sql",),
    "store": ("values",),
}
"""Ours that have an outlet; packages may have others."""


def without_outlet(program: Program, outlets: frozenset[str]) -> Iterator[Diagnostic]:
    """The first call of each kind that no backend can carry out."""
    missing: set[str] = set()
    for module in program.modules:
        if module.module.source.name.startswith("std/"):
            continue
        for flow in module.flows.values():
            if module is not program and not flow.channels:
                continue
            for node in walk(flow.decl.body):
                outlet = _outlet(module, node) if isinstance(node, ast.Call) else None
                if outlet is None or outlet in outlets or outlet in missing:
                    continue
                missing.add(outlet)
                message = f"this needs the outlet `{outlet}`, which no backend here has"
                kinds = " or ".join(f'`kind = "{each}"`' for each in KINDS.get(outlet, ()))
                hint = f"set one up in `[backends.NAME]` of flow.toml{f', with {kinds}' if kinds else ''}"
                yield Diagnostic("E407", module.module.source, node.span, message, hint=hint)


def _outlet(module: Program, call: ast.Call) -> str | None:
    callee = module.called(call).callee if module.outcome(call) is None else None
    if not isinstance(callee, Action):
        return None
    if callee.sends is None and callee.name == "send":
        to = next((each.value for each in call.arguments if each.name == "to"), None)
        match to:
            case ast.Text(value=str(text)) | ast.Template(parts=(str(text), *_)):
                return channel_of(text)
            case _:
                return None
    return callee.sends
