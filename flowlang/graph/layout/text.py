"""How wide text is, and how it is broken into lines.

Widths are those of DejaVu Sans, the widest of the fonts that the picture asks for: with any other one the
text takes less room than is kept for it.
"""

from __future__ import annotations

from unicodedata import combining, east_asian_width

SIZE = 12
LINE = 16
"""From one line of text to the next."""

# Advance widths in thousandths of the size, rounded up, for the characters that share one.
_WIDTHS = {
    "ijl'|": 320, "I.,: ": 320, "ft/\\;()[]!-": 410, "r`": 420, "“”\"*s": 530, "cxyzvkJ?_^~": 600,
    "LFT": 640, "aeo0123456789$": 640, "bdghnpqu": 640, "EPSYXKZR": 700, "ABCV#+=<>→": 840, "DGHNOQU": 790,
    "wM&%m…@W": 1010,
}  # fmt: skip
_ADVANCE = {each: width for group, width in _WIDTHS.items() for each in group}
_OTHER, _WIDE, _BOLD = 720, 1040, 1.12


def width_of(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """In pixels; never less than it takes."""
    total = sum(_advance(each) for each in text) * size / 1000
    return total * _BOLD if bold else total


def _advance(sign: str) -> int:
    if sign in _ADVANCE:
        return _ADVANCE[sign]
    if combining(sign):
        return 0
    return _WIDE if east_asian_width(sign) in "WF" or ord(sign) > 0xFFFF else _OTHER


def wrapped(text: str, limit: float, *, bold: bool = False) -> tuple[str, ...]:
    """Lines no wider than `limit`, broken between words where that can be; at line ends anyway."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _pieces(paragraph, limit, bold):
            longer = f"{line} {word}" if line else word
            if line and width_of(longer, bold=bold) > limit:
                lines.append(line)
                line = word
            else:
                line = longer
        if line:
            lines.append(line)
    return tuple(lines)


def _pieces(text: str, limit: float, bold: bool) -> list[str]:
    """The words; one that is too wide for a line is cut."""
    found: list[str] = []
    for word in text.split():
        while width_of(word, bold=bold) > limit:
            fits = len(word) - 1
            while fits > 1 and width_of(word[:fits], bold=bold) > limit:
                fits -= 1
            found.append(word[:fits])
            word = word[fits:]
        found.append(word)
    return found
