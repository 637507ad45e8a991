"""What the parts of the formatter share: the script, how deep a block lies, and lists of things.

A list of things (statements, arms, declarations, the items of a long list) stands a thing a line, comments
between them and behind them, at most one empty line where the author left some.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from flowlang.syntax import ast

from .layout import (
    LINE,
    STEP,
    WIDTH,
    Align,
    Doc,
    Either,
    HardLine,
    Nest,
    Remark,
    concat,
    fill,
    hard,
    joined,
    layout,
)
from .source import Text


@dataclass(frozen=True, slots=True)
class Row:
    """A thing of several cells; in neighbours of the same kind, on one line each, they stand in columns. A
    cell may be empty."""

    kind: type[ast.Node]
    cells: tuple[Doc, ...]

    def doc(self) -> Doc:
        """For itself."""
        return joined(" ", [each for each in self.cells if each != ""])


Build = Callable[["Formatting", Any], "Doc | Row"]


@dataclass(slots=True)
class Piece:
    """One thing of a list, or a comment between two (`node` is `None`).

    `remarks` are the comments behind it: one on its line, more below.
    """

    node: ast.Node | None
    doc: Doc | Row
    blank: bool
    remarks: tuple[str, ...] = ()


class Formatting:
    """One script on its way to its canonical form."""

    def __init__(self, text: Text, own_flows: frozenset[str]) -> None:
        self.text = text
        self.own_flows = own_flows
        self.depth = 0  # blocks around
        self.holes = 0  # templates around: all on one line

    # Lists of things -------------------------------------------------------------------------------------

    def pieces(self, nodes: Sequence[ast.Node], build: Build, end: int, *, bare: bool = False) -> list[Piece]:
        """The things with the comments before, behind and, up to `end`, below them.

        `bare` things have no bracket around them: no comment stands before the first or behind the last.
        """
        found: list[Piece] = []
        before: int | None = None
        for at, node in enumerate(nodes):
            last = at == len(nodes) - 1
            if not (bare and at == 0):
                before = self._comments(found, before, node.span.start)
            doc = build(self, node)
            blank = before is not None and self.text.blank_between(before, node.span.start)
            below = end if last else nodes[at + 1].span.start
            remarks = [] if bare and last else self.text.take_behind(node.span.end, below)
            before = max(node.span.end, *(each.end for each in remarks), 0)
            found.append(Piece(node, doc, blank, tuple(self.text.comment(each) for each in remarks)))
        if not bare:
            self._comments(found, before, end)
        return found

    def _comments(self, found: list[Piece], before: int | None, end: int) -> int | None:
        for each in self.text.take(end):
            blank = before is not None and self.text.blank_between(before, each.start)
            found.append(Piece(None, self.text.comment(each), blank))
            before = each.end
        return before

    def lines(self, pieces: Sequence[Piece], comma: str = "", last_comma: str = "") -> Doc:
        """Pieces, one below the other."""
        docs = self._aligned(pieces)
        parts: list[Doc] = []
        final = max((at for at, piece in enumerate(pieces) if piece.node is not None), default=-1)
        for at, (piece, doc) in enumerate(zip(pieces, docs, strict=True)):
            if parts:
                parts.append(HardLine(piece.blank))
            parts.append(doc)
            if piece.node is not None:
                parts.append(last_comma if at == final else comma)
                parts.extend(remarks(piece.remarks))
        return concat(*parts)

    def _aligned(self, pieces: Sequence[Piece]) -> list[Doc]:
        """Rows of a kind that follow one another, each on one line, with their halves in columns."""
        docs: list[Doc] = []
        run: list[tuple[int, Row, int]] = []  # place, row, width
        for piece in pieces:
            row = piece.doc
            if piece.blank or not isinstance(row, Row) or (run and run[0][1].kind is not row.kind):
                _pad(docs, run)
                run = []
            if not isinstance(row, Row):
                docs.append(row)
                continue
            whole = row.doc()
            width = self._width(whole)
            if width is None:
                _pad(docs, run)
                run = []
            else:
                run.append((len(docs), row, width))
            docs.append(whole)
            if len(piece.remarks) > 1:  # comments come below
                _pad(docs, run)
                run = []
        _pad(docs, run)
        return docs

    def is_one_line(self, piece: Piece) -> bool:
        """Whether it stands on one line here."""
        return self._width(_plain(piece.doc)) is not None

    def _width(self, doc: Doc) -> int | None:
        """The column at which it would end here; `None` if it takes more than one line."""
        if hard(doc):
            return None
        indent = self.depth * STEP
        text = layout(doc, indent)
        return None if "\n" in text else indent + len(text)

    # Brackets --------------------------------------------------------------------------------------------

    def braces(self, opened: int, closed: int, nodes: Sequence[ast.Node], build: Build, inline: bool) -> Doc:
        """A block. `inline` says that it may stand on one line, because its author put it there."""
        if not nodes and not self.text.has_comment(opened, closed):
            return "{}"
        flat = inline and not self.text.has_comment(opened, closed)
        first = nodes[0].span.start if nodes else closed
        behind = () if flat else self.taken_behind(opened + 1, first)
        self.depth += 1
        pieces = self.pieces(nodes, build, closed) if not flat else self._uncommented(nodes, build)
        body = concat(*remarks(behind), LINE, self.lines(pieces)) if pieces else concat(*remarks(behind))
        self.depth -= 1
        tall = concat("{", Nest(body), LINE, "}")
        if not flat:
            return tall
        return Either(concat("{ ", joined("; ", [_plain(each.doc) for each in pieces]), " }"), tall)

    def _uncommented(self, nodes: Sequence[ast.Node], build: Build) -> list[Piece]:
        found: list[Piece] = []
        before: int | None = None
        for node in nodes:
            blank = before is not None and self.text.blank_between(before, node.span.start)
            found.append(Piece(node, build(self, node), blank))
            before = node.span.end
        return found

    def taken_behind(self, offset: int, before: int) -> tuple[str, ...]:
        """The comments up to the end of the line on which an offset is."""
        return tuple(self.text.comment(each) for each in self.text.take_behind(offset, before))

    def bracketed(self, opened: int, close: str, nodes: Sequence[ast.Node], build: Build) -> Doc:
        """A list of things with commas in brackets, of which the first stands at `opened`."""
        open_ = self.text.text[opened]
        if not nodes:
            return open_ + close
        closed = self.text.find(close, nodes[-1].span.end)
        commented = self.text.has_comment(opened, closed)
        if not self.holes and (commented or self.text.line_ends_behind(opened)):
            behind = self.taken_behind(opened + 1, nodes[0].span.start) if commented else ()
            pieces = self.pieces(nodes, build, closed) if commented else self._uncommented(nodes, build)
            body = self.lines(pieces, ",", ",")
            return concat(open_, Nest(concat(*remarks(behind), LINE, body)), LINE, close)
        docs = list(map(_plain, map(build, repeat(self), nodes)))  # no frame of its own: trees are deep
        return enclosed(open_, close, nodes, docs)


def enclosed(open_: str, close: str, nodes: Sequence[ast.Node], docs: list[Doc]) -> Doc:
    """Things in brackets, without comments between them."""
    tall = tall_ones(nodes, docs)
    if any(tall[:-1]):
        return concat(open_, Nest(concat(LINE, joined(concat(",", LINE), docs), ",")), LINE, close)
    return concat(open_, commas(docs, tall[-1]), close)


def commas(docs: list[Doc], tall: bool = False) -> Doc:
    """Things with commas between: as many on a line as fit, under the first. If the last is `tall`, such as a
    map of several lines, all stay on the line on which it begins."""
    if tall:
        return joined(", ", docs)
    return Align(fill([concat(each, ",") for each in docs[:-1]] + docs[-1:]))


def tall_ones(nodes: Sequence[ast.Node], docs: Sequence[Doc]) -> list[bool]:
    """Which of them take several lines in any case; a long text does not count."""
    return [hard(doc) and not _is_text(node) for node, doc in zip(nodes, docs, strict=True)]


def _is_text(node: ast.Node) -> bool:
    value = node.value if isinstance(node, ast.Argument | ast.Entry | ast.Spread) else node
    return isinstance(value, ast.Text | ast.Template)


def remarks(comments: Sequence[str]) -> list[Doc]:
    """The first behind what stands on the line, the others below it."""
    parts: list[Doc] = []
    for at, each in enumerate(comments):
        parts.extend((LINE, each) if at else (Remark(each),))
    return parts


def _plain(doc: Doc | Row) -> Doc:
    return doc.doc() if isinstance(doc, Row) else doc


def _pad(docs: list[Doc], run: list[tuple[int, Row, int]]) -> None:
    """Puts the rows of a run into columns, unless a line would stick out for that."""
    rows = [[layout(cell) for cell in row.cells] for _, row, _ in run]
    columns = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    padded: list[str] = []
    for cells, (_, _, width) in zip(rows, run, strict=True):
        pairs = zip(cells, columns, strict=False)
        text = " ".join([each.ljust(column) for each, column in pairs if column] + [cells[-1]])
        plain = len(" ".join(filter(None, cells)))
        if len(text) > plain and width - plain + len(text) > WIDTH:
            return
        padded.append(text)
    for text, (at, _, _) in zip(padded, run, strict=True):
        docs[at] = text
