"""Commands out: what an activeflow asks of a backend, in imperatives. A closed vocabulary.

A backend says which of them it can do; a route to a flow that needs more is refused at load. `leg` 0 is the
caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, get_args

from .plain import to_plain
from .values import Value


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the leg. Result: none, once it is up (for SIP when the 200 is out; the ACK may yet be
    missing)."""

    name: ClassVar[str] = "answer"
    leg: int


@dataclass(frozen=True, slots=True)
class Ring:
    """Tell the leg that it rings (SIP 180). Result: none, at once."""

    name: ClassVar[str] = "ring"
    leg: int


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the unanswered leg with a SIP status of 400 to 699. Result: none, at once."""

    name: ClassVar[str] = "reject"
    leg: int
    status: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the leg: BYE where it is up, else refuse it with `status`. Result: none, at once."""

    name: ClassVar[str] = "hangup"
    leg: int
    status: int


@dataclass(frozen=True, slots=True)
class Play:
    """Play sound files (paths as the script wrote them) one after the other. Result: none, at the end of the
    last."""

    name: ClassVar[str] = "play"
    leg: int
    files: tuple[str, ...]
    early: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Speak, or write, a text. Result: none, at the end of the speech or when the message is given out."""

    name: ClassVar[str] = "say"
    leg: int
    text: str
    language: str | None
    voice: str | None
    early: bool = False


@dataclass(frozen=True, slots=True)
class RunHostAction:
    """Run an action that the host declared in Python. Result: what it returns, as plain data."""

    name: ClassVar[str] = "host"
    action: str
    arguments: dict[str, Value]


BackendCommand = Answer | Ring | Reject | HangUp | Play | Say
Command = BackendCommand | RunHostAction

COMMANDS: dict[str, type[Any]] = {each.name: each for each in get_args(Command)}


def command_to_plain(command: Command) -> dict[str, Any]:
    """A command as plain data: its `name` and fields."""
    return {"name": command.name} | {
        each.name: to_plain(getattr(command, each.name)) for each in fields(command)
    }
