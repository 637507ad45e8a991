"""Where an activeflow is: the line and the variables of each strand, read from its coroutines. Secrets are
masked; a parameter whose default is not there yet is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowlang.compile.names import FILE, variable_of
from flowlang.compile.script import MISSING
from flowlang.model.places import Line
from flowlang.model.secrets import MASK
from flowlang.model.values import Value

if TYPE_CHECKING:
    from .activeflow import Activeflow
    from .strand import Strand


@dataclass(frozen=True, slots=True)
class Frame:
    """A flow, handler or stream that is under way."""

    name: str
    line: int
    variables: dict[str, Value]


@dataclass(frozen=True, slots=True)
class StrandState:
    """A strand with its frames, outermost first."""

    number: int
    name: str
    frames: tuple[Frame, ...]


def strands_of(flow: Activeflow) -> tuple[StrandState, ...]:
    """All strands, oldest first."""
    return tuple(StrandState(each.number, each.name, tuple(_frames(each))) for each in flow.strands)


def _frames(strand: Strand) -> list[Frame]:
    frames: list[Frame] = []
    secret = strand.flow.secrets.names
    awaited: Any = strand.coroutine
    while awaited is not None and hasattr(awaited, "cr_frame"):
        frame = awaited.cr_frame
        if frame is not None and FILE in frame.f_globals:
            variables = {
                name: MASK if name in secret else value
                for variable, value in frame.f_locals.items()
                if (name := variable_of(variable)) is not None and value is not MISSING
            }
            file = frame.f_globals[FILE]
            line = frame.f_lineno if file is None else Line(frame.f_lineno, file)
            frames.append(Frame(awaited.cr_code.co_name, line, variables))
        awaited = awaited.cr_await
    return frames
