"""Scripts on disk: found and read, or one line why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowlang.diagnostics import Diagnostic, Source, near_name, render, render_json

from .exits import CommandError, Exit

SUFFIX = ".flow"
_MAX_BYTES = 4 * 2**20  # the longest scripts of the field have some thousand lines; this is some ten thousand


def find(path: Path) -> tuple[Path, ...]:
    """The scripts that a path stands for: the file itself, or those right in the folder, by name."""
    if path.is_dir():
        try:
            found = tuple(sorted(each for each in path.iterdir() if each.suffix == SUFFIX and each.is_file()))
        except OSError as error:
            raise _unreadable(path, error) from None
        if not found:
            raise CommandError(f"{path}: there is no {SUFFIX} file in this folder", Exit.USAGE)
        return found
    if not path.exists():
        raise CommandError(f"{path}: no such file{_meant(path)}", Exit.USAGE)
    if not path.is_file():
        raise CommandError(f"{path}: not a file", Exit.USAGE)
    return (path,)


def read(path: Path) -> Source:
    """A script's text."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > _MAX_BYTES:
        raise CommandError(f"{path}: larger than {_MAX_BYTES // 2**20} MiB, no script is", Exit.USAGE)
    try:
        return Source(str(path), data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{path}:{line}: not UTF-8 text (byte {data[error.start]:#04x}); save it as UTF-8"
        raise CommandError(message, Exit.NOT_COMPILED) from None


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


def show(diagnostics: tuple[Diagnostic, ...], write: Callable[[str], None], as_json: bool = False) -> None:
    """Each diagnostic as people or programs read it."""
    if as_json:
        import json

        for each in diagnostics:
            write(json.dumps(render_json(each), ensure_ascii=False))
    else:
        for each in diagnostics:
            write(render(each))


def _meant(path: Path) -> str:
    try:
        near = near_name(path.name, (each.name for each in path.parent.iterdir()))
    except OSError:
        near = None
    return f"; did you mean {path.with_name(near)}?" if near else ""


def _unreadable(path: Path, error: OSError) -> CommandError:
    return CommandError(f"{path}: {(error.strerror or str(error)).lower()}", Exit.USAGE)
