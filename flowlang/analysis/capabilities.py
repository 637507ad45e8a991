"""What a script needs of backends, held against what there is before anybody calls.

- E405: a route leads to a flow that needs more of its leg than the backends can do by which its calls may
  come. Where `via` names the way, as text or constant, each backend with a way of that name has to be able;
  else it is enough that one of the channel is. In a thread all is messages, which need no leg.
- E407: an action of one of its own flows needs an outlet that no backend has. Where a variable says on which
  channel something goes only running tells.
- E408: an action names what its outlet does not have; see `served`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flowlang.diagnostics import Diagnostic
from flowlang.model.action import THREADS, Action
from flowlang.model.addresses import channel_of
from flowlang.model.commands import COMMANDS
from flowlang.syntax import ast

from .literals import UNKNOWN, literal_value
from .own_calls import own_calls
from .program import Program
from .served import unnamed

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


@dataclass(frozen=True, slots=True)
class Capability:
    """What a backend can do: the channels that it serves, the commands that legs can do there, its outlets,
    the names of the ways (`via`) by which calls come to it, and what its outlets' commands may name."""

    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets: frozenset[str] = frozenset()
    vias: frozenset[str] = frozenset()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


def beyond(program: Program, backends: Sequence[Capability]) -> Iterator[Diagnostic]:
    """What these backends cannot do for a program. Where there are none nothing is known of them."""
    for route in program.routes:
        if route.channel not in THREADS:
            yield from _beyond_leg(
                program, route, [each for each in backends if route.channel in each.channels]
            )
    if backends:
        yield from without_outlet(program, frozenset[str]().union(*(each.outlets for each in backends)))
        yield from unnamed(program, {name: each for one in backends for name, each in one.names.items()})


def _beyond_leg(program: Program, route: ast.Route, able: Sequence[Capability]) -> Iterator[Diagnostic]:
    if not able:
        return
    needs = program.needs(route) & COMMANDS.keys()
    missing = dict.fromkeys(needs - frozenset[str]().union(*(one.commands for one in able)), "")
    for via in _vias(program, route):
        for one in able:
            if via in one.vias:
                missing |= {each: f' of "{via}"' for each in needs - one.commands if each not in missing}
    for name, where in sorted(missing.items()):
        message = f"`{route.target.name}` may `{name}`, which no {route.channel} backend here can do"
        if where:
            message = (
                f"`{route.target.name}` may `{name}`, which the {route.channel} backend{where} cannot do"
            )
        yield Diagnostic("E405", program.module.source, route.target.span, message)


def _vias(program: Program, route: ast.Route) -> Iterable[str]:
    """The names that a `via` gives, as far as the text tells."""
    if route.via is None:
        return ()
    value = literal_value(route.via, program.values)
    if value is UNKNOWN:
        return ()
    return [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, str)]


def without_outlet(program: Program, outlets: frozenset[str]) -> Iterator[Diagnostic]:
    """The first call of each kind that none of these outlets can carry out."""
    missing: set[str] = set()
    for call in own_calls(program):
        outlet = _outlet(call.action, call.node)
        if outlet is None or outlet in outlets or outlet in missing:
            continue
        missing.add(outlet)
        message = f"this needs the outlet `{outlet}`, which no backend here has"
        kinds = " or ".join(f'`kind = "{each}"`' for each in KINDS.get(outlet, ()))
        hint = f"set one up in `[backends.NAME]` of flow.toml{f', with {kinds}' if kinds else ''}"
        yield Diagnostic("E407", call.module.module.source, call.node.span, message, hint=hint)


def _outlet(action: Action, call: ast.Call) -> str | None:
    if action.sends is None and action.name == "send":
        to = next((each.value for each in call.arguments if each.name == "to"), None)
        match to:
            case ast.Text(value=str(text)) | ast.Template(parts=(str(text), *_)):
                return channel_of(text)
            case _:
                return None
    return action.sends
