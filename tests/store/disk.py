"""A disk that fails where it is told to: between SQLite and the kernel, each call of SQLite's is counted."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import apsw

READ, WRITE, SYNC, SYNC_LOG, OTHER = "read", "write", "sync", "sync of the log", "other"


class Disk(apsw.VFS):
    """Fails at the call of number `at`, counted from 1 since `begin` among those of `kinds`; with `lasting`
    at all from then on. What was written and not synced before a sync that failed is gone, as the pages are
    that a kernel drops."""

    def __init__(self) -> None:
        self.calls = 0
        self.failed: list[str] = []
        """The calls that did."""
        self._at = 0
        self._lasting = False
        self._kinds: tuple[str, ...] = ()
        super().__init__("failing", "unix", makedefault=True)

    def begin(self, at: int = 0, *kinds: str, lasting: bool = False) -> None:
        """Never, where `at` is 0."""
        self.calls, self.failed = 0, []
        self._at, self._kinds, self._lasting = at, kinds, lasting

    def call(self, kind: str, name: str) -> None:
        """Raises where it is one that fails."""
        if self._kinds and kind not in self._kinds:
            return
        self.calls += 1
        if self._at and (self.calls == self._at or (self._lasting and self.calls > self._at)):
            self.failed.append(name)
            raise apsw.FullError("no space left") if kind == WRITE else apsw.IOError("the disk fails")

    def xOpen(self, name: Any, flags: Any) -> DiskFile:  # noqa: N802 (SQLite's name)
        self.call(OTHER, "open")
        return DiskFile(name, flags, self)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.call(OTHER, "delete")
        super().xDelete(filename, syncdir)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        self.call(OTHER, "access")
        return super().xAccess(pathname, flags)


class DiskFile(apsw.VFSFile):
    """An open one."""

    def __init__(self, name: Any, flags: Any, disk: Disk) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._sync = SYNC_LOG if flags[0] & apsw.SQLITE_OPEN_WAL else SYNC
        self._unsynced: list[tuple[int, bytes]] = []  # what stood where something was written since

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.call(READ, "read")
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._disk.call(WRITE, "write")
        there = min(len(data), max(0, super().xFileSize() - offset))
        before = super().xRead(there, offset) if there else b""
        self._unsynced.append((offset, before + bytes(len(data) - there)))
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        try:
            self._disk.call(self._sync, self._sync)
        except apsw.Error:
            for offset, before in reversed(self._unsynced):
                super().xWrite(before, offset)
            self._unsynced.clear()
            raise
        super().xSync(flags)
        self._unsynced.clear()

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.call(OTHER, "truncate")
        super().xTruncate(newsize)

    def xFileSize(self) -> int:  # noqa: N802
        self._disk.call(OTHER, "size")
        return super().xFileSize()

    def xLock(self, level: int) -> None:  # noqa: N802
        self._disk.call(OTHER, "lock")
        super().xLock(level)


@contextmanager
def failing_disk() -> Generator[Disk]:
    """The one that all data bases lie on meanwhile."""
    usual = apsw.vfs_names()[0]
    disk = Disk()
    try:
        yield disk
    finally:
        apsw.set_default_vfs(usual)
        disk.unregister()
