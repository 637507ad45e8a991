"""Documents: text that knows where it may be broken, and `layout`, which breaks it where it must.

The algebra is Wadler's ("A prettier printer", 2003), with Oppen's fill and three things that scripts need:
text that ends no line but has line ends in it (long text), two forms for one thing (a block on one line or on
several), and remarks, which go to the end of whatever line they are met on. A document is `hard` where it
cannot stand on one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH = 100  # columns
STEP = 4  # columns of one level of indentation


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment behind what stands on the line."""

    text: str


@dataclass(frozen=True, slots=True)
class HardLine:
    """A line end, with an empty line below it if it is `blank`."""

    blank: bool = False


@dataclass(frozen=True, slots=True)
class Concat:
    """One behind the other."""

    parts: tuple[Doc, ...]
    hard: bool


@dataclass(frozen=True, slots=True)
class Nest:
    """Lines inside are indented one level further."""

    doc: Doc


@dataclass(frozen=True, slots=True)
class Align:
    """Lines inside are indented to the column at which it begins."""

    doc: Doc


@dataclass(frozen=True, slots=True)
class Fill:
    """Items with a blank between them; a line end in its place where the next item does not fit."""

    items: tuple[Doc, ...]
    hard: bool
    begun: bool = False  # whether something stands before the first item


@dataclass(frozen=True, slots=True)
class Either:
    """`flat` if it fits on the line, otherwise `tall`."""

    flat: Doc
    tall: Doc


Doc = str | Remark | HardLine | Concat | Nest | Align | Fill | Either

LINE = HardLine()


def hard(doc: Doc) -> bool:
    """Whether it takes more than one line in any case."""
    if isinstance(doc, str):
        return "\n" in doc
    if isinstance(doc, Nest | Align):
        return hard(doc.doc)
    if isinstance(doc, Either):
        return hard(doc.flat)
    return not isinstance(doc, Concat | Fill) or doc.hard


def concat(*parts: Doc) -> Doc:
    """One behind the other."""
    return Concat(parts, any(hard(each) for each in parts))


def joined(separator: Doc, docs: Iterable[Doc]) -> Doc:
    """One behind the other, with a separator between two."""
    parts: list[Doc] = []
    for each in docs:
        if parts:
            parts.append(separator)
        parts.append(each)
    return concat(*parts)


def fill(items: Sequence[Doc]) -> Doc:
    """As many on a line as fit."""
    return Fill(tuple(items), any(hard(each) for each in items))


_Frame = tuple[int, bool, Doc]  # indentation, whether it has to stay on the line, what


@dataclass(slots=True)
class _Page:
    """What has been written so far: finished lines, each with its remark, and the one being written.

    `before` columns of the first line are taken by what somebody else writes.
    """

    before: int
    lines: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, "str | None"]])
    text: str = ""
    remark: str | None = None
    column: int = 0
    indent: int = 0

    def write(self, text: str) -> None:
        if not self.text:
            self.text = " " * self.indent
        self.text += text
        begin = self.text.rfind("\n") + 1
        self.column = len(self.text) - begin + (0 if begin or self.lines else self.before)

    def end_line(self, indent: int) -> None:
        self.lines.append((self.text.rstrip(" "), self.remark))
        self.text, self.remark = "", None
        self.column = self.indent = indent


def layout(doc: Doc, indent: int = 0) -> str:
    """The text of a document, lines after the first indented as said; without a line end at its end."""
    page = _Page(indent, column=indent)
    stack: list[_Frame] = [(indent, False, doc)]
    while stack:
        inside, flat, each = stack.pop()
        if isinstance(each, str):
            page.write(each)
        elif isinstance(each, Concat):
            stack.extend((inside, flat, part) for part in reversed(each.parts))
        elif isinstance(each, HardLine):
            page.end_line(inside)
            if each.blank:
                page.end_line(inside)
        elif isinstance(each, Nest):
            stack.append((inside + STEP, flat, each.doc))
        elif isinstance(each, Align):
            stack.append((page.column, flat, each.doc))
        elif isinstance(each, Remark):
            page.remark = each.text
        elif isinstance(each, Either):
            fits = flat or (not hard(each.flat) and _fits(WIDTH - page.column, each.flat, stack))
            stack.append((inside, fits, each.flat if fits else each.tall))
        else:
            _fill(each, (inside, flat), page, stack)
    page.end_line(0)
    return "\n".join(_with_remarks(page.lines))


def _fill(doc: Fill, mode: tuple[int, bool], page: _Page, stack: list[_Frame]) -> None:
    """Begins with the first item and leaves the others on the stack: whether they fit shows when the first is
    written."""
    indent, flat = mode
    first, others = doc.items[0], doc.items[1:]
    if others:
        stack.append((indent, flat, Fill(others, doc.hard, begun=True)))
    if doc.begun:
        fits = flat or _fits(WIDTH - page.column - 1, first, () if others else stack)
        if not fits:
            page.end_line(indent)
        else:
            page.write(" ")
    stack.append((indent, flat, first))


def _fits(room: int, doc: Doc, behind: Sequence[_Frame]) -> bool:
    """Whether a document, flat, and what follows up to where a line may end, have room."""
    todo: list[tuple[bool, Doc]] = [(True, doc)]
    follows = len(behind)
    while todo or follows:
        if todo:
            flat, each = todo.pop()
        else:
            follows -= 1
            _, flat, each = behind[follows]
        if isinstance(each, str):
            first, ends, _ = each.partition("\n")
            room -= len(first)
            if room < 0:
                return False
            if ends:
                return True
        elif isinstance(each, Concat):
            todo.extend((flat, part) for part in reversed(each.parts))
        elif isinstance(each, HardLine):
            return True
        elif isinstance(each, Nest | Align):
            todo.append((flat, each.doc))
        elif isinstance(each, Either):
            todo.append((flat, each.flat if flat else each.tall))
        elif isinstance(each, Fill):
            if each.begun and not flat:
                return True
            todo.extend((flat, part) for part in _spaced(each))
    return True


def _spaced(doc: Fill) -> list[Doc]:
    """The items of a fill with the blanks between them, last first."""
    parts: list[Doc] = []
    for item in doc.items:
        if parts or doc.begun:
            parts.append(" ")
        parts.append(item)
    parts.reverse()
    return parts


def _with_remarks(lines: list[tuple[str, str | None]]) -> list[str]:
    """Lines with their remarks, two columns behind the text. In neighbouring lines with the same indentation
    they stand in one column, unless one would stick out for that."""
    result: list[str] = []
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and _alike(lines[end - 1], lines[end]):
            end += 1
        run = [(text, remark) for text, remark in lines[at:end] if remark is not None]
        column = max((len(text) for text, _ in run), default=0)
        aligned = all(column + 2 + len(remark) <= WIDTH for _, remark in run)
        for text, remark in lines[at:end]:
            padded = text.ljust(column) if aligned and remark is not None else text
            result.append(text if remark is None else f"{padded}  {remark}")
        at = end
    return result


def _alike(above: tuple[str, str | None], below: tuple[str, str | None]) -> bool:
    if above[1] is None or below[1] is None or "\n" in above[0] + below[0]:
        return False
    return len(above[0]) - len(above[0].lstrip()) == len(below[0]) - len(below[0].lstrip())
