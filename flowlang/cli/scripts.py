"""Scripts on disk: found and read, or one line why not."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from flowlang.diagnostics import Diagnostic, Source, Span, near_name, render, render_json

from .exits import CommandError, Exit

SUFFIX = ".flow"
TESTS = "_test.flow"
"""The end of the name of a file with the tests of the script beside it."""
_MAX_BYTES = 4 * 2**20  # the longest scripts of the field have some thousand lines; this is some ten thousand


class NotTextError(Exception):
    """A script is no UTF-8; `diagnostic` shows where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def find(path: Path) -> tuple[Path, ...]:
    """The scripts that a path stands for: the file itself, or those right in the folder, by name."""
    if path.is_dir():
        try:
            found = tuple(sorted(each for each in path.iterdir() if each.suffix == SUFFIX and each.is_file()))
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
    if status.st_size > _MAX_BYTES:
        raise CommandError(f"{path}: larger than {_MAX_BYTES // 2**20} MiB, as no script is", Exit.USAGE)


def read(path: Path) -> Source:
    """A script's text. Raises `NotTextError`."""
    return decoded(str(path), read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """What is in a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def decoded(name: str, data: bytes) -> Source:
    """The text that a script's bytes are. Raises `NotTextError`."""
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("utf-8", "replace"))
        at = len(data[: error.start].decode("utf-8", "replace"))
        message = f"this is not UTF-8 text (byte {data[error.start]:#04x}); save it as UTF-8"
        raise NotTextError(Diagnostic("E101", source, Span(at, at + 1), message)) from None


def prompt_exists(folder: Path) -> Callable[[str], bool]:
    """Tells whether a sound file below a script's folder is there."""
    root = folder.resolve()

    def exists(name: str) -> bool:
        try:
            path = (root / name).resolve()
            return path.is_relative_to(root) and path.is_file()
        except (OSError, ValueError):  # a name that no file can have
            return False

    return exists


def prompt_plays(folder: Path) -> Callable[[str], bool | str]:
    """The same, and by a text why a file that is there cannot be played."""
    exists = prompt_exists(folder)

    def plays(name: str) -> bool | str:
        return exists(name) and (_fault_of_sound(folder / name) or True)

    return plays


def prompt_stamp(folder: Path) -> Callable[[str], list[int] | None]:
    """Gives what tells one state of such a file from another; `None` where there is none."""
    exists = prompt_exists(folder)

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
