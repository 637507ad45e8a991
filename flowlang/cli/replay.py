"""`flow replay`: an activeflow's run again, on the text that it ran on."""

from __future__ import annotations

import json
from contextlib import nullcontext
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
@click.option("--until", type=click.IntRange(0), metavar="N", help="Stop before entry N of the journal.")
@click.option(
    "--step",
    is_flag=True,
    help="Line by line: Enter goes a line on, b one back, n to the next entry, p to the one before, a number "
    "to that entry, q ends.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object for each entry; with --step its lines in it."
)
def replay(activeflow: str, data: Path | None, until: int | None, step: bool, as_json: bool) -> int:
    """Run the journal of the activeflow ID again: each input, and where it brought the script. Nothing is
    sent anywhere. Fails where what the script does now differs from what it did."""
    from flowlang.engine.replay import NotReplayed

    from .display import printable
    from .display.kept import masked
    from .replaying import kept_run, step_lines, step_to_plain, strand_lines, strands_to_plain
    from .stepping import Stepper
    from .walking import Stop, entry_line, walk

    with archive_in(data) as archive:
        past = kept_run(archive, find(archive, activeflow), until)
        stepper = Stepper() if step else None
        stops: list[Stop] = []

        def keep(number: int, flow: Activeflow, _outputs: list[Output]) -> None:
            given = masked(past.entries[number].given)
            steps, left_out = stepper.take(flow.secrets.names) if stepper is not None else ([], 0)
            if as_json:
                plain = {"entry": number, "given": given, "strands": strands_to_plain(flow)}
                if stepper is not None:
                    plain |= {"steps": [step_to_plain(each) for each in steps], "left_out": left_out}
                click.echo(json.dumps(plain, ensure_ascii=False))
                return
            head = entry_line(number, given)
            stops.extend(Stop(number, head, step_lines(each, past.source)) for each in steps)
            more = [f"and {left_out} more lines"] if left_out else []
            stops.append(Stop(number, head, [*more, *strand_lines(flow, past.source)], ends=True))

        with stepper if stepper is not None else nullcontext():
            outcome = past.run(keep)
    if step and not as_json:
        walk(stops)
    for each in () if step else stops:
        each.tell()
    if isinstance(outcome, NotReplayed):
        click.echo(f"flow: it goes no further: {printable(str(outcome), 1000)}", err=True)
        return Exit.FAILED
    return Exit.FINE
