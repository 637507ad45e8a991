"""The actions that place, join, record and steer calls, beside the simple ones of `actions`."""

from __future__ import annotations

from .action import CALL, EVERY_CHANNEL, Action, OutcomeType, Parameter, Reach
from .allowed import KEY, Choices
from .values import SECOND, Duration

_UNANSWERED = (
    OutcomeType("busy", ("to", "status", "reason", "q850"), "who was called is on the phone (SIP 486, 600)"),
    OutcomeType("no_answer", ("to", "status", "reason", "q850"), "nobody answered in time (480, 408)"),
    OutcomeType("rejected", ("to", "status", "reason", "q850"), "who was called declined (603, 607, 608)"),
    OutcomeType("failed", ("to", "status", "reason", "q850"), "no way there, or any other refusal"),
)
_FROM = Parameter("from", ("text",), "the caller id; the number that was called where it is left out", None)
_NAME = Parameter("name", ("text",), "the display name", None)
_ANONYMOUS = Parameter("anonymous", ("boolean",), "hides the caller id (RFC 3323)", False)
_HEADERS = Parameter("headers", ("map",), "further SIP headers, each a text, that policies allow", None)
_DIALS = Reach("to", "dial", headers="headers")

CALL_ACTIONS = (
    Action(
        "dial",
        "Calls somebody and connects the caller with whoever answers; ends when that leg is over.",
        (
            Parameter("to", ("text", "list"), "an address, or a list of them", by_place=True),
            _FROM,
            _NAME,
            _ANONYMOUS,
            _HEADERS,
            Parameter("timeout", ("duration",), "how long each may ring", Duration(30 * SECOND)),
            Parameter(
                "strategy",
                ("text",),
                '`"all"` at once, or `"serial"`: one after the other',
                "all",
                allowed=Choices(("all", "serial")),
            ),
            Parameter(
                "confirm",
                ("flow",),
                "a flow without parameters that who answers has to pass: he is connected where it returns "
                "`true`",
                None,
            ),
        ),
        (
            OutcomeType("answered", ("to", "duration", "cause"), "they were connected, and that is over"),
            *_UNANSWERED,
            OutcomeType("cancelled", (), "the caller left while it rang"),
        ),
        events=("ringing", "answered"),
        channels=CALL,
        needs=("place_call", "bridge", "answer", "hangup"),
        on_leg=True,
        if_left="cancelled",
        heed=True,
        reach=_DIALS,
    ),
    Action(
        "call",
        "Places a call that starts an activeflow of its own as soon as it is answered, or rings: with "
        "`flow`, or what the `outbound call` routes choose. Does not wait for its end.",
        (
            Parameter("to", ("text",), "whom: an address", by_place=True),
            Parameter("from", ("text",), "the caller id", None),
            _NAME,
            _ANONYMOUS,
            _HEADERS,
            Parameter("timeout", ("duration",), "how long it may ring", Duration(30 * SECOND)),
            Parameter("data", ("any",), "what the new activeflow has as `call.data`", None),
            Parameter("flow", ("flow",), "the flow that it starts, one without parameters", None),
            Parameter(
                "begin",
                ("text",),
                'when that begins: at the `"answer"`, or while it is `"ringing"`',
                "answer",
                allowed=Choices(("answer", "ringing")),
            ),
        ),
        (
            OutcomeType(
                "answered",
                ("activeflow", "to"),
                "it was answered; the id of what it started",
                where=("begin", "answer"),
            ),
            OutcomeType(
                "begun",
                ("activeflow", "to"),
                "it rings, or was answered at once; the id of what it started",
                where=("begin", "ringing"),
            ),
            *_UNANSWERED,
        ),
        events=("ringing",),
        channels=EVERY_CHANNEL,
        needs=("place_call",),
        reach=_DIALS,
    ),
    Action(
        "record",
        "Records what the caller says into a WAV file, until a key, a pause or the longest time ends it.",
        (
            Parameter("to", ("text",), "the file, below the folder of recordings", by_place=True),
            Parameter("limit", ("duration",), "the longest time", Duration(120 * SECOND)),
            Parameter("silence", ("duration",), "the pause that ends it", Duration(4 * SECOND)),
            Parameter("terminator", ("text",), 'the key that ends it; "" for none', "#", allowed=KEY),
        ),
        (
            OutcomeType("recorded", ("file", "duration", "by"), "something was said; `by` is what ended it"),
            OutcomeType("silent", (), "nobody said anything"),
        ),
        channels=CALL,
        needs=("record", "answer"),
        on_leg=True,
    ),
    Action(
        "start_recording",
        "Records the call into a WAV file, until `stop_recording` or its end.",
        (Parameter("to", ("text",), "the file, below the folder of recordings", by_place=True),),
        channels=CALL,
        needs=("record",),
        on_leg=True,
    ),
    Action(
        "stop_recording",
        "Ends what `start_recording` began; nothing where nothing is recorded.",
        channels=CALL,
        needs=("record",),
        on_leg=True,
    ),
    Action(
        "hold",
        "Puts the caller on hold: he hears music, and nobody hears him.",
        channels=CALL,
        needs=("hold",),
        on_leg=True,
        recovery="repeat",
    ),
    Action(
        "unhold", "Takes the caller off hold.", channels=CALL, needs=("hold",), on_leg=True, recovery="repeat"
    ),
    Action(
        "mute",
        "Lets nobody hear the caller; he hears on.",
        channels=CALL,
        needs=("mute",),
        on_leg=True,
        recovery="repeat",
    ),
    Action(
        "unmute", "Lets the caller be heard.", channels=CALL, needs=("mute",), on_leg=True, recovery="repeat"
    ),
    Action(
        "press",
        "Presses keys towards the caller, for a machine at the other end.",
        (Parameter("digits", ("text",), "the keys: 0-9, *, #, A-D", by_place=True),),
        channels=CALL,
        needs=("press", "answer"),
        on_leg=True,
    ),
    Action(
        "transfer",
        "Asks the caller's phone to call somebody else in our place (SIP REFER). Where that is answered, the "
        "flow goes on without him, as after a `hangup`; otherwise he is still here.",
        (Parameter("to", ("text",), "whom: an address", by_place=True),),
        (
            OutcomeType("transferred", ("to",), "he is connected there", ends_call=True),
            OutcomeType("failed", ("to", "status"), "he is not; `status` is what his phone was told"),
        ),
        channels=CALL,
        needs=("transfer", "answer"),
        on_leg=True,
        heed=True,
        reach=Reach("to", "dial"),
    ),
    Action(
        "redirect",
        "Sends an unanswered call elsewhere (SIP 302); the flow goes on without its caller.",
        (Parameter("to", ("text",), "the address to call in our place", by_place=True),),
        channels=CALL,
        needs=("redirect",),
        on_leg=True,
        ends_call=True,
        reach=Reach("to", "dial"),
    ),
)
