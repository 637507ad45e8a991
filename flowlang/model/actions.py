"""Actions: each declared once, as data. The checker, the compiler, completion, the reference and the backends
read this table.

An action of a host is declared with the same classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from .values import Value

TypeName = Literal["text", "integer", "number", "boolean", "duration", "list", "map", "regex", "any"]


class Required(Enum):
    """The default of a parameter that has none."""

    REQUIRED = "required"


REQUIRED = Required.REQUIRED


@dataclass(frozen=True, slots=True)
class Parameter:
    """`types` are those that an argument may have; `none` is allowed where it is the default. Only the first
    parameters marked `by_place` may be given without their name; `many` takes all further ones as a list."""

    name: str
    types: tuple[TypeName, ...]
    doc: str
    default: Value | Required = REQUIRED
    by_place: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeType:
    """An outcome with the names of its fields."""

    name: str
    fields: tuple[str, ...]
    doc: str


CALL = frozenset({"call"})
EVERY_CHANNEL = frozenset({"call", "sms", "email", "chat", "webhook", "schedule"})
CONVERSATIONS = frozenset({"call", "sms", "email", "chat"})

Recovery = Literal["repeat", "query", "unknown"]


@dataclass(frozen=True, slots=True)
class Action:
    """What a script may ask for.

    `outcomes` is empty where the value is nothing of interest. `events` can be handled in the action's own
    block. `channels` says where it works. `needs` names the backend commands (see `commands.COMMANDS`) that
    it is made of on a call. `on_leg`: it needs the caller, and ends when he leaves, its strand with it; where
    `if_left` is given it ends with that outcome and the strand goes on. `recovery` says what a crash between
    doing and knowing means.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...] = ()
    outcomes: tuple[OutcomeType, ...] = ()
    events: tuple[str, ...] = ()
    channels: frozenset[str] = EVERY_CHANNEL
    needs: tuple[str, ...] = ()
    on_leg: bool = False
    if_left: str | None = None
    recovery: Recovery = "unknown"

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((each for each in self.parameters if each.name == name), None)


_EARLY = Parameter("early", ("boolean",), "speak before the call is answered (early media)", False)
_LANGUAGE = Parameter("language", ("text",), "the language of the text, such as `en-GB`", None)
_VOICE = Parameter("voice", ("text",), "a voice by name, or a language such as `en-GB`", None)

_BUILT_IN = (
    Action(
        "answer",
        "Answers the call. On a call that is answered it does nothing.",
        channels=CALL,
        needs=("answer",),
        on_leg=True,
    ),
    Action(
        "ring",
        "Tells the caller that it rings.",
        channels=CALL,
        needs=("ring",),
        on_leg=True,
        recovery="repeat",
    ),
    Action(
        "reject",
        "Refuses an unanswered call; the flow goes on without its caller.",
        (
            Parameter("status", ("integer",), "the SIP status, 400 to 699", 603, by_place=True),
            Parameter("reason", ("text",), "the reason phrase", None),
        ),
        channels=CALL,
        needs=("reject",),
        on_leg=True,
    ),
    Action(
        "hangup",
        "Ends the call; an unanswered one is refused with 603.",
        channels=CALL,
        needs=("hangup",),
        on_leg=True,
    ),
    Action(
        "say",
        "Speaks a text on a call; writes it in a thread.",
        (Parameter("text", ("text",), "what to say", by_place=True), _VOICE, _LANGUAGE, _EARLY),
        channels=CONVERSATIONS,
        needs=("say", "answer"),
        on_leg=True,
    ),
    Action(
        "play",
        "Plays sound files, one after the other.",
        (
            Parameter(
                "file",
                ("text", "list"),
                "a WAV file below the script's folder, or a list of them",
                by_place=True,
            ),
            _EARLY,
        ),
        channels=CALL,
        needs=("play", "answer"),
        on_leg=True,
    ),
    Action(
        "ask",
        "Asks, and waits for the answer: digits on a call, the next message in a thread.",
        (
            Parameter(
                "prompt", ("text",), "what to say first; said again with each retry", "", by_place=True
            ),
            Parameter("play", ("text", "list"), "sound files to play in place of a spoken prompt", None),
            Parameter(
                "digits",
                ("integer",),
                "how many digits; without it the terminator or a pause ends them",
                None,
            ),
            Parameter("at_least", ("integer",), "fewer digits than `digits` that will do", None),
            Parameter(
                "terminator", ("text",), 'the key that ends the digits; never in the result; "" for none', "#"
            ),
            Parameter(
                "timeout", ("duration",), "from the end of the prompt, and again from each digit", None
            ),
            Parameter("retries", ("integer",), "how often to ask again after no or a wrong answer", 0),
            Parameter("options", ("list",), "the answers to choose from; on a call the first is key 1", None),
            Parameter("pattern", ("regex",), "what the whole answer must look like", None),
            Parameter("barge_in", ("boolean",), "whether a digit stops the prompt", True),
            _VOICE,
            _LANGUAGE,
            _EARLY,
        ),
        (
            OutcomeType("text", ("text",), "the answer"),
            OutcomeType("no_input", (), "nothing came in time"),
            OutcomeType("no_match", ("text",), "what came was no answer"),
        ),
        channels=CONVERSATIONS,
        needs=("say", "play", "answer"),
        on_leg=True,
    ),
    Action(
        "log",
        "Writes a line into the activeflow's log.",
        (Parameter("text", ("text",), "the line", by_place=True),),
        recovery="repeat",
    ),
)

ACTIONS: Mapping[str, Action] = {each.name: each for each in _BUILT_IN}

# In the language, but no version has run them yet: the checker refuses them by name, so that nobody takes
# them for a slip.
PLANNED_ACTIONS = frozenset(
    {
        "call", "chat", "delete_recording", "dial", "email", "hold", "mute", "notify", "press", "record",
        "redirect", "send", "sms", "start_recording", "stop_recording", "transfer", "unhold", "unmute",
        "webhook",
    }
)  # fmt: skip
PLANNED_NAMESPACES = frozenset({"http", "sql", "store"})
