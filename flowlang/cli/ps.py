"""`flow ps`: the activeflows of a data folder, also beside the process that runs them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data import archive_in, chosen_folder, reading_option
from .exits import CommandError

if TYPE_CHECKING:
    from flowlang.store.stored import Stored

_WHY = 400  # characters
_PATIENCE = 2.0  # seconds: without an answer the list is as it is on disk


@click.command()
@reading_option
@click.option("--all", "-a", "all_of_them", is_flag=True, help="Those that ended too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def ps(data: Path | None, all_of_them: bool, as_json: bool) -> None:
    """List the activeflows that live, oldest first, and those that diverged or are held, with why."""
    from .display.kept import masked, moment, table

    folder = chosen_folder(data)
    with archive_in(folder) as archive:
        held = _held(folder)
        found = list(archive.activeflows(all_of_them=all_of_them))
    became = [_became(each, held) for each in found]
    came = [masked(each.opening) for each in found]
    if as_json:
        for each, opening, (state, ending) in zip(found, came, became, strict=True):
            plain = {
                "id": each.id, "state": state, "flow": each.flow, "began": each.began,
                "ended": each.ended, "channel": opening["channel"],
                "from": opening["source"], "to": opening["to"], "ending": masked(ending),
            }  # fmt: skip
            click.echo(json.dumps(plain, ensure_ascii=False))
        return
    rows = [
        (each.id, state, each.flow, moment(each.began), opening["source"] or "-", _how(ending))
        for each, opening, (state, ending) in zip(found, came, became, strict=True)
    ]
    for line in table(("ID", "STATE", "FLOW", "BEGAN (UTC)", "FROM", "HOW"), rows, _WHY):
        click.echo(line)


def _held(folder: Path) -> dict[str, Any]:
    """Those that the server cannot have go on, and why; none where no server runs, or it does not say."""
    from .control import ask_for

    with suppress(CommandError):
        found = ask_for(folder, _PATIENCE, do="held").get("held")
        return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    return {}


def _became(stored: Stored, held: dict[str, Any]) -> tuple[str, Any]:
    """The state of one, and how it ended or why it does not go on. One that is parked stays so."""
    if stored.id not in held or stored.state not in ("live", "parked"):
        return stored.state, stored.ending
    return "held" if stored.state == "live" else stored.state, str(held[stored.id])


def _how(ending: object) -> str:
    """How one ended in a word, or why it goes no further."""
    match ending:
        case str():
            return ending
        case list():
            return str(ending[0])  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return ""
