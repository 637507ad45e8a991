"""Python's collector of cycles, paused while much is made that stays: it would go through all of that again
and again, a seventh of the time that a recovery takes."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused() -> Generator[None]:
    """Nothing is collected meanwhile. For what does not wait: all of the process is without it so long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
