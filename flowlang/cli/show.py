"""`flow show`: where an activeflow is, its variables, what it waits for."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .data import archive_in, find, reading_option
from .display.safe import printable
from .exits import Exit


@click.command()
@click.argument("activeflow", metavar="ID")
@reading_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(activeflow: str, data: Path | None, as_json: bool) -> int:
    """Say where the activeflow ID is: the line and variables of each strand, what is under way, what it waits
    for. The beginning of an ID is enough."""
    from flowlang.engine.replay import NotReplayed
    from flowlang.model.commands import command_to_plain

    from .display.kept import masked, moment
    from .replaying import kept_run, strand_lines, strands_to_plain

    with archive_in(data) as archive:
        past = kept_run(archive, find(archive, activeflow))
        stored = past.stored
        at = past.run()
        if isinstance(at, NotReplayed):
            click.echo(f"flow: {stored.id} cannot be replayed: {printable(str(at), 1000)}", err=True)
            return Exit.FAILED
        under_way = {number: masked(command_to_plain(command)) for number, command in at.under_way.items()}
        due = at.flow.next_deadline()
        asked = [printable(each.what) for each in archive.requests() if each.activeflow == stored.id]
        if as_json:
            plain = {
                "id": stored.id, "state": stored.state, "flow": stored.flow, "began": stored.began,
                "ended": stored.ended, "ending": masked(stored.ending), "entries": len(past.entries),
                "strands": strands_to_plain(at.flow), "under_way": under_way, "due": due,
                "asked": asked,
            }  # fmt: skip
            click.echo(json.dumps(plain, ensure_ascii=False))
            return Exit.FINE
        began = f"flow {printable(stored.flow)}  began {moment(stored.began)} UTC"
        click.echo(f"{stored.id}  {stored.state}  {began}")
        for line in strand_lines(at.flow, past.source):
            click.echo(line)
        for number, command in under_way.items():
            click.echo(f"under way: {command.pop('name')} #{number} {printable(json.dumps(command))}")
        if due is not None:
            click.echo(f"next deadline: {moment(due)} UTC")
        for request in asked:
            click.echo(f"asked for the next start: {request}")
        if stored.ending is not None:
            ending = json.dumps(masked(stored.ending), ensure_ascii=False)
            click.echo(f"{stored.state}: {printable(ending, 1000)}")
    return Exit.FINE
