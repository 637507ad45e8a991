"""W507: an `ask` in a thread offers an answer that is a word by which people opt out of messages. Who gives
it is asked nothing more: the word counts before any flow sees it."""

from __future__ import annotations

from collections.abc import Iterator

from flowlang.diagnostics import Diagnostic
from flowlang.model.manners import Manners, word_of, words_of
from flowlang.syntax import ast

from .literals import literal_value
from .own_calls import own_calls
from .program import Program


def opting_out(program: Program, manners: Manners) -> Iterator[Diagnostic]:
    """Of the script's own flows that are reached on a channel on which such words count."""
    words, where = words_of(manners.opt_out), frozenset(manners.opt_out_channels)
    for call in own_calls(program):
        channels = sorted(call.flow.channels & where)
        if call.action.name != "ask" or not channels:
            continue
        given = call.given("options")
        for node in given.items if isinstance(given, ast.ListLiteral) else (given,):
            if node is None:
                continue
            value = literal_value(node.value if isinstance(node, ast.Spread) else node, call.module.values)
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, str) and word_of(each) in words:
                    message = f"who answers `{each.strip()}` on {channels[0]} opts out of all messages"
                    hint = "use a word that is none of `opt_out` in `[messages]` of flow.toml"
                    yield Diagnostic("W507", call.module.module.source, node.span, message, hint=hint)
