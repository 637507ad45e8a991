"""Files of ours beside the data base: written whole or not at all; what the system says is told in a line."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from .errors import StoreError


def write_whole(file: int, text: bytes) -> None:
    """Writes all of it, on disk when this returns. Raises `OSError`, also where only a part was written."""
    if os.write(file, text) != len(text):  # so POSIX tells of a disk that is nearly full
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file)


def unusable(where: Path, error: OSError) -> StoreError:
    """What the system says of a file or folder, and where that is up to its owner, who he is."""
    why = (error.strerror or str(error)).lower()
    if error.errno in (errno.EACCES, errno.EPERM) and (owner := owner_of(where)) is not None:
        if _is_ours(where):
            why += "; it is yours: give yourself the permission to write it (`chmod u+rwX`)"
        else:
            why += f"; it belongs to {owner}: run this as {owner}, or choose another folder"
    return StoreError(f"{where}: {why}")


def _is_ours(path: Path) -> bool:
    for each in (path, *path.parents):
        with suppress(OSError):
            return each.stat().st_uid == os.geteuid()
    return False


def owner_of(path: Path) -> str | None:
    """Whose a file or folder is, or the folder that it would be in; `None` where that cannot be told."""
    for each in (path, *path.parents):
        with suppress(OSError, KeyError):
            return each.owner()
    return None
