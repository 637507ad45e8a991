"""Lines to standard output or error.

Whoever reads them may leave (`flow run … | head`): then they go nowhere, and what runs goes on.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TextIO


class Lines:
    """Call it with a line; it is out when the call returns."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:
            to_nowhere(self._stream)


def to_nowhere(stream: TextIO) -> None:
    """What is written from here on is lost. As Python's `signal` documents it: what is buffered must not fail
    when the interpreter ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
