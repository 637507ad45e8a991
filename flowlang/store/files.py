"""Files of ours beside the data base: written whole or not at all; what the system says is told in a line."""

from __future__ import annotations

import errno
import os

from .errors import StoreError


def write_whole(file: int, text: bytes) -> None:
    """Writes all of it, on disk when this returns. Raises `OSError`, also where only a part was written."""
    if os.write(file, text) != len(text):  # so POSIX tells of a disk that is nearly full
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file)


def unusable(where: object, error: OSError) -> StoreError:
    """What the system says of a file or folder."""
    return StoreError(f"{where}: {(error.strerror or str(error)).lower()}")
