"""`flow explain-route`: which route takes what comes in, and why each other one does not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import scripts
from .exits import CommandError, Exit
from .programs import load_script

if TYPE_CHECKING:
    from .route_lines import Looked

_CHANNELS = ("call", "sms", "email", "chat", "webhook", "schedule", "outbound call")


@click.command("explain-route")
@click.argument("channel", metavar="CHANNEL", type=click.Choice(_CHANNELS))
@click.argument("path", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--to", metavar="ADDRESS", help="What is called or written to.")
@click.option("--from", "source", metavar="ADDRESS", help="Who calls or writes.")
@click.option("--name", metavar="NAME", help="The display name of who calls or writes.")
@click.option("--via", metavar="TRUNK", help="By which trunk it comes in.")
@click.option("--at", metavar="TIME", help='When, such as "2026-12-25 10:00 Europe/London"; else now.')
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each route.")
def explain_route(
    channel: str,
    path: Path,
    to: str | None,
    source: str | None,
    name: str | None,
    via: str | None,
    at: str | None,
    as_json: bool,
) -> int:
    """Say which route takes what comes in on CHANNEL (call, sms, …), and why each other one does not.

    Routes are tried by priority, then in the order written; nothing runs. Exit code 0: a route takes it, 1:
    none does, 3: a script does not compile.
    """
    moment = _moment(at)
    loaded = [(each, load_script(each)) for each in scripts.find(path)]
    if any(script is None for _, script in loaded):
        return Exit.NOT_COMPILED
    from flowlang.core import Opening

    from .route_lines import asked, look, plain, route_lines

    opening = Opening("explain", "", {}, moment, 0, channel, source, to, name, via=via)
    looked: list[Looked] = look([script for _, script in loaded if script is not None], opening)
    if as_json:
        for each in looked:
            click.echo(json.dumps(plain(each), ensure_ascii=False))
    else:
        click.echo(asked(opening))
        for line in route_lines(looked, opening):
            click.echo(line)
    return Exit.FINE if any(each.takes for each in looked) else Exit.FAILED


def _moment(at: str | None) -> int:
    from flowlang.testing.clock import instant

    if at is None:
        return time.time_ns() // 1000
    try:
        return instant(at)
    except ValueError as error:
        raise CommandError(f"--at: {error}", Exit.USAGE) from None
