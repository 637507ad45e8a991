"""What the writer of a reply himself wrote: without what he quotes and without his signature.

There is no standard for quoting beyond `>` (RFC 3676 §4.5) and `-- ` before a signature (§4.3); the rest is
how common programs announce the mail that they append. Where nothing would be left, all is kept.
"""

from __future__ import annotations

import re

_BEGIN_OF_OLD = re.compile(
    r"-{2,}\s*(?:original message|ursprüngliche nachricht|originalnachricht|message d'origine|"
    r"mensaje original|forwarded message)\s*-{2,}\Z",
    re.IGNORECASE,
)
_FIELD = re.compile(r"\*?(?:from|von|de|da|van)\s?:\*? \S", re.IGNORECASE)
_NEXT_FIELD = re.compile(
    r"\*?(?:sent|date|gesendet|datum|envoyé|enviado|inviato|verzonden)\s?:", re.IGNORECASE
)
_ANNOUNCES = re.compile(r"[^>].{5,300}:\Z")
_BEGINS = re.compile(
    r"(?:on|at|le|am|el|il|em|op|den|dnia|w dniu)\s.*\d"  # On Tue, Nov 3, 2026; Am 03.11.2026
    r"|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\w{2,4}[.,]{1,2} \d{1,2}\b",  # 2026-11-03; wt., 3 lis 2026
    re.IGNORECASE,
)
"""How an announcement begins, which has a date."""
_ADVERTISES = re.compile(
    r"(?:sent from (?:my|outlook|mail|yahoo)|get outlook for|von meinem \w+ gesendet|gesendet von|"
    r"envoyé de(?:puis)? mon|enviado desde mi|enviado do meu|inviato da|verstuurd vanaf)\s?.{0,60}\Z",
    re.IGNORECASE,
)
"""What phones sign with, without the `-- `."""
_MOST_LINE = 1_000


def own_words(text: str) -> str:
    """The text without quotes, announcements of quotes, and signature."""
    lines = [each.rstrip() if each != "-- " else each for each in text.split("\n")]
    kept = [line for line in lines[: _end(lines)] if not line.startswith(">")]
    words = "\n".join(kept).strip()
    return words or text.strip()


def _end(lines: list[str]) -> int:
    """The line where what he wrote is over."""
    tail = len(lines)  # from there on all is quoted
    while tail and _is_quote(lines[tail - 1]):
        tail -= 1
    for number, line in enumerate(lines):
        if line in ("-- ", "--") or _ADVERTISES.match(line) or _BEGIN_OF_OLD.match(line[:_MOST_LINE]):
            return number
        if _FIELD.match(line[:_MOST_LINE]) and any(
            _NEXT_FIELD.match(each[:100]) for each in lines[number + 1 : number + 4]
        ):
            return number - 1 if number and set(lines[number - 1]) == {"_"} else number
        if line.startswith(">") and number >= tail:
            return _announced(lines, number)
    return len(lines)


def _is_quote(line: str) -> bool:
    return not line or line.startswith(">")


def _announced(lines: list[str], quote: int) -> int:
    """Where the announcement of a quote begins: `On Monday Ann wrote:`, on one line or two."""
    at = quote - 1
    while at >= 0 and not lines[at]:
        at -= 1
    if at < 0 or not _ANNOUNCES.match(lines[at][:_MOST_LINE]):
        return quote
    before = lines[at - 1][:_MOST_LINE] if any(lines[: max(0, at - 1)]) else ""
    folded = _BEGINS.match(before) and not _BEGINS.match(lines[at][:_MOST_LINE])
    return at - 1 if folded else at
