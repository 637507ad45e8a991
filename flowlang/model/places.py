"""Places in a script, as what runs and what watches speak of them."""

from __future__ import annotations

from typing import Self


class Line(int):
    """A line of a module, counted from 1, that knows the `file` which it is a line of: the name of the
    module's source. A line of the entry script is a plain integer."""

    file: str

    def __new__(cls, number: int, file: str) -> Self:
        line = super().__new__(cls, number)
        line.file = file
        return line

    def __reduce__(self) -> tuple[type[Line], tuple[int, str]]:
        return Line, (int(self), self.file)


def file_of(line: int | None) -> str | None:
    """The module that a line is of; `None` for the entry script."""
    return line.file if isinstance(line, Line) else None
