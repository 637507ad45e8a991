"""Channels: a flow does nothing that the channel on which it is reached cannot do; the way there is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flowlang.analysis.graph import Uses, key_of, path_to, reached, uses_of_flows
from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.action import THREADS
from flowlang.model.functions import PREDEFINED_ON
from flowlang.model.script_events import SCRIPT_EVENTS


def check(script: Script) -> None:
    """One walk over the flows for each channel that has routes, and one for what `start` begins. What a
    module's flows are reached by, the script that uses it decides."""
    if not script.is_entry:
        return
    graph = uses_of_flows(script)
    roots_of = _roots(script)
    placed = [name for uses in graph.values() for name in uses.placed]
    if placed:
        roots_of.setdefault("call", []).extend(placed)
    for channel, roots in roots_of.items():
        came_from = reached(graph, roots)
        for name in came_from:
            _flow(graph[name], channel, _Way(name, came_from, f"route {channel}"))
    started = [name for uses in graph.values() for name in uses.starts]
    came_from = reached(graph, started)
    for name in came_from:
        _started(graph[name], _Way(name, came_from, None))


class _Way(NamedTuple):
    """How a flow is reached, worked out only where it is told: the ways of a long chain are long."""

    name: str
    came_from: dict[str, str | None]
    route: str | None
    """`None` where a `start` is the beginning."""

    def __str__(self) -> str:
        way = path_to(self.name, self.came_from)
        if self.route is None and len(way) == 1:
            return f"reached from `start {way[0]}`"
        return f"reached from `{self.route or f'start {way[0]}'}` by {' → '.join(way)}"


def _roots(script: Script) -> dict[str, list[str]]:
    """The flows that each channel begins with, in the order of the routes."""
    roots: dict[str, list[str]] = {}
    for route in script.routes:
        channel = "call" if route.channel == "outbound call" else route.channel
        for target in (route.target, route.otherwise):
            if target is not None and (key := key_of(script, target)) is not None:
                roots.setdefault(channel, []).append(key)
    return roots


def _flow(uses: Uses, channel: str, way: _Way) -> None:
    script = uses.script
    for name, spans in uses.actions.items():
        channels = script.actions[name].channels
        if channel not in channels:
            _report(
                script, "E401", spans, f"`{name}` is {way}", f"`{name}` works on {_listed(channels)} only"
            )
    for name, spans in _script_events(script, uses):
        channels = SCRIPT_EVENTS[name].channels
        if channel not in channels:
            _report(
                script, "E402", spans, f"`on {name}` is {way}", f"`{name}` comes on {_listed(channels)} only"
            )
    for name, spans in uses.predefined.items():
        channels = PREDEFINED_ON[name]
        if channel not in channels:
            more = "; see `caller`" if name == "call" else ""
            hint = f"`{name}` is there on {_listed(channels)} only{more}"
            _report(script, "E403", spans, f"`{name}` is {way}", hint)
    if channel not in THREADS and uses.replies:
        hint = f"only {_listed(THREADS)} have a thread to write in; give it `to`"
        _report(script, "E401", uses.replies, f"`send` is {way}", hint)


def _started(uses: Uses, way: _Way) -> None:
    """What `start` begins has nobody on the line."""
    script = uses.script
    hint = "an activeflow that `start` begins has no caller"
    for name, spans in uses.actions.items():
        if script.actions[name].on_leg:
            _report(script, "E404", spans, f"`{name}` is {way}", hint)
    for name, spans in _script_events(script, uses):
        if SCRIPT_EVENTS[name].of_caller:
            _report(script, "E404", spans, f"`on {name}` is {way}", hint)
    for name, spans in uses.predefined.items():
        _report(script, "E404", spans, f"`{name}` is {way}", hint)
    if uses.replies:
        _report(script, "E404", uses.replies, f"`send` is {way}", hint)


def _script_events(script: Script, uses: Uses) -> Iterator[tuple[str, list[Span]]]:
    for name, spans in uses.events.items():
        if name in SCRIPT_EVENTS and name not in script.emitted:
            yield name, spans


def _report(script: Script, code: str, spans: list[Span], message: str, hint: str) -> None:
    for span in spans:
        script.report.add(code, span, message, hint=hint)


def _listed(channels: frozenset[str]) -> str:
    names = [f"`{each}`" for each in sorted(channels)]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
