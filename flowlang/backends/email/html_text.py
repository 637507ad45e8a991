"""HTML of a mail as plain text: what a reader sees, without marks. The stdlib's parser, nothing is run."""

from __future__ import annotations

from html.parser import HTMLParser

_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_LINES = frozenset({"p", "div", "br", "tr", "li", "ul", "ol", "h1", "h2", "h3", "h4", "table", "hr"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "blockquote":
            self._quoted += 1
            self.pieces.append("\n> ")
        elif tag in _LINES:
            self.pieces.append("\n> " if self._quoted else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
            self.pieces.append("\n")
        elif tag in ("p", "div"):
            self.pieces.append("\n> " if self._quoted else "\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(" ".join(f" {data} ".split()) if data.strip() else " ")
            if data[-1:].isspace():
                self.pieces.append(" ")


def text_of_html(html: str) -> str:
    """Its text, a line for each block; what it quotes has `>` before it, as plain mails have."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):  # the stdlib's parser on broken declarations
        pass
    lines = (" ".join(each.split()) for each in "".join(reader.pieces).split("\n"))
    return "\n".join(each for each in lines if each)
