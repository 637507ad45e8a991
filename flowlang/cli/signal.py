"""`flow signal`: gives an activeflow on a server that runs an event `signal`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .data import reading_option


@click.command()
@click.argument("activeflow", metavar="ID")
@click.argument("name")
@click.argument("value", metavar="[DATA]", required=False)
@reading_option
def signal(activeflow: str, name: str, value: str | None, data: Path | None) -> None:
    """Give the activeflow ID the signal NAME, as `on signal "NAME"` has it. DATA is JSON; anything else is
    taken as a text. It is on disk when this command ends."""
    from .control import ask

    click.echo(ask(data, do="signal", id=activeflow, name=name, data=_value(value)))


def _value(given: str | None) -> object:
    if given is None:
        return None
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return given
