"""Short messages that come in, without I/O: who wrote what to whom, the parts of long ones put together.

A part is answered at once, before its message is whole: an SMSC may send the next only then. Parts of which
the rest does not come are forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from flowlang.model.addresses import sender_of

from .pdu import MESSAGE_PAYLOAD, Pdu
from .text import text_of

_HAS_HEADER = 0x40  # §5.2.12: UDHI
_INTERNATIONAL = 1  # §5.2.5
_MOST_OPEN = 1_000
_WAITS = 600.0
"""Seconds for the rest of a message."""


@dataclass(frozen=True, slots=True)
class Text:
    """A whole message; the addresses have the scheme `sms:`."""

    source: str
    to: str
    text: str


@dataclass(slots=True)
class _Open:
    until: float
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])


class Incomings:
    """Of one SMSC."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str, int, int], _Open] = OrderedDict()

    def take(self, pdu: Pdu, now: float) -> Text | None:
        """A `deliver_sm`; `None` where the message is not whole, or no text."""
        source = _address(pdu.text("source_addr"), pdu.number("source_addr_ton"))
        to = _address(pdu.text("destination_addr"), pdu.number("dest_addr_ton"))
        octets = pdu.octets("short_message") or pdu.extras.get(MESSAGE_PAYLOAD, b"")
        if source is None or to is None:
            return None
        whole: bytes | None = octets
        if pdu.number("esm_class") & _HAS_HEADER:
            whole = self._put_together(source, to, octets, now)
        text = text_of(pdu.number("data_coding"), whole) if whole is not None else None
        return Text(source, to, _clean(text)) if text is not None else None

    def _put_together(self, source: str, to: str, octets: bytes, now: float) -> bytes | None:
        header, body = (
            octets[1 : 1 + octets[0]] if octets else b"",
            octets[1 + octets[0] :] if octets else b"",
        )
        part = _part_in(header)
        if part is None:
            return body
        reference, total, number = part
        key = source, to, reference, total
        while self._open and next(iter(self._open.values())).until <= now:
            self._open.popitem(last=False)
        found = self._open.get(key)
        if found is None:
            self._open[key] = found = _Open(now + _WAITS)
            if len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
        found.parts[number] = body
        if len(found.parts) < total:
            return None
        del self._open[key]
        return b"".join(found.parts[each] for each in sorted(found.parts))


def _part_in(header: bytes) -> tuple[int, int, int] | None:
    """Reference, of how many, which (TS 23.040 §9.2.3.24.1 and .8)."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if (kind, length) in ((0, 3), (8, 4)) and len(value) == length:
            reference, total, number = int.from_bytes(value[:-2], "big"), value[-2], value[-1]
            return (reference, total, number) if 1 <= number <= total else None
        at += 2 + length
    return None


def _address(text: str, ton: int) -> str | None:
    """A number is E.164 where the SMSC says so, and where it is too long for a short code."""
    if text.isdigit() and text.isascii() and (ton == _INTERNATIONAL or len(text) > 8):
        text = f"+{text}"
    return sender_of("sms", text)


def _clean(text: str) -> str:
    return "".join(each for each in text if each.isprintable() or each in "\n\t")
