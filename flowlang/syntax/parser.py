"""`parse`: a script's text to its tree, or to what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flowlang.diagnostics import Diagnostic, Source, Span

from .ast import Module
from .build import MAX_DEPTH, Building, TooDeep
from .build.literals import too_large
from .lexer import Lexer
from .limits import check_text, deepest
from .machine import Failure, Stack, run
from .mistakes import explain
from .mistakes.scene import Scene
from .recovery import resume

_MOST_DIAGNOSTICS = 20  # of one reading; after so many nobody reads on
_SHALLOW = 40  # brackets times operators in a row: with fewer nothing can be nested too deep
_COMMENT = re.compile(r"#[^\r\n]*")


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What was read from `source`.

    `module` is `None` where a part of the text could not be read. `diagnostics` stand in the order of the
    text; with an error among them the tree is there to be looked at, not to be run.
    """

    source: Source
    module: Module | None
    diagnostics: tuple[Diagnostic, ...]
    _comments: tuple[Span, ...] = ()

    @property
    def comments(self) -> tuple[Span, ...]:
        """Every comment, docs included, from its `#` to the end of its line, in the order of the text."""
        return tuple(
            Span(*found.span())
            for region in self._comments
            for found in _COMMENT.finditer(self.source.text, region.start, region.end)
        )


def parse(source: Source) -> ParseResult:
    """Reads a whole script. Raises nothing, whatever the text."""
    refused = check_text(source)
    if refused is not None:
        return ParseResult(source, None, (refused,))
    building = Building(source)
    lexer = Lexer(source.text, 1 if source.text.startswith("\ufeff") else 0)
    module = _read(building, lexer)
    for span in building.wants_minus:
        too_large(building, span)
    if module is not None:
        module = _checked_for_depth(module, building, lexer)
    diagnostics = sorted(building.diagnostics, key=lambda each: each.span)
    return ParseResult(source, module, tuple(diagnostics[:_MOST_DIAGNOSTICS]), tuple(lexer.comments))


def _read(building: Building, lexer: Lexer) -> Module | None:
    stack = Stack()
    broken = False
    while True:
        try:
            result = run(lexer, building, stack)
        except TooDeep as deep:
            _report_depth(building, deep.span)
            return None
        if not isinstance(result, Failure):
            return None if broken else result
        broken = True
        lexer.put_back(result.token)
        scene = Scene(building.source, result.token, stack, lexer)
        diagnostic = explain(scene)
        building.diagnostics.append(diagnostic)
        if len(building.diagnostics) >= _MOST_DIAGNOSTICS or scene.at_end:
            return None
        if diagnostic.code == "E106" or not resume(scene, diagnostic.code):
            return None


def _checked_for_depth(module: Module, building: Building, lexer: Lexer) -> Module | None:
    if (lexer.deepest + 1) * (building.longest_chain + 1) <= _SHALLOW:
        return module
    node = deepest(module)
    if node is None:
        return module
    _report_depth(building, node.span)
    return None


def _report_depth(building: Building, span: Span) -> None:
    building.report(
        "E106", span, f"this is nested more than {MAX_DEPTH} deep",
        hint="put parts of it into `let`s, flows or funcs",
    )  # fmt: skip
