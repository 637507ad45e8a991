"""`flow ps`: the activeflows of a data folder, also beside the process that runs them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .data import archive_in, reading_option


@click.command()
@reading_option
@click.option("--all", "-a", "all_of_them", is_flag=True, help="Those that ended too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def ps(data: Path | None, all_of_them: bool, as_json: bool) -> None:
    """List the activeflows that live, oldest first, and those that diverged."""
    from .display.kept import masked, moment, table

    with archive_in(data) as archive:
        found = list(archive.activeflows(all_of_them=all_of_them))
    came = [masked(each.opening) for each in found]
    if as_json:
        for each, opening in zip(found, came, strict=True):
            plain = {
                "id": each.id, "state": each.state, "flow": each.flow, "began": each.began,
                "ended": each.ended, "channel": opening["channel"],
                "from": opening["source"], "to": opening["to"], "ending": masked(each.ending),
            }  # fmt: skip
            click.echo(json.dumps(plain, ensure_ascii=False))
        return
    rows = [
        (each.id, each.state, each.flow, moment(each.began), opening["source"] or "-", _how(each.ending))
        for each, opening in zip(found, came, strict=True)
    ]
    for line in table(("ID", "STATE", "FLOW", "BEGAN (UTC)", "FROM", "HOW"), rows):
        click.echo(line)


def _how(ending: object) -> str:
    """How one ended in a word, or why it goes no further."""
    match ending:
        case str():
            return ending
        case list():
            return str(ending[0])  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return ""
