"""Short messages that come in: who wrote what to whom, the parts of long ones put together.

Addresses become E.164 numbers where they are numbers: an SMSC gives them as international ones, as national
ones, or says nothing of it (§5.2.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flowlang.model.addresses import sender_of

from .parts import Key, Parts
from .pdu import SAR_NUMBER, SAR_REFERENCE, SAR_TOTAL, Pdu
from .text import text_of

_HAS_HEADER = 0x40  # §5.2.12: UDHI
_INTERNATIONAL, _NATIONAL = 1, 2  # §5.2.5
_LONGEST_CODE = 8
"""Digits of a short code."""
_SAR = 0x10000
"""Beside all references of headers."""


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
    """No text that anybody could take, and who sent it to whom, as the SMSC has it."""

    why: str
    source: str = field(default="", compare=False)
    to: str = field(default="", compare=False)


class Incomings:
    """Of one SMSC. `country` is that of its national numbers, by ISO 3166, such as `GB`."""

    def __init__(self, parts: Parts | None = None, country: str | None = None) -> None:
        self.parts = parts or Parts()
        self._country = country

    def take(self, pdu: Pdu, now: float) -> Text | Part | Nothing:
        """A `deliver_sm`. `now` is seconds since 1970. Raises `OSError` where a part cannot be kept."""
        given = _clean(pdu.text("source_addr")), _clean(pdu.text("destination_addr"))
        source = self._address(pdu.text("source_addr"), pdu.number("source_addr_ton"))
        to = self._address(pdu.text("destination_addr"), pdu.number("dest_addr_ton"))
        if source is None or to is None:
            whose = "who sends" if source is None else "to whom it goes"
            return Nothing(f"{whose} is no address, or a national number and `country` is not set", *given)
        coding = pdu.number("data_coding")
        octets = pdu.message
        if text_of(coding, b"") is None:
            return Nothing(f"data_coding {coding:#04x} is no text", *given)
        key: Key | None = None
        part = _part_beside(pdu)
        if pdu.number("esm_class") & _HAS_HEADER and octets:
            header, octets = octets[1 : 1 + octets[0]], octets[1 + octets[0] :]
            part = _part_in(header) or part
        if part is not None:
            reference, total, number = part
            key = source, to, reference, total
            whole = self.parts.put(key, number, octets, now)
            if whole is None:
                return Part()
            octets = whole
        return Text(source, to, _clean(text_of(coding, octets) or ""), key)

    def _address(self, text: str, ton: int) -> str | None:
        """With its scheme. Where the SMSC does not say what a number is, one that is too long for a short
        code is international, unless it begins as none does."""
        if not (text.isdigit() and text.isascii()):
            return sender_of("sms", text)
        if ton == _INTERNATIONAL or (text.startswith("00") and len(text) > _LONGEST_CODE):
            return sender_of("sms", f"+{text.removeprefix('00')}")
        long = len(text) > _LONGEST_CODE
        if ton == _NATIONAL or (long and text.startswith("0")):
            number = _international(text, self._country) if self._country is not None else None
            return f"sms:{number}" if number is not None else None if long else sender_of("sms", text)
        return sender_of("sms", f"+{text}" if long else text)


def is_country(country: str) -> bool:
    """Whether it is one that has national numbers."""
    from phonenumbers import SUPPORTED_REGIONS

    return country in SUPPORTED_REGIONS


def _international(text: str, country: str) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _part_beside(pdu: Pdu) -> tuple[int, int, int] | None:
    """The same as `_part_in`, by the optional parameters (§5.3.2.22 to .24)."""
    given = [pdu.extras.get(tag, b"") for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER)]
    if [len(each) for each in given] != [2, 1, 1]:
        return None
    reference, total, number = (int.from_bytes(each, "big") for each in given)
    return (_SAR | reference, total, number) if 1 <= number <= total else None


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


def _clean(text: str) -> str:
    return "".join(each for each in text if each.isprintable() or each in "\n\t")
