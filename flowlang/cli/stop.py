"""`flow stop`: ends an activeflow."""

from __future__ import annotations

import time
from pathlib import Path

import click

from .data import reading_option


@click.command()
@click.argument("activeflow", metavar="ID")
@reading_option
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: which one, and `now` or at the `start`."
)
def stop(activeflow: str, data: Path | None, as_json: bool) -> None:
    """End the activeflow ID as its script's `stop` would: each `finally` runs, a call gets its BYE. The
    beginning of an ID is enough. Where no server runs, the next one does it when it starts."""
    from .asking import ask_of

    ask_of(data, activeflow, {"do": "stop"}, time.time(), as_json=as_json)
