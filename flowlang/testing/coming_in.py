"""What comes in by a call in a test: `call(…)`, `signal(…)`, `fail(…)`, see `flowlang.model.test_calls`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowlang.backends.border import Incoming
from flowlang.backends.thread_leg import ThreadLeg
from flowlang.core.json_values import json_of
from flowlang.model.addresses import SCHEME_OF_CHANNEL, message_address, sender_of
from flowlang.model.events import SignalReceived
from flowlang.model.values import Value

from .parties import Caller, CannotError, Party, Writer
from .world import World

Given = dict[str, Value]

_REPORTS = ("sent", "delivered", "failed", "read")


def _call(world: World, name: str, given: Given) -> Party:
    source, to = given["from"], given["to"]
    display, via, diverted = (
        None if given[each] is None else str(given[each]) for each in ("name", "via", "diverted_from")
    )
    for each in (source, to):
        if not isinstance(each, str) or not each:
            raise CannotError("`to` and `from` are texts: numbers, addresses, extensions")
    verified, anonymous = given["verified"] is True, given["anonymous"] is True
    return Caller(
        world, name, str(source), str(to), display, via,
        verified=verified, anonymous=anonymous, diverted_from=diverted,
    )  # fmt: skip


def _writes(channel: str) -> Callable[[World, str, Given], Party]:
    def write(world: World, name: str, given: Given) -> Party:
        source = message_address(channel, str(given["from"]))
        if source is None:
            raise CannotError(f"`from` is no address of `{channel}`")
        to = str(given["to"])
        ours = sender_of(channel, to) or f"{SCHEME_OF_CHANNEL[channel]}:{to}"
        writer = Writer(world, name, channel, source, ours)
        subject = given.get("subject")
        writer.write(str(given["text"]), str(subject) if subject else None)
        return writer

    return write


def _webhook(world: World, name: str, given: Given) -> None:
    to = str(given["to"])
    world.note(name, f"posts to {to}")
    data: Given = {"data": given["data"], "text": json_of(given["data"]), "headers": given["headers"] or {}}
    source = str(given["from"])
    world.offer(Incoming("webhook", to, source, world.new_id("webhook"), data=data), ThreadLeg())


def _schedule(world: World, _name: str, given: Given) -> None:
    to = str(given["to"])
    world.note("world", f"it is time for {to}")
    world.offer(Incoming("schedule", to, to, world.new_id("schedule")), ThreadLeg())


def _report(world: World, _name: str, given: Given) -> None:
    status, to, reason = str(given["status"]), str(given["to"]), given["reason"]
    if status not in _REPORTS:
        raise CannotError(f"a report is one of {', '.join(f'`{each}`' for each in _REPORTS)}")
    if not world.threads.report(to, status, str(reason) if reason is not None else None):
        raise CannotError(f"no message went to {to} on which there could be a report")
    world.note("carrier", f"reports {status} to {to}")


def _signal(world: World, _name: str, given: Given) -> None:
    for each in world.alive:
        each.deliver(SignalReceived(str(given["name"]), given["data"]))
    world.note("world", f"signals {given['name']}")


def _rows(world: World, _name: str, given: Given) -> None:
    rows = given["rows"]
    if not isinstance(rows, tuple) or not all(isinstance(each, dict) for each in rows):
        raise CannotError("`rows` is a list of maps, by the names of the columns")
    world.outside.give_rows(str(given["connection"]), rows, str(given["of"] or ""))


def _fail(world: World, _name: str, given: Given) -> None:
    outcome, reason = given["outcome"], given["reason"]
    world.failing.add(
        str(given["action"]),
        str(given["code"]),
        None if outcome is None else str(outcome),
        None if reason is None else str(reason),
    )


COMING_IN: Mapping[str, Callable[[World, str, Given], Party | None]] = {
    "call": _call,
    "sms": _writes("sms"),
    "email": _writes("email"),
    "chat": _writes("chat"),
    "webhook": _webhook,
    "schedule": _schedule,
    "report": _report,
    "signal": _signal,
    "rows": _rows,
    "fail": _fail,
}
