"""What `flow check` found before, for files that are as they were.

An entry holds what was shown, and all that it depends on: the texts, by their hashes, and which prompts were
there, by their sizes and times. It lies below the user's cache folder (XDG Base Directory Specification),
where nobody else can write: an entry or folder that is not the user's own, or that others may write, is not
looked at. Without such a folder nothing is kept.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import flowlang

_CODE = ("analysis", "backends", "diagnostics", "model", "project", "syntax", "cli", "compile", "core", "rtp")
"""The packages that decide what is found."""
_MAX_ENTRIES = 1_000
_MAX_BYTES = 2**20


class Found(NamedTuple):
    """What was found: the exit code and the lines shown."""

    code: int
    lines: list[str]


class Cache:
    """Of one user. `folder` is where entries lie, `None` where none are kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder if folder is not None and _is_ours(folder) else None
        self._stamp = _stamp() if self._folder is not None else ""

    def look(
        self, path: Path, as_json: bool, settings: Path | None, stamp: Callable[[str], list[int] | None]
    ) -> Found | None:
        """What was found for a script with these settings that has not changed since, nor what it depends
        on."""
        entry = self._read(self._file(path, as_json, settings))
        try:
            if entry is None or not all(_hash(Path(file)) == known for file, known in entry["texts"]):
                return None
            if not all(stamp(name) == known for name, known in entry["prompts"]):
                return None
            if not all(os.path.exists(file) == known for file, known in entry["files"]):
                return None
            return Found(int(entry["code"]), [str(each) for each in entry["lines"]])
        except (KeyError, TypeError, ValueError, OSError):  # not written by this version
            return None

    def keep(
        self,
        path: Path,
        as_json: bool,
        settings: Path | None,
        found: Found,
        texts: dict[str, bytes],
        prompts: dict[str, list[int] | None],
        files: Iterable[str],
    ) -> None:
        """Keeps what was found. `texts` are the files that were read, `files` those that were looked for.
        What cannot be kept is not."""
        file = self._file(path, as_json, settings)
        if file is None:
            return
        hashes = [(name, sha256(data).hexdigest()) for name, data in texts.items()]
        entry = {
            "texts": hashes, "prompts": [*prompts.items()], "code": found.code, "lines": found.lines,
            "files": [(each, os.path.exists(each)) for each in files],
        }  # fmt: skip
        new = file.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            self._make_room(file.parent)
            opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(opened, "w", encoding="utf-8") as out:
                json.dump(entry, out)
            new.replace(file)

    def _file(self, path: Path, as_json: bool, settings: Path | None) -> Path | None:
        if self._folder is None:
            return None
        key = json.dumps([self._stamp, os.getcwd(), str(path), as_json, str(settings)])
        return self._folder / sha256(key.encode("utf-8", "surrogateescape")).hexdigest()

    def _read(self, file: Path | None) -> dict[str, Any] | None:
        if file is None:
            return None
        try:
            with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as entry:
                if not _is_only_ours(os.fstat(entry.fileno())):
                    return None
                return json.loads(entry.read(_MAX_BYTES))
        except (OSError, ValueError):
            return None

    def _make_room(self, folder: Path) -> None:
        entries = [each for each in os.scandir(folder) if each.is_file(follow_symlinks=False)]
        if len(entries) >= _MAX_ENTRIES:
            entries.sort(key=lambda each: each.stat(follow_symlinks=False).st_mtime)
            for each in entries[: _MAX_ENTRIES // 2]:
                Path(each.path).unlink(missing_ok=True)


def user_cache() -> Cache:
    """That of the user who runs this."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = os.environ.get("HOME", "")
    if not os.path.isabs(base):  # as the specification says of a relative one
        base = os.path.join(home, ".cache")
    if not os.path.isabs(base) or not hasattr(os, "geteuid"):
        return Cache(None)
    folder = Path(base, "flowlang", "check")
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Cache(folder)


def _is_ours(folder: Path) -> bool:
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and _is_only_ours(status)


def _is_only_ours(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _hash(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _stamp() -> str:
    """Stands for the code that checks: Python's version, the names, sizes and times of our files, and the
    folders of installed packages, which change when one with actions comes or goes."""
    root = os.path.dirname(flowlang.__file__)
    seen: list[tuple[str, int, int]] = []
    todo = [os.path.join(root, name) for name in _CODE]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for each in entries:
                if each.is_dir(follow_symlinks=False):
                    todo.append(each.path)
                elif each.name.endswith((".py", ".json")):
                    status = each.stat()
                    seen.append((each.path, status.st_size, status.st_mtime_ns))
    for folder in sys.path:
        with suppress(OSError):
            seen.append((folder, 0, os.stat(folder).st_mtime_ns))
    return sha256(repr((sys.version, sorted(seen))).encode()).hexdigest()
