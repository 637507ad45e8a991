"""Events in: what backends tell of the world, in past participles. A closed vocabulary.

`name` is what a script calls the event (`on dtmf`); its fields are those of the dataclass, `leg` left out.
`CALLER_LEG` is the leg of the caller, or whoever began the thread.
"""

from __future__ import annotations

from typing import ClassVar, final

from msgspec import Struct

from .values import Outcome, Value

CALLER_LEG = 0
"""The number of the leg of the caller, or of whoever began the thread."""


@final
class DigitPressed(Struct, frozen=True):
    """A digit came in: `0`-`9`, `*`, `#`, `A`-`D`; RFC 4733 counts it once, at its first packet."""

    name: ClassVar[str] = "dtmf"
    leg: int
    digit: str


@final
class CallHeld(Struct, frozen=True):
    """The far end put us on hold."""

    name: ClassVar[str] = "hold"
    leg: int


@final
class CallUnheld(Struct, frozen=True):
    """The far end took us off hold."""

    name: ClassVar[str] = "unhold"
    leg: int


@final
class CallEnded(Struct, frozen=True):
    """A leg is gone. `cause`: `normal`, `cancelled`, `no_ack`, `lost`, … (a hangup cause)."""

    name: ClassVar[str] = "hangup"
    leg: int
    cause: str


@final
class CallRinging(Struct, frozen=True):
    """A leg that we placed rings (SIP 180); `early`: there is early media (183)."""

    name: ClassVar[str] = "ringing"
    leg: int
    early: bool = False


@final
class CallAnswered(Struct, frozen=True):
    """A leg that we placed is answered. `display` and `number` are those of who is there, as far as the
    operator has said so."""

    name: ClassVar[str] = "answered"
    leg: int
    display: str | None = None
    number: str | None = None


@final
class CallRefused(Struct, frozen=True):
    """A leg that we placed came to nothing; `status` is SIP's, 0 where nothing came back at all; `q850` the
    cause in Q.850's terms where the other side gave one, else 0; `contacts` where else to call (3xx)."""

    name: ClassVar[str] = "refused"
    leg: int
    status: int
    reason: str = ""
    q850: int = 0
    contacts: tuple[str, ...] = ()


@final
class TransferAsked(Struct, frozen=True):
    """The far end of a leg asks that whoever it is connected with is connected with `to` in its place (SIP
    REFER). It is told what becomes of it by `ReportTransfer`. `replaces` is a call of
    somebody else's whose place the call is to take there, in SIP's terms (RFC 3891)."""

    name: ClassVar[str] = "transfer_asked"
    leg: int
    to: str
    replaces: str | None = None


@final
class CallTransferred(Struct, frozen=True):
    """At the far end of the leg is `to` now: who was there has given his place to somebody with whom he was
    in another call (an attended transfer)."""

    name: ClassVar[str] = "transferred"
    leg: int
    to: str


ELSEWHERE = -1
"""The leg of a message that is of another thread than the one that the activeflow began with."""


@final
class MessageReceived(Struct, frozen=True):
    """Somebody wrote: the person at the other end, or, `ELSEWHERE`, one to whom this activeflow has written.
    `source` is the address, `id` what a reply refers to, `to` the address of ours that it was written to,
    `reply_to` where he wants the answer, if not at his own address."""

    name: ClassVar[str] = "message"
    leg: int
    text: str
    subject: str | None = None
    channel: str | None = None
    source: str | None = None
    id: str | None = None
    to: str | None = None
    reply_to: str | None = None


@final
class MessageReported(Struct, frozen=True):
    """What became of a message that went out: `status` is `sent`, `delivered`, `failed` or `read`; `id` as in
    the outcome `sent`."""

    id: str
    status: str
    to: str | None = None
    reason: str | None = None

    @property
    def name(self) -> str:
        """The event that a script handles."""
        return self.status


@final
class SignalReceived(Struct, frozen=True):
    """Somebody outside signalled this activeflow (`on signal "paid"`)."""

    name: ClassVar[str] = "signal"
    signal: str
    data: Value = None


@final
class Emitted(Struct, frozen=True):
    """A flow emitted an event of its own making; never comes from outside."""

    event: str
    data: Value = None

    @property
    def name(self) -> str:
        """What `emit` called it."""
        return self.event


PlacedLegEvent = CallRinging | CallAnswered | CallRefused
"""What becomes of a leg that the activeflow placed."""
Event = (
    DigitPressed
    | CallHeld
    | CallUnheld
    | CallEnded
    | TransferAsked
    | CallTransferred
    | PlacedLegEvent
    | MessageReceived
    | MessageReported
    | SignalReceived
    | Emitted
)


def as_outcome(event: Event) -> Outcome:
    """The event as a script holds it (`on dtmf as e`): `text` is what a pattern is matched against."""
    if type(event) is SignalReceived:  # those of which there are many first: a `match` takes its time
        return Outcome("signal", {"name": event.signal, "text": event.signal, "data": event.data})
    if type(event) is DigitPressed:
        return Outcome("dtmf", {"digit": event.digit, "text": event.digit})
    if type(event) is MessageReceived:
        return Outcome(
            "message",
            {
                "text": event.text,
                "subject": event.subject,
                "from": event.source,
                "channel": event.channel,
                "id": event.id,
                "to": event.to,
                "reply_to": event.reply_to,
            },
        )
    if type(event) is Emitted:
        fields: dict[str, Value] = {"data": event.data}
        if isinstance(event.data, dict):
            fields = {**event.data, "data": event.data}
        elif isinstance(event.data, str):
            fields["text"] = event.data
        return Outcome(event.event, fields)
    match event:
        case CallHeld() | CallUnheld():  # by the caller; by one of our legs see `flowlang.core.legs`
            return Outcome(event.name, {"by": "caller", "held": "agent", "agent": None})
        case CallRinging() | CallAnswered() | CallRefused() | TransferAsked():
            return Outcome(event.name)
        case CallTransferred():  # by the caller; by one of our legs see `flowlang.core.legs`
            return Outcome("transferred", {"by": "caller", "to": event.to, "text": event.to})
        case CallEnded():
            return Outcome("hangup", {"cause": event.cause})
        case MessageReported():
            return Outcome(event.status, {"id": event.id, "to": event.to, "reason": event.reason})
