"""`flow cdr`: the call records of a data folder, and its message records."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from .data import archive_in, reading_option


class _Moment(click.ParamType[int]):
    """A day or a time, UTC where it has no zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            given = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value[:40]!r} is no time, such as 2026-12-24 or 2026-12-24T18:00", param, ctx)
        given = given if given.tzinfo is not None else given.replace(tzinfo=UTC)
        return round(given.timestamp()) * 1_000_000


@click.command()
@reading_option
@click.option("--since", type=_Moment(), metavar="TIME", help="What began then or later; UTC.")
@click.option("--until", type=_Moment(), metavar="TIME", help="What began before.")
@click.option("--messages", is_flag=True, help="Records of messages in place of those of calls.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values (RFC 4180), the names first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def cdr(
    data: Path | None, since: int | None, until: int | None, messages: bool, as_csv: bool, as_json: bool
) -> None:
    """List call records by their start, or those of messages. A call that is up has no end yet. Times are
    microseconds since 1970-01-01 UTC where a program reads them."""
    from flowlang.model.cdr import CallRecord
    from flowlang.model.message_record import MessageRecord

    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other")
    with archive_in(data) as archive:
        if messages:
            records = [each.to_plain() for each in archive.messages(since, until)]
            names = [*(each.name for each in fields(MessageRecord)), "state"]
        else:
            records = [each | {"talked": _talked(each)} for each in archive.records(since, until)]
            names = [*(each.name for each in fields(CallRecord)), "talked"]
    if as_json:
        for each in records:
            click.echo(json.dumps(each, ensure_ascii=False))
    elif as_csv:
        _write_csv(names, records)
    elif messages:
        _write_messages(records)
    else:
        _write_table(records)


def _talked(record: dict[str, Any]) -> int | None:
    """Microseconds from the answer to the end; `None` while it is open."""
    if record["ended"] is None:
        return None
    return record["ended"] - record["answered"] if record["answered"] is not None else 0


def _write_csv(names: Sequence[str], records: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\r\n")
    writer.writeheader()
    for each in records:
        writer.writerow({name: _inert(value) for name, value in each.items()})
    click.echo(text.getvalue(), nl=False)


def _inert(value: Any) -> Any:
    """A caller's name is no formula: spreadsheets run a cell that begins with one of these (OWASP, CSV
    injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _write_messages(records: list[dict[str, Any]]) -> None:
    from .display.kept import moment, table

    rows = [
        (
            moment(each["started"]), each["direction"], each["channel"], each["source"] or "-", each["to"],
            each["flow"] or "-", each["parts"], each["state"], each["cause"] or "",
        )
        for each in records
    ]  # fmt: skip
    for line in table(("STARTED (UTC)", "WAY", "BY", "FROM", "TO", "FLOW", "PARTS", "STATE", "CAUSE"), rows):
        click.echo(line)


def _write_table(records: list[dict[str, Any]]) -> None:
    from .display.kept import moment, table

    rows = [
        (
            moment(each["started"]), each["source"], each["to"], each["flow"] or "-",
            "-" if each["talked"] is None else f"{each['talked'] / 1e6:.1f}s", each["cause"] or "up",
            each["ended_by"] or "-",
        )
        for each in records
    ]  # fmt: skip
    for line in table(("STARTED (UTC)", "FROM", "TO", "FLOW", "TALKED", "CAUSE", "ENDED BY"), rows):
        click.echo(line)
