"""`flow stop`: ends an activeflow on a server that runs."""

from __future__ import annotations

from pathlib import Path

import click

from .data import reading_option


@click.command()
@click.argument("activeflow", metavar="ID")
@reading_option
def stop(activeflow: str, data: Path | None) -> None:
    """End the activeflow ID as its script's `stop` would: each `finally` runs, a call gets its BYE. The
    beginning of an ID is enough."""
    from .control import ask

    click.echo(ask(data, do="stop", id=activeflow))
