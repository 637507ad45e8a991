"""The data folder: where it is, and how a command that only reads opens it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .exits import CommandError, Exit

if TYPE_CHECKING:
    from flowlang.store.reading import Archive
    from flowlang.store.sqlite import SqliteStore
    from flowlang.store.stored import Stored

Command = TypeVar("Command", bound=Callable[..., Any])

_SHOWN = 3
_PATIENCE = 1.0
"""Seconds that a folder is tried which another process has: a command that only leaves something there is
through in a moment."""
_PAUSE = 0.02


def data_option(help_text: str) -> Callable[[Command], Command]:
    """`--data DIR`, also as FLOWLANG_DATA."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        envvar="FLOWLANG_DATA",
        help=help_text,
    )


reading_option = data_option("The data folder; without it the only one that `flow serve` made.")


def folder_of(script: Path) -> Path:
    """Where `flow serve` keeps the data of a script or folder of scripts that has no other place for it."""
    resolved = script.resolve()
    tag = hashlib.blake2b(os.fsencode(resolved), digest_size=4).hexdigest()
    return _state_folder() / f"{resolved.stem}-{tag}"


@contextmanager
def archive_in(data: Path | None) -> Generator[Archive]:
    """The folder, to be read."""
    from flowlang.store import StoreError
    from flowlang.store.reading import open_archive

    try:
        with open_archive(chosen_folder(data)) as archive:
            yield archive
    except StoreError as error:
        raise CommandError(str(error), Exit.UNAVAILABLE) from None


def opened_store(folder: Path, patience: float = _PATIENCE) -> SqliteStore:
    """A folder, to be written, made where there is none. Raises `StoreError`."""
    from flowlang.store.errors import InUseError
    from flowlang.store.sqlite import SqliteStore

    until = time.monotonic() + patience
    while True:
        try:
            return SqliteStore(folder)
        except InUseError:
            if time.monotonic() >= until:
                raise
            time.sleep(_PAUSE)


@contextmanager
def store_in(folder: Path) -> Generator[SqliteStore]:
    """A folder of this version that no process has, to be written. Raises `CommandError`."""
    from flowlang.store import StoreError
    from flowlang.store.errors import InUseError
    from flowlang.store.reading import open_archive

    try:
        with open_archive(folder):  # nothing is made, and nothing moved, by asking for something
            pass
        with closing(opened_store(folder)) as store:
            yield store
    except InUseError:
        text = f"{folder}: a process has it that cannot be asked: it starts, ends, or is no server; try again"
        raise CommandError(text, Exit.UNAVAILABLE) from None
    except StoreError as error:
        raise CommandError(str(error), Exit.UNAVAILABLE) from None


def chosen_folder(data: Path | None) -> Path:
    """The folder that was named, else the only one that there is. Raises `CommandError`."""
    return data or _only_folder()


def find(archive: Archive, wanted: str) -> Stored:
    """The activeflow that an id, or the beginning of one, means. Raises `CommandError`."""
    from .ids import MOST, NotMeant, meant

    found = {each.id: each for each in archive.beginning(wanted, MOST)}
    try:
        return found[meant(wanted, list(found))]
    except NotMeant as error:
        raise CommandError(str(error), Exit.FAILED) from None


def _state_folder() -> Path:
    """XDG Base Directory Specification: data that lasts, but not worth a copy to another machine."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "flowlang"


def _only_folder() -> Path:
    from flowlang.store.reading import FILE

    home = _state_folder()
    found = sorted(each.parent for each in home.glob(f"*/{FILE}"))
    if len(found) == 1:
        return found[0]
    newest = sorted(found, key=lambda each: (each / FILE).stat().st_mtime, reverse=True)[:_SHOWN]
    names = ", ".join(str(each) for each in newest)
    more = f", and {len(found) - _SHOWN} older ones" if len(found) > _SHOWN else ""
    what = f"there are several data folders: {names}{more};" if found else f"no data folder is in {home}:"
    raise CommandError(f"{what} choose one with --data", Exit.USAGE)
