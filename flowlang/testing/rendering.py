"""Results as the lines that a person reads.

    ok    desk.flow:120  the menu reaches the nurse                     25s

A failure shows the statement that was not met, what was expected, and below it all that happened, each thing
with its time on the virtual clock; `>` marks where the expected might have been.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.diagnostics import Source, Span
from flowlang.model.values import HOUR, MINUTE, SECOND

from .coverage import FileCoverage, Piece
from .results import Failure, TestResult

_SHOWN = 30  # things seen in a table; the rest is cut off at its beginning
_WIDTH = 100  # characters of a thing seen
_MESSAGE = 300


def clock(microseconds: int) -> str:
    """A time since a test began: `0:07.500`, `4:00:00.000`."""
    hours, rest = divmod(microseconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest / SECOND:06.3f}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


def result_lines(result: TestResult) -> Iterator[str]:
    """One line, and below it why the test failed."""
    how = "ok   " if result.passed else "FAIL "
    place = f"{result.source.name}:{result.line}"
    yield f"{how} {place}  {printable(result.title)}  ({clock(result.lasted)})"
    if result.failure is not None:
        yield from _failure_lines(result.source, result.failure)


def _failure_lines(source: Source, failure: Failure) -> Iterator[str]:
    line, column = source.position(failure.span.start)
    yield f"{source.name}:{line}:{column}: {printable(failure.message, _MESSAGE)}"
    yield from pointed(source, failure.span)
    if failure.expected is not None:
        yield f"    expected  {printable(failure.expected)}"
    skipped = max(0, len(failure.seen) - _SHOWN)
    if failure.seen:
        yield "    happened" + (f"  (after {skipped} earlier things)" if skipped else "")
    widest = max((len(each.who) for each in failure.seen[skipped:]), default=0)
    for place, each in enumerate(failure.seen[skipped:], skipped):
        mark = ">" if place in failure.unfound else " "
        cut = " (cut)" if each.cut else ""
        at = clock(each.at - failure.began)
        who = f"{printable(each.who):{widest}}"
        yield f"  {mark} {at:>12}  {who}  {printable(each.what)}{cut}"


def coverage_lines(coverage: FileCoverage) -> Iterator[str]:
    """The percentage, then each piece that was never taken with its line."""
    source = coverage.source
    yield f"{source.name}: {coverage.percent} % taken ({len(coverage.taken)} of {len(coverage.pieces)})"
    for piece in coverage.missed:
        line, column = source.position(piece.span.start)
        yield f"{source.name}:{line}:{column}: {_missed(piece)}"
        yield from pointed(source, piece.span)


def _missed(piece: Piece) -> str:
    name = printable(piece.name, 40)
    match piece.kind:
        case "route":
            return f"this route to `{name}` is never taken"
        case "flow" | "func":
            return f"the {'flow' if piece.kind == 'flow' else 'function'} `{name}` is never run"
        case "then":
            return "this condition is never true"
        case "no else":
            return "this condition is never false"
        case "else":
            return "this `else` is never taken"
        case "arm":
            return f"the arm `{name}` is never taken"
        case "loop":
            return f"this `{name}` never has a round"
        case "deadline":
            return "the time of this `within` is never over"
        case "catch":
            return "nothing is ever caught here"
        case "handler":
            return f"`on {name}` never runs"
        case "outcome":
            return f"this never ends with `{name}`"


def pointed(source: Source, span: Span) -> Iterator[str]:
    """The line on which a span begins, with carets below its part of it."""
    line, column = source.position(span.start)
    text = source.line(line)
    before = "".join("\t" if each == "\t" else " " for each in text[: column - 1])
    width = max(1, min(span.end - span.start, len(text) - column + 1))
    yield "    " + "".join(each if each == "\t" else printable(each) for each in text)
    yield f"    {before}{'^' * width}"


def printable(text: str, limit: int = _WIDTH) -> str:
    """The text on one line: no control characters, no more than `limit` characters."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        each if each.isprintable() else " " if each in "\t\r\n" else "\N{REPLACEMENT CHARACTER}"
        for each in shown
    )
