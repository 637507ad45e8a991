"""Actions: each declared once, as data. The checker, the compiler, the reference and the backends
read this table.

An action of a host is declared with the same classes.
"""

from __future__ import annotations

from collections.abc import Mapping

from .action import (
    CALL,
    CONVERSATIONS,
    EVERY_CHANNEL,
    REQUIRED,
    THREADS,
    Action,
    OutcomeType,
    Parameter,
    Recovery,
    Required,
    TypeName,
)
from .allowed import KEY, Range
from .call_actions import CALL_ACTIONS
from .message_actions import MESSAGE_ACTIONS

__all__ = [
    "ACTIONS", "CALL", "CONVERSATIONS", "EVERY_CHANNEL", "PLANNED_ACTIONS", "PLANNED_NAMESPACES", "REQUIRED",
    "THREADS", "Action", "OutcomeType", "Parameter", "Recovery", "Required", "TypeName",
]  # fmt: skip

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
            Parameter(
                "status",
                ("integer",),
                "the SIP status, 400 to 699",
                603,
                by_place=True,
                allowed=Range(400, 699),
            ),
            Parameter("reason", ("text",), "the reason phrase", None),
            Parameter(
                "like",
                ("any",),
                "an outcome of `dial` or `call`: refuses as that was refused, its cause included; with 480 "
                "where it has no such status",
                None,
            ),
        ),
        channels=CALL,
        needs=("reject",),
        on_leg=True,
        ends_call=True,
    ),
    Action(
        "hangup",
        "Ends the call; an unanswered one is refused with 603.",
        channels=CALL,
        needs=("hangup",),
        on_leg=True,
        ends_call=True,
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
                allowed=Range(1),
            ),
            Parameter(
                "at_least",
                ("integer",),
                "fewer digits than `digits` that will do",
                None,
                allowed=Range(0),
            ),
            Parameter(
                "terminator",
                ("text",),
                'the key that ends the digits; never in the result; "" for none',
                "#",
                allowed=KEY,
            ),
            Parameter(
                "timeout", ("duration",), "from the end of the prompt, and again from each digit", None
            ),
            Parameter(
                "retries",
                ("integer",),
                "how often to ask again after no or a wrong answer",
                0,
                allowed=Range(0),
            ),
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

ACTIONS: Mapping[str, Action] = {each.name: each for each in (*_BUILT_IN, *CALL_ACTIONS, *MESSAGE_ACTIONS)}

# In the language, but no version has run them yet: the checker refuses them by name, so that nobody takes
# them for a slip.
PLANNED_ACTIONS = frozenset({"delete_recording"})
PLANNED_NAMESPACES: frozenset[str] = frozenset()
