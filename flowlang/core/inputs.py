"""What an activeflow is fed: one input at a time, each with the time at which it counts.

Inputs are all that an activeflow knows of the world. The journal keeps them in the order in which they were
fed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

from msgspec import Struct
from msgspec.structs import astuple

from flowlang.model import events
from flowlang.model.plain import all_from_plain, all_to_plain, from_plain, to_plain
from flowlang.model.results import Done, Failed, Result


@final
class Begin(Struct, frozen=True):
    """The first input: the flow starts."""

    at: int


@final
class Happened(Struct, frozen=True):
    """An event came in."""

    at: int
    event: events.Event


@final
class ActionOver(Struct, frozen=True):
    """A command that was performed has its result."""

    at: int
    action: int
    result: Result


@final
class TimePassed(Struct, frozen=True):
    """The clock reached what `next_deadline` asked for."""

    at: int


@final
class StopAsked(Struct, frozen=True):
    """Somebody outside ends the activeflow, as by `stop`."""

    at: int


Input = Begin | Happened | ActionOver | TimePassed | StopAsked

_EVENTS = {
    each.__name__: each
    for each in (
        events.DigitPressed,
        events.CallHeld,
        events.CallUnheld,
        events.CallEnded,
        events.TransferAsked,
        events.CallTransferred,
        events.CallRinging,
        events.CallAnswered,
        events.CallRefused,
        events.MessageReceived,
        events.MessageReported,
        events.SignalReceived,
    )
}


def input_to_plain(given: Input, *, secret: bool = False) -> list[Any]:
    """An input as a list of plain data, short because a journal has many: its kind, its time, the rest. Of a
    `secret` one what it brings is marked."""
    plain = _to_plain(given)
    if not secret:
        return plain
    known = _KNOWN.get(plain[0], len(plain))
    return [*plain[:known], *({"$secret": each} for each in plain[known:])]


_KINDS: dict[type[Input], str] = {Begin: "begin", TimePassed: "time", StopAsked: "stop"}
_KNOWN = {"done": 3, "failed": 4, "event": 4}
"""How much of an input that brings a secret says nothing of it: kind, time, action or event and its leg."""


def _to_plain(given: Input) -> list[Any]:
    # Not by a `match` of classes: that takes its time to say no of a struct.
    if type(given) is Happened:
        event = given.event
        return ["event", given.at, type(event).__name__, *all_to_plain(astuple(event))]
    if type(given) is ActionOver:
        at, action, result = given.at, given.action, given.result
        if type(result) is Failed:
            return ["failed", at, action, result.code, result.text]
        return ["done", at, action, to_plain(result.value)]
    return [_KINDS[type(given)], given.at]


def input_from_plain(plain: list[Any]) -> Input:
    """The input that `input_to_plain` was given; `ValueError` for anything else."""
    try:
        return _MADE[plain[0]](*plain[1:])
    except (IndexError, KeyError, TypeError, ValueError):
        raise ValueError(f"not an input: {plain!r:.80}") from None


def _made(kind: type[Begin | TimePassed | StopAsked]) -> Callable[[int], Input]:
    return lambda at: kind(int(at))


def _happened(at: int, kind: str, *values: Any) -> Happened:
    return Happened(int(at), _EVENTS[kind](*all_from_plain(values)))  # pyright: ignore[reportArgumentType]


def _done(at: int, action: int, value: Any) -> ActionOver:
    return ActionOver(int(at), int(action), Done(from_plain(value)))


def _failed(at: int, action: int, code: str, text: Any) -> ActionOver:
    return ActionOver(int(at), int(action), Failed(str(code), str(from_plain(text))))


_MADE: dict[str, Callable[..., Input]] = {
    "begin": _made(Begin),
    "time": _made(TimePassed),
    "stop": _made(StopAsked),
    "done": _done,
    "failed": _failed,
    "event": _happened,
}
