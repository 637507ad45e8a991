"""Commands out: what an activeflow asks of a backend, in imperatives. A closed vocabulary.

A backend says which of them it can do; a route to a flow that needs more is refused at load. `leg` 0 is the
caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, get_args

from .message_commands import OutsideCommand
from .plain import from_plain, to_plain
from .values import Value


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the leg. Result: none, once it is up (for SIP when the 200 is out; the ACK may yet be
    missing)."""

    name: ClassVar[str] = "answer"
    leg: int


@dataclass(frozen=True, slots=True)
class Ring:
    """Tell the leg that it rings: SIP 180; one that is answered hears a ringing tone until it is spoken to,
    connected or told otherwise (`on` false). Result: none, at once."""

    name: ClassVar[str] = "ring"
    leg: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the unanswered leg with a SIP status of 400 to 699. `q850` is the cause in Q.850's terms, 0 for
    none. Result: none, at once."""

    name: ClassVar[str] = "reject"
    leg: int
    status: int
    reason: str | None
    q850: int = 0


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the leg: BYE where it is up, else refuse it with `status`; for a leg that we placed that is why it
    is cancelled, 200 where another answered. Result: none, at once."""

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
class PlaceCall:
    """Call somebody; from now on the leg goes by the number `leg`, from 1. Result: none, once under way.
    What becomes of it comes as `CallRinging`, `CallAnswered`, `CallRefused` and `CallEnded`. `source` is the
    caller id, `anonymous` hides it (RFC 3323), `headers` are further ones of SIP by their names, `replaces`
    is the call whose place this one is to take there (RFC 3891)."""

    name: ClassVar[str] = "place_call"
    leg: int
    to: str
    source: str | None
    display: str | None
    anonymous: bool = False
    headers: dict[str, Value] = field(default_factory=dict[str, Value])
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let two legs that are up hear each other. Result: none, at once. The end of either ends it. `early`:
    `other` is not answered yet, and `leg` hears its early media (SIP 183)."""

    name: ClassVar[str] = "bridge"
    leg: int
    other: int
    early: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """Record into a WAV file below the folder of recordings. It ends after `silence` or `limit` microseconds
    (`None`: not by that), by `StopRecording` or with the leg. Result: a map with `file`, `duration` in
    microseconds (0 where nobody spoke) and `by`: `silence`, `limit` or `stopped`. `both`: both directions."""

    name: ClassVar[str] = "record"
    leg: int
    file: str
    silence: int | None
    limit: int | None
    both: bool = False


@dataclass(frozen=True, slots=True)
class StopRecording:
    """End the recording of that file. Result: none, at once; then that of the `Record`."""

    name: ClassVar[str] = "stop_recording"
    leg: int
    file: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the leg on hold, or take it off. Result: none, at once."""

    name: ClassVar[str] = "hold"
    leg: int
    on: bool


@dataclass(frozen=True, slots=True)
class Mute:
    """Let nobody hear the leg, or again. Result: none, at once."""

    name: ClassVar[str] = "mute"
    leg: int
    on: bool


@dataclass(frozen=True, slots=True)
class Press:
    """Send digits to the leg (RFC 4733). Result: none, after the last."""

    name: ClassVar[str] = "press"
    leg: int
    digits: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the unanswered leg elsewhere (SIP 302). Result: none, at once."""

    name: ClassVar[str] = "redirect"
    leg: int
    to: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Ask the far end of the leg to call `to` in place of us (SIP REFER). Result: a map with the
    `status` of its call; 200 where it is connected, and then the leg ends, its cause `transferred`."""

    name: ClassVar[str] = "transfer"
    leg: int
    to: str


@dataclass(frozen=True, slots=True)
class ReportTransfer:
    """Tell the far end of the leg what became of the transfer that it asked for (a NOTIFY with the status,
    RFC 3515 section 2.4.5). Result: none, at once."""

    name: ClassVar[str] = "report_transfer"
    leg: int
    status: int


@dataclass(frozen=True, slots=True)
class TakePlace:
    """From now on `leg` is the one that went by `other`; what was `leg` before is hung up, its cause
    `transferred`. Result: none, at once."""

    name: ClassVar[str] = "take_place"
    leg: int
    other: int


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The leg was lent by another activeflow, whose it is again; the last command for it here. Result: none,
    at once."""

    name: ClassVar[str] = "give_back"
    leg: int


@dataclass(frozen=True, slots=True)
class RunHostAction:
    """Run an action that the host declared in Python. Result: what it returns, as plain data."""

    name: ClassVar[str] = "host"
    action: str
    arguments: dict[str, Value]


LegCommand = (
    Answer
    | Ring
    | Reject
    | HangUp
    | Play
    | Say
    | Record
    | StopRecording
    | Hold
    | Mute
    | Press
    | Redirect
    | Transfer
    | ReportTransfer
)
"""What one leg is asked for."""
BackendCommand = LegCommand | PlaceCall | Bridge | TakePlace | GiveBack
Command = BackendCommand | OutsideCommand | RunHostAction

COMMANDS: dict[str, type[Any]] = {each.name: each for each in get_args(Command)}


def command_from_plain(plain: dict[str, Any]) -> Command:
    """The command that `command_to_plain` was given. Raises `KeyError` and `TypeError` for anything else."""
    kind = COMMANDS[plain["name"]]
    return kind(**{name: from_plain(value) for name, value in plain.items() if name != "name"})


def command_to_plain(command: Command) -> dict[str, Any]:
    """A command as plain data: its `name` and fields."""
    plain: dict[str, Any] = {"name": command.name}
    for name in _names(type(command)):
        plain[name] = to_plain(getattr(command, name))
    return plain


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))
