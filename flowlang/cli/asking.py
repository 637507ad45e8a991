"""Asking something of an activeflow: the server that runs does it, or the next one where none runs now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowlang.model.values import SECOND

from .data import chosen_folder, store_in
from .exits import CommandError, Exit

if TYPE_CHECKING:
    from flowlang.core import Input


def ask_of(data: Path | None, wanted: str, request: dict[str, Any], now: float, *, as_json: bool) -> None:
    """Has a `stop` or `signal` done, and says when that is; `now` is the time of day in seconds. Raises
    `CommandError`."""
    from .control import NoServerError, ask_for

    folder = chosen_folder(data)
    try:
        answer = ask_for(folder, id=wanted, **request) | {"when": "now"}
    except NoServerError:
        answer = _leave(folder, wanted, request, round(now * SECOND)) | {"when": "start"}
    text = str(answer.pop("ok", ""))
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else text)


def _leave(folder: Path, wanted: str, request: dict[str, Any], now: int) -> dict[str, Any]:
    """Leaves it in a data folder that no process has."""
    from flowlang.core.inputs import input_to_plain

    from .ids import NotMeant, one_that_lives

    given = input_to_plain(_input(request, now))
    try:
        with store_in(folder) as store:
            activeflow = one_that_lives(store.archive, wanted)
            (stored,) = store.archive.beginning(activeflow, 1)
            store.keep_request(activeflow, given)
            store.commit()
    except NotMeant as error:
        raise CommandError(str(error), Exit.FAILED) from None
    late = "" if stored.opening["channel"] != "call" else "; its call is lost then, and most end with that"
    what = "stops" if request["do"] == "stop" else f"has the signal `{request['name']}`"
    return {
        "ok": f"{activeflow} {what} when `flow serve` starts; none runs now{late}",
        "activeflow": activeflow,
    }


def _input(request: dict[str, Any], now: int) -> Input:
    """What a server would make of it now."""
    from flowlang import ArgumentsError
    from flowlang.core import Happened, StopAsked
    from flowlang.engine.arguments import given_value
    from flowlang.model.events import SignalReceived

    if request["do"] == "stop":
        return StopAsked(now)
    try:
        name, data = given_value("name", request["name"]), given_value("data", request["data"])
        return Happened(now, SignalReceived(str(name), data))
    except ArgumentsError as error:
        raise CommandError(str(error), Exit.FAILED) from None
