"""Texts as short messages carry them (3GPP TS 23.038, 23.040): GSM 7-bit where all characters are in that
alphabet, else UCS-2; one too long goes in parts, each with a header that says which part it is.

Seven-bit characters stand in an octet each, as SMPP has it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.model.gsm import ALPHABET, ESCAPE, EXTENSION, PART_GSM, PART_UCS2, WHOLE_GSM, WHOLE_UCS2

GSM, ASCII, LATIN1, UCS2 = 0, 1, 3, 8  # data_coding, SMPP v3.4 §5.2.19

MOST_PARTS = 20
"""Longer messages are no short messages; TS 23.040 §9.2.3.24.1 would allow 255."""

_CODECS = {ASCII: "ascii", LATIN1: "latin-1", 6: "iso8859-5", 7: "iso8859-8"}  # SMPP v3.4 §5.2.19
_ENCODED = {each: bytes((code,)) for code, each in enumerate(ALPHABET) if code != ESCAPE} | {
    each: bytes((ESCAPE, code)) for code, each in EXTENSION.items()
}


class TextTooLongError(Exception):
    """It does not fit into `MOST_PARTS`."""


@dataclass(frozen=True, slots=True)
class Part:
    """`octets` are what goes out, the header of a part included (`has_header`)."""

    coding: int
    octets: bytes
    has_header: bool = False


def parts_of(text: str, reference: int) -> tuple[Part, ...]:
    """A text in parts; `reference` (0 to 255) is what the parts of one message have in common."""
    least = -(-len(text) // PART_GSM)
    if least > MOST_PARTS:  # seen at a glance
        raise TextTooLongError(f"the text makes {least} parts or more; there are at most {MOST_PARTS}")
    text = text.encode("utf-8", "replace").decode()  # no lone surrogates
    pieces: list[bytes]
    try:
        pieces, coding, whole, each = [_ENCODED[sign] for sign in text], GSM, WHOLE_GSM, PART_GSM
    except KeyError:
        pieces, coding, whole, each = [sign.encode("utf-16-be") for sign in text], UCS2, WHOLE_UCS2, PART_UCS2
    if sum(map(len, pieces)) <= whole:
        return (Part(coding, b"".join(pieces)),)
    cut = _cut(pieces, each)
    if len(cut) > MOST_PARTS:
        raise TextTooLongError(f"the text makes {len(cut)} parts; there are at most {MOST_PARTS}")
    # TS 23.040 §9.2.3.24.1: length of all headers, which header, its length, reference, of how many, which
    heads = (bytes((5, 0, 3, reference, len(cut), number)) for number in range(1, len(cut) + 1))
    return tuple(Part(coding, head + octets, True) for head, octets in zip(heads, cut, strict=True))


def _cut(pieces: list[bytes], most: int) -> list[bytes]:
    """No character is cut in two: neither an escaped one nor one of two UTF-16 units."""
    cut: list[bytes] = []
    part = bytearray()
    for each in pieces:
        if len(part) + len(each) > most:
            cut.append(bytes(part))
            part.clear()
        part += each
    cut.append(bytes(part))
    return cut


def text_of(coding: int, octets: bytes) -> str | None:
    """What somebody sent; `None` for what is no text."""
    if coding in _CODECS:
        return octets.decode(_CODECS[coding], "replace")
    match _group(coding):
        case 0:
            return _from_gsm(octets)
        case 8:
            return octets.decode("utf-16-be", "replace")
        case _:
            return None


def _group(coding: int) -> int | None:
    """The alphabet by TS 23.038 §4: 0 is GSM, 8 UCS-2; `None` for octets, and what is compressed."""
    match coding >> 4:
        case 0 if coding in (GSM, UCS2):  # the rest of 0x00 to 0x0F is SMPP's own
            return coding
        case 0x1 | 0x4 | 0x5:  # with a class; 4 and 5: deleted when it was read
            return {0x0: 0, 0x8: 8}.get(coding & 0x0C)
        case 0xC | 0xD:  # a message waits; GSM
            return 0
        case 0xE:  # the same, UCS-2
            return 8
        case 0xF if not coding & 0x0C:  # with a class; 0x04 is octets
            return 0
        case _:
            return None


def _from_gsm(octets: bytes) -> str:
    text: list[str] = []
    escaped = False
    for code in octets:
        if escaped:
            text.append(EXTENSION.get(code, " "))  # TS 23.038 §6.2.1.1: a space for what is not known
            escaped = False
        elif code == ESCAPE:
            escaped = True
        else:
            text.append(ALPHABET[code] if code < 128 else "?")
    return "".join(text)
