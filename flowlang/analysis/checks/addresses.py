"""The addresses that actions reach: one that is constant is one before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.analysis.addresses import fault_of
from flowlang.analysis.arguments import bind, slots
from flowlang.analysis.literals import literal_value
from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.action import Action, Reach
from flowlang.model.addresses import channel_of, fault_of_url, message_address, sender_of
from flowlang.syntax import ast

_FORMS = {
    "sms": "an SMS goes to a number or an `sms:` address, as in `+14155550100`",
    "email": "an e-mail goes to one `mailto:` address, as in `mailto:desk@clinic.example`",
    "chat": "a chat has a `chat:` address, as in `chat:ann`",
}
_SENDERS = {
    "sms": "an SMS comes from a number, a short code or a name of up to 11 letters",
    "email": "an e-mail comes from one `mailto:` address",
}


def check(script: Script) -> None:
    """The destination and the sender of each action that reaches out, where the text says them."""
    for body in script.bodies:
        for node in body.nodes:
            called = script.called(node) if isinstance(node, ast.Call) else None
            action = called.callee if called is not None else None
            if called is not None and isinstance(action, Action) and action.reach is not None:
                _action(script, action, action.reach, called.arguments)


def _action(script: Script, action: Action, reach: Reach, arguments: tuple[ast.Argument, ...]) -> None:
    for name, given in bind(slots(action), arguments).values.items():
        if name not in (reach.parameter, "from"):
            continue
        for argument in given:
            for value, span in _constant(script, argument.value):
                fault = _sender(reach.kind, value) if name == "from" else _destination(reach.kind, value)
                if fault is not None:
                    shown = f"`{value}`" if value and len(value) <= 60 and value.isprintable() else "this"
                    script.report.add("E603", span, f"{shown} is no address", hint=fault)


def _constant(script: Script, node: ast.Expression) -> Iterator[tuple[str, Span]]:
    """The texts that an argument is, or has as a list, where they can be read off."""
    for item in node.items if isinstance(node, ast.ListLiteral) else (node,):
        value = literal_value(item.value if isinstance(item, ast.Spread) else item, script.values)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str):
                yield each, item.span


def _destination(kind: str | None, value: str) -> str | None:
    """Why nothing can go there; `None` where something can."""
    if kind == "http":
        return fault_of_url(value)
    channel = kind if kind is not None else channel_of(value)
    if channel is None:
        return "it has a scheme that says how to send: `sms:`, `mailto:` or `chat:`"
    if channel in _FORMS:
        return None if message_address(channel, value) is not None else _FORMS[channel]
    return "this is a pattern, and an action reaches one address" if _is_pattern(value) else fault_of(value)


def _is_pattern(value: str) -> bool:
    return "*" in value or (
        "?" in value and not value.startswith(("sip:", "sips:"))
    )  # RFC 3261 §19.1.1: headers


def _sender(kind: str | None, value: str) -> str | None:
    if kind not in _SENDERS:
        return None
    return None if sender_of(kind, value) is not None else _SENDERS[kind]
