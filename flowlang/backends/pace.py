"""How long a simulated phone speaks and plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

CHARACTERS_A_SECOND = 15.0  # an unhurried speaker of English
UNKNOWN_FILE_SECONDS = 1.0


class SoundFileError(Exception):
    """A sound file cannot be played. `code` is the fault's, `prompt_missing` or `prompt_bad`; the message one
    line."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take to be heard. `length_of` gives a file's seconds, or raises `SoundFileError`."""

    characters_a_second: float = CHARACTERS_A_SECOND
    length_of: Callable[[str], float] = lambda _file: UNKNOWN_FILE_SECONDS

    def seconds(self, kind: Literal["say", "play"], what: str) -> float:
        """The time that one thing takes."""
        return len(what) / self.characters_a_second if kind == "say" else self.length_of(what)
