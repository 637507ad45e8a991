"""Builders of handlers, events, streams and `handoff`."""

from __future__ import annotations

from typing import Any

from flowlang.syntax import ast

from .building import Building, Part, listed, whole


def on(_: Building, c: list[Any]) -> ast.On:
    _on, event, patterns, _as, binding, guard, body = c
    return ast.On(
        whole(c),
        event.text,
        event.span,
        patterns.value if patterns else (),
        binding.text if binding else None,
        guard.value if guard else None,
        body,
    )


def emit(_: Building, c: list[Any]) -> ast.Emit:
    return ast.Emit(whole(c), c[1].text, c[3])


def handoff(_: Building, c: list[Any]) -> ast.Handoff:
    return ast.Handoff(whole(c), c[1])


def stream(_: Building, c: list[Any]) -> ast.Stream:
    _stream, name, body = c
    return ast.Stream(whole(c), name.text if name else None, body)


def join(_: Building, c: list[Any]) -> ast.Join:
    return ast.Join(whole(c), c[1].text)


def cancel(_: Building, c: list[Any]) -> ast.Cancel:
    return ast.Cancel(whole(c), c[1].text)


def streams(_: Building, c: list[Any]) -> Part:
    return Part(whole(c), c[1] or ())


def parallel(_: Building, c: list[Any]) -> ast.Parallel:
    return ast.Parallel(whole(c), c[1].value)


def race(_: Building, c: list[Any]) -> ast.Race:
    return ast.Race(whole(c), c[1].value)


BUILDERS = {
    "on": on,
    "emit": emit,
    "handoff": handoff,
    "stream": stream,
    "stream_list": listed,
    "streams": streams,
    "join": join,
    "cancel": cancel,
    "parallel": parallel,
    "race": race,
}
