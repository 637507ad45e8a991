"""Short messages that come in: who wrote what to whom, the parts of long ones put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowlang.model.addresses import sender_of

from .parts import Key, Parts
from .pdu import MESSAGE_PAYLOAD, Pdu
from .text import text_of

_HAS_HEADER = 0x40  # §5.2.12: UDHI
_INTERNATIONAL = 1  # §5.2.5


@dataclass(frozen=True, slots=True)
class Text:
    """A whole message; the addresses have the scheme `sms:`. `parts` are those that it came in."""

    source: str
    to: str
    text: str
    parts: Key | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One of a message of which others are missing."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No text."""

    why: str


class Incomings:
    """Of one SMSC."""

    def __init__(self, parts: Parts | None = None) -> None:
        self.parts = parts or Parts()

    def take(self, pdu: Pdu, now: float) -> Text | Part | Nothing:
        """A `deliver_sm`. `now` is seconds since 1970. Raises `OSError` where a part cannot be kept."""
        source = _address(pdu.text("source_addr"), pdu.number("source_addr_ton"))
        to = _address(pdu.text("destination_addr"), pdu.number("dest_addr_ton"))
        if source is None or to is None:
            return Nothing("who sends, or to whom, is no address")
        coding = pdu.number("data_coding")
        octets = pdu.octets("short_message") or pdu.extras.get(MESSAGE_PAYLOAD, b"")
        if text_of(coding, b"") is None:
            return Nothing(f"data_coding {coding:#04x} is no text")
        key: Key | None = None
        if pdu.number("esm_class") & _HAS_HEADER and octets:
            header, octets = octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
            part = _part_in(header)
            if part is not None:
                reference, total, number = part
                key = source, to, reference, total
                whole = self.parts.put(key, number, octets, now)
                if whole is None:
                    return Part()
                octets = whole
        return Text(source, to, _clean(text_of(coding, octets) or ""), key)


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
