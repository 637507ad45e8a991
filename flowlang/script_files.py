"""Scripts on disk, for all who read them: what their files are called, how large they may be, and their text.

A script is UTF-8, with or without a byte order mark. Nothing here follows a script's words: `exists_below` is
asked with a name that a script says, and looks at nothing outside of its folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowlang.diagnostics import Diagnostic, ScriptError, Source, Span

SUFFIX = ".flow"
TESTS = "_test.flow"
"""The end of the name of a file with the tests of the script beside it."""
MAX_BYTES = 4 * 2**20  # a script's 1 MiB of characters, of four bytes each
TOO_LARGE = f"larger than {MAX_BYTES // 2**20} MiB, as no script is"


def read(path: Path) -> Source:
    """A script's text. Raises `OSError`, and `ScriptError` for what is too large or no UTF-8."""
    with path.open("rb") as file:
        return decoded(str(path), file.read(MAX_BYTES + 1))


def decoded(name: str, data: bytes) -> Source:
    """The text that a script's bytes are. Raises `ScriptError`."""
    if len(data) > MAX_BYTES:
        message = f"this is {TOO_LARGE}"
        raise ScriptError((Diagnostic("E107", Source(name, ""), Span(0, 0), message),))
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("utf-8", "replace"))
        at = len(data[: error.start].decode("utf-8", "replace"))
        message = f"this is not UTF-8 text (byte {data[error.start]:#04x}); save it as UTF-8"
        raise ScriptError((Diagnostic("E101", source, Span(at, at + 1), message),)) from None


def scripts_in(path: Path) -> tuple[Path, ...]:
    """The script itself, or those right in the folder, by name. Raises `OSError`."""
    if not path.is_dir():
        return (path,)
    return tuple(sorted(each for each in path.iterdir() if each.suffix == SUFFIX and each.is_file()))


def tests_of(script: Path) -> Path:
    """Where the tests beside a script are, if it has some."""
    return script.with_name(script.stem + TESTS)


def script_of(path: Path) -> Path:
    """The script that the tests in this file are beside, if there is one; else the file itself."""
    if path.name.endswith(TESTS):
        script = path.with_name(path.name.removesuffix(TESTS) + SUFFIX)
        if script.is_file():
            return script
    return path


def exists_below(folder: Path) -> Callable[[str], bool]:
    """Tells whether a sound file is there, below a script's folder."""
    root = folder.resolve()

    def exists(name: str) -> bool:
        try:
            path = (root / name).resolve()
            return path.is_relative_to(root) and path.is_file()
        except (OSError, ValueError):  # a name that no file can have
            return False

    return exists
