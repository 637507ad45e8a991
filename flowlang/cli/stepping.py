"""What a script did within one input of a replay, line by line: where it stood, and its variables there.

Python tells it, by a trace function that is set while the replay runs: nothing of it is in what runs live.
Secrets are masked, by their variables and by their values.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Self

from flowlang.compile.names import FILE, variable_of
from flowlang.compile.script import MISSING
from flowlang.model.secrets import MASK, is_secret, masked
from flowlang.model.values import Value

MOST = 5_000
"""Lines of one input that are kept: what is a longer way is a loop."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line that is about to run; `file` is the module that it is of, `None` for the entry script."""

    name: str
    line: int
    file: str | None
    variables: dict[str, Value]


class Stepper:
    """Notes each line, while it is entered; `take` gives what was noted since the last time."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._last: tuple[int, int] | None = None
        self.left_out = 0
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def take(self, secret: Collection[str]) -> tuple[list[Step], int]:
        """The lines of an input, and how many more there were; variables of these names are secret."""
        steps, self._steps = self._steps, []
        left_out, self.left_out, self._last = self.left_out, 0, None
        return [
            Step(each.name, each.line, each.file, _shown(each.variables, secret)) for each in steps
        ], left_out

    def _enter(self, frame: FrameType, _event: str, _argument: object) -> Any:
        return self._line if FILE in frame.f_globals and not frame.f_code.co_name.startswith("<") else None

    def _line(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            if len(self._steps) < MOST:
                self._note(frame)
            else:
                self.left_out += 1
        return self._line

    def _note(self, frame: FrameType) -> None:
        variables = dict(_variables(frame))
        here = id(frame), frame.f_lineno
        if here == self._last and self._steps[-1].variables == variables:
            return  # a line that is compiled to several of Python's
        self._last = here
        name = frame.f_code.co_name
        self._steps.append(Step(name, frame.f_lineno, frame.f_globals[FILE], variables))


def _variables(frame: FrameType) -> Iterator[tuple[str, Value]]:
    for python_name, value in frame.f_locals.items():
        name = variable_of(python_name)
        if name is not None and value is not MISSING:
            yield name, value


def _shown(variables: dict[str, Value], secret: Collection[str]) -> dict[str, Value]:
    return {
        name: MASK if name in secret else masked(value) if is_secret(value) else value
        for name, value in variables.items()
    }
