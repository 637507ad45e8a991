"""Writing in the thread that an activeflow began with: a reply to the person, from the address that he wrote
to."""

from __future__ import annotations

import unicodedata

from flowlang.compile.runtime.faults import Fault
from flowlang.model.message_commands import SendMessage
from flowlang.model.values import Outcome

from .stage import Stage

_LONGEST_SUBJECT = 200


def reply(stage: Stage, text: str, subject: str | None = None) -> SendMessage:
    """The command that writes it. Raises a fault where there is no thread."""
    opening = stage.flow.opening
    party = opening.party
    match opening.channel:
        case "sms" | "email" | "chat" as channel if party is not None:
            pass
        case _:
            hint = "this activeflow began with none; give it `to`"
            raise Fault("no_thread", f"`{stage.action.name}` writes in a thread, and {hint}")
    if subject is None and channel == "email":
        subject = _subject(opening.predefined()["message"]["subject"])
    return SendMessage(
        channel, party, text, stage.key, opening.ours, subject, reply_to=stage.flow.messages.last,
        deliver_to=opening.reply_to,
    )  # fmt: skip


async def write(stage: Stage, text: str) -> bool:
    """Writes it and waits until it is given out, tells whether that is certain; that it cannot be is a
    fault."""
    ended = await stage.perform(reply(stage, text))
    if isinstance(ended, Outcome) and ended.name == "failed":
        raise Fault("not_sent", f"the message does not go out: {ended.fields.get('reason')}")
    return not (isinstance(ended, Outcome) and ended.name == "unknown")


def _subject(given: object) -> str:
    """That of a reply to a message with this one (RFC 5322 §3.6.5)."""
    text = given if isinstance(given, str) else ""
    line = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    line = " ".join(line.split())[:_LONGEST_SUBJECT]
    return line if line.lower().startswith("re:") else f"Re: {line}".rstrip()
