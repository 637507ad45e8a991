"""`flow signal`: gives an activeflow an event `signal`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from .data import reading_option


@click.command()
@click.argument("activeflow", metavar="ID")
@click.argument("name")
@click.argument("value", metavar="[DATA]", required=False)
@reading_option
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: which one, and `now` or at the `start`."
)
def signal(activeflow: str, name: str, value: str | None, data: Path | None, as_json: bool) -> None:
    """Give the activeflow ID the signal NAME, as `on signal "NAME"` has it. DATA is JSON; anything else is
    taken as a text. It is on disk when this command ends. Where no server runs, the next one gives it when
    it starts."""
    from .asking import ask_of

    request = {"do": "signal", "name": name, "data": _value(value)}
    ask_of(data, activeflow, request, time.time(), as_json=as_json)


def _value(given: str | None) -> object:
    if given is None:
        return None
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return given
