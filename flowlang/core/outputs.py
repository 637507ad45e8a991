"""What an activeflow gives back for an input, in order: commands for the world and notes for those who
watch."""

from __future__ import annotations

from typing import Any, Literal, final

from msgspec import Struct

from flowlang.model.commands import Command, command_to_plain
from flowlang.model.observations import Observation
from flowlang.model.places import file_of
from flowlang.model.plain import to_plain
from flowlang.model.values import Value

from .opening import Opening


@final
class Perform(Struct, frozen=True):
    """Do this and feed back an `ActionOver` with the number, unless it is withdrawn."""

    action: int
    command: Command


@final
class Withdraw(Struct, frozen=True):
    """The action is cancelled; what it did stays."""

    action: int


@final
class Launch(Struct, frozen=True):
    """Start a flow as a new activeflow with this id."""

    activeflow: str
    flow: str
    arguments: dict[str, Value]


@final
class Connect(Struct, frozen=True):
    """Start an activeflow whose caller is a leg that this one placed; the leg is its from now on."""

    leg: int
    opening: Opening


@final
class HandedOff(Struct, frozen=True):
    """The activeflow goes on as another flow, in a new machine with this opening; the last output of this
    one. What came before need not be kept for a replay."""

    opening: Opening


@final
class Ending(Struct, frozen=True):
    """How an activeflow ended: `done` with what the flow returned, `stop`, `gone` (the caller left), or
    `fault` with its code, text and line, that of a module with its file. By `handoff` one machine of it ends,
    and the next goes on."""

    how: Literal["done", "stop", "gone", "fault", "handoff"]
    value: Value = None
    code: str | None = None
    text: str | None = None
    line: int | None = None

    @property
    def file(self) -> str | None:
        """The module that the line is of; `None` for the entry script."""
        return file_of(self.line)


@final
class Over(Struct, frozen=True):
    """The activeflow is over; the last output of all."""

    ending: Ending


@final
class Note(Struct, frozen=True):
    """For those who watch; not part of what a replay is compared by."""

    observation: Observation


Output = Perform | Withdraw | Launch | Connect | HandedOff | Over | Note


def output_to_plain(output: Perform | Withdraw | Launch | Connect | HandedOff | Over) -> list[Any]:
    """An output as plain data for the journal's hash, of which a note is no part."""
    match output:
        case Perform(action, command):
            return ["perform", action, command_to_plain(command)]
        case Over(ending):
            return ["over", *ending_to_plain(ending)]
        case Withdraw(action):
            return ["withdraw", action]
        case Launch(activeflow, flow, arguments):
            return ["launch", activeflow, flow, to_plain(arguments)]
        case Connect(leg, opening):
            return ["connect", leg, opening.flow, to_plain(opening.arguments)]
        case HandedOff(opening):
            return ["handoff", opening.flow, to_plain(opening.arguments)]


def ending_to_plain(ending: Ending) -> list[Any]:
    """How an activeflow ended, as plain data."""
    return [ending.how, to_plain(ending.value), ending.code, ending.text, ending.line]
