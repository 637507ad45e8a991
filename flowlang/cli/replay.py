"""`flow replay`: an activeflow's run again, on the text that it ran on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data import archive_in, find, reading_option
from .exits import Exit

if TYPE_CHECKING:
    from flowlang.core import Activeflow, Output


@click.command()
@click.argument("activeflow", metavar="ID")
@reading_option
@click.option("--until", type=click.IntRange(0), metavar="N", help="Stop before entry N of the journal.")
@click.option("--step", is_flag=True, help="One entry at a time: Enter goes on, b back, q ends.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each entry.")
def replay(activeflow: str, data: Path | None, until: int | None, step: bool, as_json: bool) -> int:
    """Run the journal of the activeflow ID again: each input, and where it brought the script. Nothing is
    sent anywhere. Fails where what the script does now differs from what it did."""
    from flowlang.engine.replay import NotReplayed

    from .display import printable
    from .display.kept import masked
    from .replaying import past_of, strand_lines, strands_to_plain

    with archive_in(data) as archive:
        past = past_of(archive, find(archive, activeflow), until)
        shots: list[tuple[list[Any], list[str]]] = []

        def keep(number: int, flow: Activeflow, _outputs: list[Output]) -> None:
            given = masked(past.entries[number].given)
            if as_json:
                plain = {"entry": number, "given": given, "strands": strands_to_plain(flow)}
                click.echo(json.dumps(plain, ensure_ascii=False))
            else:
                shots.append((given, strand_lines(flow, past.source)))

        outcome = past.run(keep)
    if not as_json:
        _tell(shots, step=step)
    if isinstance(outcome, NotReplayed):
        click.echo(f"flow: it goes no further: {printable(str(outcome), 1000)}", err=True)
        return Exit.FAILED
    return Exit.FINE


def _tell(shots: list[tuple[list[Any], list[str]]], *, step: bool) -> None:
    number = 0
    while 0 <= number < len(shots):
        _tell_one(number, *shots[number])
        if not step:
            number += 1
            continue
        place = f"[{number} of {len(shots) - 1}]"
        key = click.prompt(place, default="", show_default=False, err=True).strip()
        if key == "q":
            return
        if key.isdecimal():
            number = min(int(key), len(shots) - 1)
        else:
            number = max(0, number + (-1 if key == "b" else 1))


def _tell_one(number: int, given: list[Any], lines: list[str]) -> None:
    from .display import printable
    from .display.kept import moment

    kind, at, *rest = given
    what = printable(" ".join(json.dumps(each, ensure_ascii=False) for each in rest), 1000)
    click.echo(f"{number:>4}  {moment(at)}  {kind} {what}".rstrip())
    for line in lines:
        click.echo(f"      {line}")
