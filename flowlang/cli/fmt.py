"""`flow fmt`: scripts in the one canonical form."""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path

import click

from flowlang.diagnostics import ScriptError, Source
from flowlang.script_files import decoded

from . import scripts
from .exits import CommandError, Exit

_STDIN = "-"
_NO_LINE_END = "\\ No newline at end of file"  # as diff and patch have it


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Write nothing; name what would change, then exit 1.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def fmt(paths: tuple[str, ...], check: bool, diff: bool) -> int:
    """Put scripts into the canonical form and name those that changed.

    A folder stands for all .flow files below it, - for standard input, which is written to standard output.
    A script that does not parse stays as it is; its mistakes go to standard error. Exit code 0: done, 1: with
    --check something would change, 3: a text is not the language.
    """
    code = Exit.FINE
    for path in paths:
        for found in [None] if path == _STDIN else scripts.below(Path(path)):
            code = max(code, _format(found, check, diff))
    return code


def _format(path: Path | None, check: bool, diff: bool) -> Exit:
    # Here, so that a wrong path is told before the parser is loaded.
    from flowlang.syntax.format import format_source

    try:
        data = sys.stdin.buffer.read() if path is None else scripts.read_bytes(path)
        name = "<stdin>" if path is None else str(path)
        source = decoded(name, data)
    except ScriptError as error:
        scripts.show(error.diagnostics, _complain)
        return Exit.NOT_COMPILED
    done = format_source(source)
    if done.text is None:
        scripts.show(done.diagnostics, _complain)
        return Exit.NOT_COMPILED
    changed = done.text.encode() != data
    if path is None and not (check or diff):
        click.echo(done.text, nl=False)
    elif changed:
        if diff:
            click.echo(_difference(source, done.text), nl=False)
        else:
            click.echo(name)
        if path is not None and not (check or diff):
            replace(path, done.text)
    return Exit.FAILED if check and changed else Exit.FINE


def _complain(text: str) -> None:
    click.echo(text, err=True)


def _difference(source: Source, text: str) -> str:
    before, after = (re.findall(r"[^\n]*\n|[^\n]+", each) for each in (source.text, text))
    lines = unified_diff(before, after, source.name, source.name)
    return "".join(each if each.endswith("\n") else f"{each}\n{_NO_LINE_END}\n" for each in lines)


def replace(path: Path, text: str) -> None:
    """Gives a file a new text at one stroke: readers see the old or the new one, never a part.

    A symbolic link stays one, and the file that it leads to keeps its permissions.
    """
    real = path.resolve()
    written: str | None = None
    try:
        if not os.access(real, os.W_OK):  # a rename needs no right to write the file itself
            raise PermissionError(13, "permission denied")
        mode = stat.S_IMODE(real.stat().st_mode)
        descriptor, written = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(written, real)
        written = None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CommandError(f"{path}: cannot be written: {why}", Exit.USAGE) from None
    finally:  # also when interrupted
        if written is not None:
            with suppress(OSError):
                os.unlink(written)
