"""`flow trace`: all that an activeflow did, told again from its journal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .data import archive_in, find, reading_option
from .exits import Exit

if TYPE_CHECKING:
    from flowlang.core import Activeflow, Output


@click.command()
@click.argument("activeflow", metavar="ID")
@reading_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def trace(activeflow: str, data: Path | None, as_json: bool) -> int:
    """Tell all that the activeflow ID did, with times: the lines of its script, events, results, its log."""
    from flowlang.core import Note
    from flowlang.engine.replay import NotReplayed
    from flowlang.model.observations import observation_to_plain

    from .display import LiveView, Style, printable
    from .display.kept import masked
    from .replaying import past_of

    with archive_in(data) as archive:
        past = past_of(archive, find(archive, activeflow))
        try:
            source = past.source
        except NotReplayed as error:
            click.echo(f"flow: {past.stored.id} cannot be replayed: {printable(str(error), 1000)}", err=True)
            return Exit.FAILED
        view = LiveView(click.echo, Style.of(sys.stdout), lambda _flow: source)

        def tell(number: int, _flow: Activeflow, outputs: list[Output]) -> None:
            if as_json:
                given = masked(past.entries[number].given)
                click.echo(json.dumps({"kind": "Input", "entry": number, "given": given}, ensure_ascii=False))
            for output in outputs:
                if isinstance(output, Note) and as_json:
                    click.echo(json.dumps(observation_to_plain(output.observation), ensure_ascii=False))
                elif isinstance(output, Note):
                    view(output.observation)

        outcome = past.run(tell)
    if isinstance(outcome, NotReplayed):
        click.echo(f"flow: it goes no further: {printable(str(outcome), 1000)}", err=True)
        return Exit.FAILED
    return Exit.FINE
