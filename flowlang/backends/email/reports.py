"""Delivery reports (RFC 3464) and read receipts (RFC 8098)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from itertools import islice
from typing import Any, cast

from .message_ids import ids_in
from .reading import header, parsed

_STATUSES = {
    "delivered": "delivered",
    "failed": "failed",
}  # of `delayed`, `relayed`, `expanded` nothing is told
_MOST = 20


@dataclass(frozen=True, slots=True)
class MailReport:
    """What became of the mail of ours with this Message-ID: `delivered`, `failed` or `read`."""

    message: str
    status: str
    reason: str | None = None


def reports_in(mail: Message) -> tuple[MailReport, ...] | None:
    """What a report tells of mails of ours; `None` for a mail that is no report."""
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return None
    about = _about(mail)
    found: list[MailReport] = []
    for part in islice(mail.walk(), 100):
        match part.get_content_type():
            case "message/delivery-status":
                found += _delivery(part, about)
            case "message/disposition-notification":
                found += _read(part, about)
            case _:
                pass
    return tuple(found[:_MOST])


def _about(mail: Message) -> str | None:
    """The Message-ID of the mail that comes back with it."""
    for part in islice(mail.walk(), 1, 100):
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            inner: Any = cast("Any", part.get_payload(0))
        elif kind == "text/rfc822-headers":
            raw = part.get_payload(decode=True)
            inner = parsed(raw) if isinstance(raw, bytes) else None
        else:
            continue
        ids = ids_in(header(cast("Message", inner), "message-id")) if isinstance(inner, Message) else ()
        if ids:
            return ids[0]
    return None


def _blocks(part: Message) -> list[Message]:
    payload: Any = part.get_payload()
    if isinstance(payload, list):
        return [each for each in cast("list[Any]", payload) if isinstance(each, Message)]
    again = parsed(payload.encode("utf-8", "replace")) if isinstance(payload, str) else None
    return [again] if again is not None else []


def _delivery(part: Message, about: str | None) -> list[MailReport]:
    found: list[MailReport] = []
    for block in _blocks(part)[:_MOST]:
        status = _STATUSES.get(header(block, "action").lower())
        if status is None or about is None:
            continue
        why = header(block, "diagnostic-code").rpartition(";")[2].strip() or header(block, "status")
        found.append(MailReport(about, status, why[:200] if status == "failed" else None))
    return found


def _read(part: Message, about: str | None) -> list[MailReport]:
    found: list[MailReport] = []
    for block in _blocks(part)[:1]:
        ids = ids_in(header(block, "original-message-id"))
        which = ids[0] if ids else about
        if (
            which is not None
            and header(block, "disposition").lower().partition(";")[2].strip() == "displayed"
        ):
            found.append(MailReport(which, "read"))
    return found
