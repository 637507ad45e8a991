"""`flow run`: one call to a script from a phone in the terminal. No socket, no sound."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from . import scripts

_CALLER = "+14155550100"  # reserved for fiction, so that nobody real is meant


def _party(value: str) -> str:
    """A number, an address with its scheme, or an extension."""
    if not value or not value.isprintable() or " " in value:
        raise click.BadParameter(f"{value[:60]!r} is no number, address or extension, such as +14155550100")
    return value


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    type=_party,
    metavar="ADDRESS",
    default=_CALLER,
    show_default=True,
    help="Who calls: a number, an address, an extension.",
)
@click.option(
    "--to",
    type=_party,
    metavar="ADDRESS",
    help="Who is called; routes then choose the flow. Without it: the script's first call route.",
)
@click.option("--flow", "flow_name", metavar="NAME", help="Call this flow, whatever the routes say.")
@click.option("--trace", is_flag=True, help="Show each line of the script as it runs, with times.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line on standard output for all that happens."
)
def run(path: Path, source: str, to: str | None, flow_name: str | None, trace: bool, as_json: bool) -> int:
    """Call a script with a phone in the terminal: texts are shown, keys are typed.

    Type keys (1, 12#) and Enter; hold, unhold, hangup; help lists the rest. Input that is no terminal is
    read a line at a time, each when the flow has come to rest; time then jumps, and nobody waits:

        printf '1\\nhangup\\n' | flow run desk.flow
    """
    scripts.find(path)
    from .running import Call, run_call  # trio and prompt-toolkit: not for `--help` or a name misspelt

    call = Call(path=path, source=source, to=to, flow=flow_name)
    with open(os.devnull, encoding="utf-8") as nothing:  # for a process without standard input
        return run_call(call, sys.stdin or nothing, trace=trace, as_json=as_json)
