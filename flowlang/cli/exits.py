"""How `flow` ends: its exit codes, and every mistake of a user's as one line."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes; they are promised in the README."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    NOT_COMPILED = 3
    UNAVAILABLE = 4
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class CommandError(Exception):
    """The command cannot go on; the message is one line for the person who typed it."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def leaves(error: BaseException) -> Iterator[BaseException]:
    """What a group of exceptions is about: those in it that are no groups themselves."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            yield from leaves(each)  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield error
