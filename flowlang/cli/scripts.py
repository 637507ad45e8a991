"""Scripts on disk: found and read, or one line why not."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from flowlang.diagnostics import Diagnostic, Source, near_name, render, render_json
from flowlang.script_files import MAX_BYTES, SUFFIX, TOO_LARGE, decoded, exists_below, scripts_in

from .exits import CommandError, Exit


def find(path: Path) -> tuple[Path, ...]:
    """The scripts that a path stands for: the file itself, or those right in the folder, by name."""
    if path.is_dir():
        try:
            found = scripts_in(path)
        except OSError as error:
            raise unreadable(path, error) from None
        if not found:
            raise CommandError(f"{path}: there is no {SUFFIX} file in this folder", Exit.USAGE)
    else:
        found = (path,)
    for each in found:
        _require_script(each)
    return found


def _require_script(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise CommandError(f"{path}: no such file{_meant(path)}", Exit.USAGE) from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if not stat.S_ISREG(status.st_mode):
        raise CommandError(f"{path}: not a file", Exit.USAGE)
    if status.st_size > MAX_BYTES:
        raise CommandError(f"{path}: {TOO_LARGE}", Exit.USAGE)


def read(path: Path) -> Source:
    """A script's text. Raises `ScriptError`."""
    return decoded(str(path), read_bytes(path))


def below(path: Path) -> Iterator[Path]:
    """The script, or all in a folder and below it, by path; folders whose names begin with a dot are nobody's
    scripts. Nothing below is a mistake of who names the folder."""
    if not path.is_dir():
        yield from find(path)
        return
    empty = True
    for folder, inner, names in os.walk(path, onerror=_refuse):
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIX):
                empty = False
                yield from find(Path(folder, name))
    if empty:
        raise CommandError(f"{path}: there is no {SUFFIX} file in this folder or below", Exit.USAGE)


def _refuse(error: OSError) -> None:
    raise unreadable(Path(str(error.filename)), error)


def read_bytes(path: Path) -> bytes:
    """What is in a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def prompt_plays(folder: Path) -> Callable[[str], bool | str]:
    """The same, and by a text why a file that is there cannot be played."""
    exists = exists_below(folder)

    def plays(name: str) -> bool | str:
        return exists(name) and (_fault_of_sound(folder / name) or True)

    return plays


def prompt_stamp(folder: Path) -> Callable[[str], list[int] | None]:
    """Gives what tells one state of such a file from another; `None` where there is none."""
    exists = exists_below(folder)

    def stamp(name: str) -> list[int] | None:
        if not exists(name):
            return None
        status = (folder / name).stat()
        return [status.st_size, status.st_mtime_ns]

    return stamp


def _fault_of_sound(path: Path) -> str | None:
    # numpy comes with it: only where a script has prompts.
    from flowlang.rtp.wav import MAX_BYTES, PromptError, check_wav

    try:
        if path.stat().st_size > MAX_BYTES:
            return f"larger than {MAX_BYTES // 2**20} MiB"
        check_wav(path.read_bytes(), path.name)
    except PromptError as error:
        return error.fault
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None


def show(diagnostics: tuple[Diagnostic, ...], write: Callable[[str], None], as_json: bool = False) -> None:
    """Each diagnostic as people or programs read it."""
    if as_json:
        import json

        for each in diagnostics:
            write(json.dumps(render_json(each), ensure_ascii=False))
    else:
        for each in diagnostics:
            write(render(each))


def unreadable(path: Path, error: OSError | ValueError) -> CommandError:
    """Why a file cannot be read, as one line."""
    why = error.strerror if isinstance(error, OSError) else None
    return CommandError(f"{path}: {(why or str(error)).lower()}", Exit.USAGE)


def _meant(path: Path) -> str:
    try:
        near = near_name(path.name, (each.name for each in path.parent.iterdir() if each.suffix == SUFFIX))
    except OSError:
        near = None
    return f"; did you mean {path.with_name(near)}?" if near and near != path.name else ""
