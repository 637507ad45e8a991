"""Modules on disk: what `use` may read.

`std/NAME` is a module of the standard library, `./PATH` one below the folder of the script that was started,
looked up from the module that asks. Nothing outside of these two folders is ever read, whatever the path says
and wherever symbolic links lead.
"""

from __future__ import annotations

import re
from pathlib import Path

from flowlang.analysis import Missing
from flowlang.diagnostics import ScriptError, Source

from .resources import stdlib_path
from .script_files import MAX_BYTES, SUFFIX, TOO_LARGE, decoded

_MAX_KNOWN = 100  # names to compare a wrong one with
_STANDARD = "std/"
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def is_standard(source: Source) -> bool:
    """Whether a module is of the standard library."""
    return source.name.startswith(_STANDARD)


class ModuleFiles:
    """Reads the modules of one script. `script` is its path, `None` for a text that is no file: it has the
    standard library only."""

    def __init__(self, script: Path | None) -> None:
        self._script = script
        self._root = script.parent.resolve() if script is not None else None
        self._standard = stdlib_path().resolve()
        self._found: dict[str, tuple[Path, Path]] = {}  # by the name of a source: what it may read, its file

    def __call__(self, path: str, importer: Source) -> Source | Missing:
        """The text of the module that `importer` means by `path`."""
        if path.startswith(_STANDARD):
            return self._read(path, self._standard, self._standard, path.removeprefix(_STANDARD), _STANDARD)
        if not path.startswith("./"):
            return self._without_beginning(path)
        if importer.name in self._found:
            root, file = self._found[importer.name]
        elif self._script is not None and self._root is not None:
            root, file = self._root, self._script
        else:
            return Missing("this script is no file, so nothing lies beside it")
        return self._read(path, root, file.parent.resolve(), path.removeprefix("./"), "./")

    def _without_beginning(self, path: str) -> Missing:
        if path.startswith(("/", "~", "../")) or not all(map(_PART.fullmatch, path.split("/"))):
            why = "a module lies in the folder of the script or below it, or is one of the standard library"
            return Missing(f"{why}; write `./NAME` or `std/NAME`")
        standard = (self._standard / f"{path}{SUFFIX}").is_file()
        meant = f"std/{path}" if standard else f"./{path.removesuffix(SUFFIX)}"
        return Missing("a path begins with `std/` or `./`", (meant,))

    def file_of(self, module: Source) -> Path:
        """Where a module that it gave was read."""
        return self._found[module.name][1]

    def _read(self, path: str, root: Path, folder: Path, rest: str, start: str) -> Source | Missing:
        if not all(_PART.fullmatch(part) for part in rest.split("/")):
            return Missing("a path has letters, digits, `_`, `.` and `-` between its slashes, and no `..`")
        if rest.endswith(SUFFIX):
            return Missing(f"it is written without `{SUFFIX}`", (path.removesuffix(SUFFIX),))
        try:
            file = (folder / f"{rest}{SUFFIX}").resolve()
            if not file.is_relative_to(root):
                return Missing("it lies outside of the folder of the script")
            if not file.is_file():
                return Missing(f"there is no file `{rest}{SUFFIX}`", _known(file.parent, start, rest))
            if file.stat().st_size > MAX_BYTES:
                return Missing(f"it is {TOO_LARGE}")
            text = decoded(rest, file.read_bytes()).text
        except ScriptError:
            return Missing("it is no UTF-8 text; save it as UTF-8")
        except OSError as error:
            return Missing((error.strerror or "it cannot be read").lower())
        name = self._name(file, root)
        self._found[name] = root, file
        return Source(name, text)

    def _name(self, file: Path, root: Path) -> str:
        """What people see of it: `std/hours`, or a path that begins as the script's own does."""
        below = file.relative_to(root)
        if root == self._standard:
            return f"{_STANDARD}{below.with_suffix('').as_posix()}"
        assert self._script is not None
        return str(self._script.parent / below)


def _known(folder: Path, start: str, rest: str) -> tuple[str, ...]:
    """The modules that there are in the folder of one that there is not, as they would be written."""
    try:
        files = sorted(each.name for each in folder.iterdir() if each.suffix == SUFFIX)[:_MAX_KNOWN]
    except OSError:
        return ()
    above = start + rest.rpartition("/")[0]
    return tuple(f"{above.rstrip('/')}/{name.removesuffix(SUFFIX)}" for name in files)
