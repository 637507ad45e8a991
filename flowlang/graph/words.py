"""What stands in a node: the script's own words, made short."""

from __future__ import annotations

from flowlang.diagnostics import Source
from flowlang.syntax import ast

LONGEST = 110
"""Characters of a node's text: three lines or four."""

_LONGEST_LABEL = 40


def short(text: str, limit: int = LONGEST) -> str:
    """One line, with nothing in it that cannot be seen, cut at a word where there is one."""
    seen = "".join(each if each.isprintable() else " " for each in text[: 20 * limit])
    line = " ".join(seen.split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head, _, tail = cut.rpartition(" ")
    return (head if head and len(tail) < limit // 3 else cut).rstrip(" ,;:") + "…"


class Words:
    """Of one script."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def of(self, node: ast.Node, limit: int = LONGEST) -> str:
        """An expression as it is written."""
        return short(self._source[node.span], limit)

    def line(self, node: ast.Node) -> int:
        """The line that it begins on."""
        return self._source.position(node.span.start).line

    def spoken(self, node: ast.Expression, limit: int = LONGEST) -> str:
        """Text in typographic quotes, however it is quoted in the script; anything else as written."""
        match node:
            case ast.Text(value=value):
                return f"“{short(value, limit)}”"
            case ast.Template(parts=parts):
                whole = "".join(
                    each if isinstance(each, str) else f"${{{self._source[each.span]}}}" for each in parts
                )
                return f"“{short(whole, limit)}”"
            case _:
                return self.of(node, limit)

    def arguments(self, given: tuple[ast.Argument, ...]) -> str:
        """Those given by place, which say what it is about; without any, the named ones."""
        by_place = [self.spoken(each.value) for each in given if each.name is None]
        if by_place:
            return short(", ".join(by_place), LONGEST + 2)
        return short(", ".join(f"{each.name}: {self.spoken(each.value, _LONGEST_LABEL)}" for each in given))

    def target(self, target: ast.FlowTarget) -> str:
        """A flow as the script names it."""
        return f"{target.module}.{target.name}" if target.module else target.name

    def patterns(self, patterns: tuple[ast.Pattern, ...]) -> str:
        """As an arm or an event has them."""
        return ", ".join(self._pattern(each) for each in patterns)

    def _pattern(self, pattern: ast.Pattern) -> str:
        if isinstance(pattern, ast.Wildcard):
            return "anything else"
        if isinstance(pattern, ast.LiteralPattern):
            return self.spoken(pattern.value, _LONGEST_LABEL)
        return self.of(pattern, _LONGEST_LABEL)

    def arm(self, arm: ast.Arm) -> str:
        """An arm's head."""
        guard = f" when {self.of(arm.guard, _LONGEST_LABEL)}" if arm.guard is not None else ""
        return short(self.patterns(arm.patterns) + guard, _LONGEST_LABEL * 2)

    def event(self, node: ast.On | ast.WaitFor) -> str:
        """What a handler or `wait for` is for."""
        patterns = f" {self.patterns(node.patterns)}" if node.patterns else ""
        guard = ""
        if isinstance(node, ast.On) and node.guard is not None:
            guard = f" when {self.of(node.guard, _LONGEST_LABEL)}"
        return short(f"{node.event}{patterns}{guard}", _LONGEST_LABEL * 2)

    def route(self, route: ast.Route) -> str:
        """A route without its flow."""
        said = route.channel
        clauses = {"to": route.to, "from": route.source, "via": route.via, "when": route.when}
        for word, clause in clauses.items():
            if clause is not None:
                said += f" {word} {self.of(clause, _LONGEST_LABEL)}"
        if route.priority is not None:
            said += f" priority {route.priority}"
        return said
