"""`flow trace`: what an activeflow did, told again from its journal, and the SIP messages of its calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data import archive_in, chosen_folder, find, reading_option
from .exits import CommandError, Exit

if TYPE_CHECKING:
    from flowlang.core import Activeflow, Output
    from flowlang.core.journal import Entry
    from flowlang.diagnostics import Source
    from flowlang.model.observations import Observation

    from .display.ladder import Message

_PATIENCE = 3.0  # seconds for a server to write what it has in memory


@click.command()
@click.argument("activeflow", metavar="ID")
@reading_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def trace(activeflow: str, data: Path | None, as_json: bool) -> int:
    """Tell all that the activeflow ID did, with times: the lines of its script, events, results, its log, and
    the SIP messages of its calls as a ladder."""
    from flowlang.engine.replay import NotReplayed

    from .display import printable
    from .display.ladder import messages
    from .replaying import kept_run

    folder = chosen_folder(data)
    _have_written(folder)
    with archive_in(folder) as archive:
        past = kept_run(archive, find(archive, activeflow))
        told = _Told(past.entries)
        outcome = past.run(told)
        source = None if isinstance(outcome, NotReplayed) and not told.steps else past.source
        ladder = messages(archive.ladders(past.stored.id))
    if as_json:
        for _, plain in merge(((each.at, each.to_plain()) for each in ladder), told.plain(), key=_at):
            click.echo(json.dumps(plain, ensure_ascii=False))
    else:
        _draw(told, ladder, source)
    if isinstance(outcome, NotReplayed):
        how = "it goes no further" if told.steps else f"{past.stored.id} cannot be replayed"
        click.echo(f"flow: {how}: {printable(str(outcome), 1000)}", err=True)
        return Exit.FAILED
    return Exit.FINE


def _have_written(folder: Path) -> None:
    """A server has the last seconds of a ladder in memory; where none answers, what is on disk has to do."""
    from .control import ask_for

    with suppress(CommandError):
        ask_for(folder, _PATIENCE, do="checkpoint")


class _Told:
    """Shown the entries of a replay, it keeps what came of them."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries
        self.steps: list[tuple[int, list[Observation]]] = []
        """Of each entry its time, and what was to be seen."""

    def __call__(self, number: int, _flow: Activeflow, outputs: list[Output]) -> None:
        from flowlang.core import Note

        notes = [each.observation for each in outputs if isinstance(each, Note)]
        self.steps.append((int(self._entries[number].given[1]), notes))

    def plain(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """All of it for programs, with its time."""
        from flowlang.model.observations import observation_to_plain

        from .display.kept import masked

        for number, (at, notes) in enumerate(self.steps):
            yield at, {"kind": "Input", "entry": number, "given": masked(self._entries[number].given)}
            for each in notes:
                yield each.at, observation_to_plain(each)


def _draw(told: _Told, drawn: list[Message], source: Source | None) -> None:
    from .display import LiveView, Style
    from .display.ladder import Ladder, Message

    style = Style.of(sys.stdout)
    view = LiveView(click.echo, style, lambda _activeflow: source)
    notes = [(each.at, each) for _, notes in told.steps for each in notes]
    ladder = Ladder(drawn)
    if drawn:
        began = min(at for at, _ in (*((each.at, each) for each in drawn[:1]), *notes[:1]))
        for line in ladder.head:
            view.line(began, style("dim", line))
    for at, each in merge(((each.at, each) for each in drawn), notes, key=_at):
        if isinstance(each, Message):
            arrow, more = ladder.row(each)
            view.line(at, f"{style('cyan', arrow)}  {style('dim', more)}")
        else:
            view(each)


def _at(each: tuple[int, object]) -> int:
    return each[0]
