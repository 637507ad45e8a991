"""`sms`, `email`, `chat`, `send` and `notify`: one message to one address.

What comes of it is an outcome. A mistake in what the script gives is a fault before anything goes out: here
is where an address is one address, and where a line break gets into no header.
"""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault
from flowlang.model.addresses import channel_of, message_address, sender_of
from flowlang.model.message_commands import MessageChannel, SendMessage
from flowlang.model.secrets import made_of
from flowlang.model.texts import is_one_line
from flowlang.model.values import Outcome, Value

from . import thread
from .stage import Stage

MOST_ATTACHMENTS = 20
_LONGEST_LINE = 998
"""RFC 5322 §2.1.1: characters of a line of a header."""
_EXAMPLES = {"sms": "+14155550100", "email": "mailto:ann@clinic.example", "chat": "chat:ann"}


async def sms(stage: Stage) -> Outcome:
    """Sends a text message."""
    return await _to_address(stage, "sms")


async def chat(stage: Stage) -> Outcome:
    """Writes into a chat."""
    return await _to_address(stage, "chat")


async def email(stage: Stage) -> Outcome:
    """Sends an e-mail."""
    command = SendMessage(
        "email",
        recipient(stage, "email", stage.text("to")),
        stage.text("body"),
        stage.key,
        _sender(stage, "email"),
        one_line(stage, "subject"),
        stage.optional_text("html"),
        _attachments(stage.given["attachments"]),
    )
    return await given_out(stage, command)


async def send(stage: Stage) -> Outcome:
    """Writes in the thread, or sends to an address on the channel of its scheme."""
    to = stage.optional_text("to")
    if to is None:
        return await given_out(stage, thread.reply(stage, stage.text("text"), one_line(stage, "subject")))
    channel = channel_of(to)
    if channel is None:
        raise Fault("address", f"`{stage.action.name}` takes an address with `sms:`, `mailto:` or `chat:`")
    subject = one_line(stage, "subject") if channel == "email" else None
    to = recipient(stage, channel, to)
    return await given_out(
        stage, SendMessage(_known(channel), to, stage.text("text"), stage.key, None, subject)
    )


async def notify(stage: Stage) -> Outcome:
    """Tells a service that the operator has named."""
    to, title = one_line(stage, "to") or "default", one_line(stage, "title")
    return await given_out(stage, SendMessage("notify", to, stage.text("text"), stage.key, None, title))


async def _to_address(stage: Stage, channel: MessageChannel) -> Outcome:
    to = recipient(stage, channel, stage.text("to"))
    source = _sender(stage, channel) if "from" in stage.given else None
    return await given_out(stage, SendMessage(channel, to, stage.text("text"), stage.key, source))


async def given_out(stage: Stage, command: SendMessage) -> Outcome:
    """Gives a message out; its outcome."""
    ended = await stage.perform(command)
    if not isinstance(ended, Outcome):
        raise Fault("internal", f"a backend told nothing of how `{stage.action.name}` ended")
    if ended.name == "failed":
        return Outcome("failed", {"reason": None, "detail": None, **ended.fields})
    return ended


def recipient(stage: Stage, channel: str, address: str) -> str:
    """The one address that a message goes to."""
    found = message_address(channel, address)
    if found is None:
        raise _no_address(stage, "to", channel)
    return made_of(found, address)


def _sender(stage: Stage, channel: str) -> str | None:
    given = stage.optional_text("from")
    if given is None:
        return None
    found = sender_of(channel, given)
    if found is None:
        raise _no_address(stage, "from", channel)
    return made_of(found, given)


def _no_address(stage: Stage, parameter: str, channel: str) -> Fault:
    name, example = stage.action.name, _EXAMPLES[channel]
    return Fault("address", f"`{parameter}` of `{name}` is no address for it, such as `{example}`")


def one_line(stage: Stage, parameter: str) -> str | None:
    """A text that becomes a line of a header: it has no control characters and is no longer than one may
    be."""
    text = stage.optional_text(parameter)
    if text is None:
        return None
    if not is_one_line(text):
        raise Fault("value", f"`{parameter}` of `{stage.action.name}` is one line without control characters")
    if len(text) > _LONGEST_LINE:
        raise Fault("value", f"`{parameter}` of `{stage.action.name}` has at most {_LONGEST_LINE} characters")
    return text


def _attachments(given: Value) -> tuple[str, ...]:
    """Paths that stay below the folder that they are of."""
    files = given if isinstance(given, tuple) else ()
    if len(files) > MOST_ATTACHMENTS:
        raise Fault("value", f"`attachments` are at most {MOST_ATTACHMENTS}")
    return tuple(_path(each) for each in files)


def _path(given: Value) -> str:
    if not isinstance(given, str) or not given:
        raise Fault("type", "`attachments` is a list of texts, the paths of files")
    steps = given.split("/")
    if given.startswith("/") or "\\" in given or ".." in steps or not given.isprintable():
        raise Fault("value", "an attachment is a path below the script's folder, without `..`")
    return given


def _known(channel: str) -> MessageChannel:
    match channel:
        case "sms" | "email" | "chat":
            return channel
        case _:
            raise AssertionError(channel)
