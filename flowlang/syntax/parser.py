"""`parse`: a script's text to its tree, or to what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.diagnostics import Diagnostic, Source

from .ast import Module
from .build import Building
from .lexer import Lexer
from .machine import Failure, run


@dataclass(frozen=True, slots=True)
class ParseResult:
    """The tree, `None` where the text could not be read; and what was found wrong, in the order of the text."""

    module: Module | None
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> ParseResult:
    """Reads a whole script. Raises nothing, whatever the text."""
    building = Building(source)
    result = run(Lexer(source.text), building)
    if isinstance(result, Failure):
        building.report("E101", result.token.span, f"`{result.token.text}` cannot stand here")
        return ParseResult(None, tuple(building.diagnostics))
    return ParseResult(result, tuple(building.diagnostics))
