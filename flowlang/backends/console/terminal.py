"""What the phone needs of a terminal: lines in, lines out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Terminal(Protocol):
    """`live` tells whether a person sits there."""

    live: bool

    def attached(self) -> AbstractContextManager[None]:
        """Entered as long as lines are read: what is typed in it belongs to the phone, Ctrl-C too."""
        ...

    def write(self, line: str) -> None:
        """Shows a line (already printable), above what is being typed."""
        ...

    async def read(self, ready: Callable[[], Awaitable[None]]) -> str:
        """The next line without its end. `ready` returns when the phone has come to rest: piped input waits
        for that, a person does not. Raises `EOFError` or `KeyboardInterrupt`."""
        ...
