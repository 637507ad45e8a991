"""Calls that are whole statements.

They are written as commands, without parentheses, where the language allows it; a flow of the same script is
called, with them: `say "Hi"`, but `goodbye("Hi")`.
"""

from __future__ import annotations

from flowlang.syntax import ast

from .expressions import argument, call_brackets
from .formatting import Formatting, commas, enclosed, tall_ones
from .layout import LINE, Align, Concat, Doc, Either, Fill, Nest, concat, joined

_NOT_BARE = tuple("([{-/")  # with which the first argument of a command may not begin


def command(f: Formatting, call: ast.Call) -> Doc:
    """The arguments of a whole statement."""
    callee, arguments = call.callee, call.arguments
    own = isinstance(callee, ast.Name) and callee.name in f.own_flows
    if not arguments:
        return "()" if own else ""
    in_brackets = f.text.next_sign(callee.span.end) == "("
    if in_brackets and (own or _is_laid_out(f, call)):
        return call_brackets(f, call)
    first, last = arguments[0].span, arguments[-1].span
    if f.text.has_comment(first.start, last.end if own else last.start):
        pieces = f.pieces(arguments, argument, last.end, bare=True)
        if own:
            return concat("(", Nest(concat(LINE, f.lines(pieces, ",", ","))), LINE, ")")
        return concat(" ", Align(f.lines(pieces, ",")))
    docs = [argument(f, each) for each in arguments]
    if own or _first_text(docs[0]).startswith(_NOT_BARE):
        return enclosed("(", ")", arguments, docs)
    tall = tall_ones(arguments, docs)
    if any(tall[:-1]):
        return concat(" ", Align(joined(concat(",", LINE), docs)))
    return concat(" ", commas(docs, tall[-1]))


def _is_laid_out(f: Formatting, call: ast.Call) -> bool:
    """Whether the author gave the arguments lines of their own."""
    opened = f.text.find("(", call.callee.span.end)
    closed = f.text.find(")", call.arguments[-1].span.end)
    return f.text.line_ends_behind(opened) or f.text.has_comment(opened, closed)


def _first_text(doc: Doc) -> str:
    """The text that a document begins with."""
    while not isinstance(doc, str):
        match doc:
            case Concat():
                doc = next((each for each in doc.parts if each), "")
            case Fill():
                doc = doc.items[0]
            case Nest() | Align():
                doc = doc.doc
            case Either():
                doc = doc.flat
            case _:
                return ""
    return doc
