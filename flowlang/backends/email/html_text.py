"""HTML of a mail as plain text: what a reader sees, without marks.

One pass from left to right, whose time grows with the length and no faster: the stdlib's parser takes two
minutes for 64 KiB of `<a `. It needs to know no more of HTML than which marks begin a line and which hide
what they hold.
"""

from __future__ import annotations

import html
import re

_HIDING = frozenset({"script", "style", "head", "title", "template"})
_LINES = frozenset({"p", "div", "br", "tr", "li", "ul", "ol", "h1", "h2", "h3", "h4", "table", "hr"})
_NAME = re.compile(r"/?[a-z][a-z0-9]{0,20}", re.IGNORECASE)


def text_of_html(text: str) -> str:
    """Its text, a line for each block; what it quotes has `>` before it, as plain mails have."""
    pieces: list[str] = []
    small = text.lower()  # longer than `text` only for letters that stand in no mark
    small = small if len(small) == len(text) else text
    quoted = at = 0
    while at < len(text):
        begin = text.find("<", at)
        if begin < 0:
            pieces.append(_words(text[at:]))
            break
        pieces.append(_words(text[at:begin]))
        name = _NAME.match(text, begin + 1)
        mark = name[0].lower() if name is not None else ""
        at = _end_of_mark(small, begin, mark)
        if mark in ("blockquote", "/blockquote"):
            quoted = max(0, quoted + (1 if mark == "blockquote" else -1))
            pieces.append("\n> " if quoted else "\n")
        elif mark.removeprefix("/") in _LINES:
            pieces.append("\n> " if quoted else "\n")
        elif not mark and text[begin : begin + 2] not in ("<!", "<?", "</"):  # a sign of its own, as in a < b
            pieces.append("<")
            at = begin + 1
    lines = (" ".join(each.split()) for each in "".join(pieces).split("\n"))
    return "\n".join(each for each in lines if each not in ("", ">"))


def _end_of_mark(small: str, begin: int, mark: str) -> int:
    """Where the text goes on: behind the mark, the comment, or all that the mark hides."""
    if small.startswith("<!--", begin):
        end = small.find("-->", begin + 4)
        return end + 3 if end >= 0 else len(small)
    end = small.find(">", begin)
    if end < 0:
        return len(small)
    if mark not in _HIDING:
        return end + 1
    closing = small.find(f"</{mark}", end)
    end = small.find(">", closing) if closing >= 0 else -1
    return end + 1 if end >= 0 else len(small)


def _words(text: str) -> str:
    """Text between marks: on one line, its entities read."""
    return re.sub(r"\s+", " ", html.unescape(text))
