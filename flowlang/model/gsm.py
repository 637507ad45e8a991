"""Texts as short messages carry them (3GPP TS 23.038): the GSM 7-bit alphabet, and how many messages a text
makes."""

from __future__ import annotations

ESCAPE = 0x1B
ALPHABET = (  # TS 23.038 §6.2.1; ESC stands where the escape to the extension is
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]",
             0x40: "|", 0x65: "€"}  # fmt: skip
WHOLE_GSM, PART_GSM = 160, 153
"""Characters of 7 bits in a message that stands alone, and in one of several (TS 23.040 §9.2.3.24.1)."""
WHOLE_UCS2, PART_UCS2 = 140, 134
"""Octets of UCS-2 in the same."""

_ONE = frozenset(ALPHABET) - {chr(ESCAPE)}
_TWO = frozenset(EXTENSION.values())


def message_count(text: str) -> int:
    """How many short messages carry a text: no character is split between two."""
    if _ONE.issuperset(text):
        sizes, whole, part = [1] * len(text), WHOLE_GSM, PART_GSM
    elif _ONE.union(_TWO).issuperset(text):
        sizes, whole, part = [2 if each in _TWO else 1 for each in text], WHOLE_GSM, PART_GSM
    else:
        sizes, whole, part = [4 if each > "\uffff" else 2 for each in text], WHOLE_UCS2, PART_UCS2
    if sum(sizes) <= whole:
        return 1
    count, room = 1, part
    for each in sizes:
        if each > room:
            count, room = count + 1, part
        room -= each
    return count
