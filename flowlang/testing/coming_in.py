"""What comes in by a call in a test: `call(…)`, `signal(…)`, `fail(…)`, see `flowlang.model.test_calls`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowlang.model.events import SignalReceived
from flowlang.model.results import Failed
from flowlang.model.values import Value

from .parties import Caller, CannotError, Party
from .world import World

Given = dict[str, Value]


def _call(world: World, name: str, given: Given) -> Party:
    source, to, display = given["from"], given["to"], given["name"]
    for each in (source, to):
        if not isinstance(each, str) or not each:
            raise CannotError("`to` and `from` are texts: numbers, addresses, extensions")
    return Caller(world, name, str(source), str(to), str(display) if display is not None else None)


def _signal(world: World, _name: str, given: Given) -> None:
    for each in world.alive:
        each.deliver(SignalReceived(str(given["name"]), given["data"]))
    world.note("world", f"signals {given['name']}")


def _fail(world: World, _name: str, given: Given) -> None:
    command, code = str(given["command"]), str(given["code"])
    world.failing.setdefault(command, []).append(Failed(code, f"the test lets this `{command}` fail"))


COMING_IN: Mapping[str, Callable[[World, str, Given], Party | None]] = {
    "call": _call,
    "signal": _signal,
    "fail": _fail,
}
