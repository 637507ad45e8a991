"""`flow explain`: what the code of a diagnostic means."""

from __future__ import annotations

import click

from flowlang.diagnostics import CODES, RETIRED, near_name

from .exits import CommandError, Exit


@click.command()
@click.argument("code")
def explain(code: str) -> None:
    """Say what CODE, such as E201, means and what to do about it."""
    wanted = code.upper()
    if wanted in RETIRED:
        click.echo(f"{wanted}: no longer used\n\nIt told of {RETIRED[wanted]}. The code is not given again.")
        return
    known = CODES.get(wanted)
    if known is None:
        near = near_name(wanted, CODES)
        advice = f"did you mean {near}?" if near else "`flow check` shows the code of each thing it finds"
        raise CommandError(f"there is no code {code[:20]!r}; {advice}", Exit.USAGE)
    click.echo(f"{wanted}: {known.title}\n\n{known.explanation}")
