"""From the grammar to the tables, by Lark: LALR(1), contextual lexer, `strict=True`.

Strict means that no conflict of rules, and no pair of terminals that match the same text where both may
stand, is settled in silence. `python -m flowlang.syntax.generate` writes `tables.json` beside the grammar.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from lark import Lark
from lark.grammar import Rule as LarkRule
from lark.parsers.lalr_analysis import Shift

from flowlang.resources import grammar_path

from .tables import TABLES_FILE, Rule, Tables, Terminal, grammar_text, to_json

_START = "module"

# Signs that part the items of a list: `item ("," item)*` gives the items alone.
_SEPARATORS = frozenset({"SEPARATOR", "COMMA", "DOT", "VBAR"})


class _LineEnds:
    """Tells Lark that a separator may be met anywhere: the lexer drops those that end nothing."""

    always_accept = ("SEPARATOR",)

    def process(self, stream: Any) -> Any:
        return stream


def build_lark(text: str) -> Lark:
    """Raises Lark's `GrammarError` or `LexError` where the grammar is not strictly LALR(1)."""
    line_ends: Any = _LineEnds()
    return Lark(
        text,
        start=_START,
        parser="lalr",
        lexer="contextual",
        strict=True,
        keep_all_tokens=True,
        maybe_placeholders=True,
        postlex=line_ends,
    )


def generate(text: str) -> Tables:
    """The tables of a grammar."""
    lark: Any = build_lark(text)
    table = lark.parser.parser._parse_table
    rules: list[LarkRule] = list(lark.rules)
    numbers = {rule: at for at, rule in enumerate(rules)}
    terminals = sorted(lark.terminals, key=_precedence)
    names = {str(each.name) for each in terminals} | {"$END"}
    rows, renumbered = _in_order(table.states, table.start_states[_START])
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for row in rows:
        steps = [(name, renumbered[to] if act is Shift else ~numbers[to]) for name, (act, to) in row]
        actions.append({name: step for name, step in steps if name in names})
        gotos.append({name: step for name, step in steps if name not in names})
    return Tables(
        start=renumbered[table.start_states[_START]],
        end=renumbered[table.end_states[_START]],
        actions=tuple(actions),
        gotos=tuple(gotos),
        rules=tuple(_rule(rule) for rule in rules),
        terminals=tuple(_terminal(each) for each in terminals),
    )


def _in_order(states: Any, start: int) -> tuple[list[list[tuple[str, Any]]], dict[int, int]]:
    """The states as they are met from the start, so that one grammar always gives the same file."""
    order = [start]
    renumbered = {start: 0}
    rows: list[list[tuple[str, Any]]] = []
    for state in order:
        row: list[tuple[str, Any]] = sorted(
            ((str(symbol), step) for symbol, step in states[state].items()), key=itemgetter(0)
        )
        rows.append(row)
        for _, (act, to) in row:
            if act is Shift and to not in renumbered:
                renumbered[to] = len(order)
                order.append(to)
    return rows, renumbered


def _precedence(terminal: Any) -> tuple[Any, ...]:
    """Lark's own order: by priority, then what can match more, then the longer pattern."""
    return (-terminal.priority, -terminal.pattern.max_width, -len(terminal.pattern.value), terminal.name)


def _terminal(terminal: Any) -> Terminal:
    fixed = terminal.pattern.type == "str"
    text = str(terminal.pattern.value).replace("\\", "") if fixed else None
    return Terminal(str(terminal.name), str(terminal.pattern.to_regexp()), text)


def _slots(rule: LarkRule) -> tuple[int | None, ...] | None:
    """Lark marks, among all symbols of the line as written, those that this rule leaves out."""
    left_out: tuple[bool, ...] = rule.options.empty_indices
    if not any(left_out):
        return None
    return tuple(None if out else at - sum(left_out[:at]) for at, out in enumerate(left_out))


def _rule(rule: LarkRule) -> Rule:
    origin = str(rule.origin.name)
    symbols = [str(symbol.name) for symbol in rule.expansion]
    if origin.startswith("__"):  # Lark's name for a repetition
        keeps = tuple(at for at, name in enumerate(symbols) if name not in _SEPARATORS and name != origin)
        return Rule(origin, len(symbols), None, None, keeps, symbols[0] == origin)
    slots = _slots(rule)
    stands = rule.options.expand1 and not rule.alias and len(symbols) == 1 and slots is None
    builder = rule.alias or rule.options.template_source or origin
    return Rule(origin, len(symbols), None if stands else str(builder), slots, None, False)


def main() -> None:
    """Writes the tables of the grammar as it stands."""
    text = grammar_text()
    (grammar_path() / TABLES_FILE).write_text(to_json(generate(text), text), encoding="utf-8")


if __name__ == "__main__":
    main()
