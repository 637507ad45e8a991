"""`flow outbox`: messages and webhooks that did not arrive, and what to do about them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .data import archive_in, chosen_folder, reading_option, store_in
from .exits import CommandError, Exit

if TYPE_CHECKING:
    from flowlang.store.sending import Sending
    from flowlang.store.sqlite import SqliteStore


@click.command()
@reading_option
@click.option("--retry", "retried", metavar="KEY", multiple=True, help="Send the one of that key again.")
@click.option("--retry-all", is_flag=True, help="Send all again that was given up.")
@click.option("--drop", "dropped", metavar="KEY", multiple=True, help="Forget the one of that key.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def outbox(
    data: Path | None, retried: tuple[str, ...], retry_all: bool, dropped: tuple[str, ...], as_json: bool
) -> None:
    """List what leaves and did not arrive: `open` while it is tried, `failed` when it was given up, `unknown`
    where nobody can tell. What was given up stays until it is sent again or dropped, here or on the server
    that runs."""
    if retry_all:
        with archive_in(data) as archive:
            given_up = [each for each in archive.outbox() if each.state != "open"]
        retried = tuple(each.key for each in given_up if each.unsendable is None)
        for each in given_up:
            if each.unsendable is not None:
                click.echo(f"{each.key} cannot be sent: {each.unsendable}")
    if retried or dropped or retry_all:
        _do(data, [("retry", each) for each in retried] + [("drop", each) for each in dropped])
        return
    with archive_in(data) as archive:
        found = list(archive.outbox())
    if as_json:
        from .display.kept import masked

        for each in found:
            click.echo(json.dumps(masked(asdict(each)), ensure_ascii=False))
    else:
        _write_table(found)


def _do(data: Path | None, wanted: list[tuple[str, str]]) -> None:
    """Has the server do it, or does it where there is none: each what to do, and a key."""
    from .control import NoServerError, ask

    for number, (what, key) in enumerate(wanted):
        try:
            click.echo(ask(data, do=what, key=key))
        except NoServerError:
            with store_in(chosen_folder(data)) as store:
                for each in wanted[number:]:
                    click.echo(_at_rest(store, *each))
            break


def _at_rest(store: SqliteStore, what: str, key: str) -> str:
    found = store.archive.sending(key)
    if found is None or found.state == "open":
        text = f"nothing that was given up has the key {key[:60]!r}; see `flow outbox`"
        raise CommandError(text, Exit.FAILED)
    if what != "drop" and found.unsendable is not None:
        raise CommandError(f"{key} cannot be sent: {found.unsendable}", Exit.FAILED)
    if what == "drop":
        store.drop_sending(key)
    else:
        store.keep_sending(replace(found, state="open", reason=None, tries=found.tries + 1))
        store.reopen_message(key)
    store.commit()
    return f"{key} is dropped" if what == "drop" else f"{key} is sent when `flow serve` starts"


def _write_table(found: list[Sending]) -> None:
    from .display.kept import moment, table

    rows = [
        (each.key, each.state, moment(each.since), _what(each.command), _to(each.command), each.reason or "")
        for each in found
    ]
    for line in table(("KEY", "STATE", "SINCE (UTC)", "WHAT", "TO", "WHY"), rows):
        click.echo(line)


def _what(command: dict[str, Any]) -> str:
    return str(command.get("channel") or ("webhook" if "url" in command else "?"))


def _to(command: dict[str, Any]) -> str:
    from .display.kept import masked

    return str(masked(command.get("to") or command.get("url") or "?"))
