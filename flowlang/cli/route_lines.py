"""What `flow explain-route` shows: routes in the order in which they are tried, with what decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowlang.compile.runtime.texts import shown
from flowlang.core import ClauseReport, Opening, RouteReport, Script, report_routes
from flowlang.graph.words import short
from flowlang.model.plain import to_plain
from flowlang.model.values import Time
from flowlang.syntax import ast

from .display import printable


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A route, whether it takes it, and where it does not though all holds, the one that comes before it."""

    script: Script
    report: RouteReport
    takes: bool
    before: RouteReport | None
    before_where: str

    @property
    def where(self) -> str:
        """File and line."""
        return _where(self.script, self.report)

    def written(self, node: ast.Node) -> str:
        """Text of the script."""
        return short(self.script.program.module.source[node.span])


def look(scripts: list[Script], opening: Opening) -> list[Looked]:
    """All routes of all scripts, as the engine tries them: by priority, then by script, then as written."""
    found = [(script, report) for script in scripts for report in report_routes(script, opening)]
    found.sort(key=lambda each: -each[1].route.priority)  # stable: by script, then as written
    winner = next((each for each in found if each[1].holds), None)
    before, where = (winner[1], _where(*winner)) if winner is not None else (None, "")
    return [
        Looked(
            script, report, report is before, before if report.holds and report is not before else None, where
        )
        for script, report in found
    ]


def _where(script: Script, report: RouteReport) -> str:
    return f"{script.program.module.source.name}:{report.route.line}"


def asked(opening: Opening) -> str:
    """What comes in."""
    said = opening.channel or ""
    for word, address in (("to", opening.to), ("from", opening.source), ("via", opening.via)):
        said += f" {word} {printable(address)}" if address is not None else ""
    return f"{said} at {Time(opening.at)}"


def route_lines(looked: list[Looked], opening: Opening) -> Iterator[str]:
    """A route a paragraph."""
    for each in looked:
        verdict = "takes it" if each.takes else "does not"
        yield f"{verdict}: {each.where}: {each.written(each.report.route.node)}"
        yield from (f"    {reason}" for reason in _reasons(each, opening))
    if not looked:
        yield "there are no routes"
    elif not any(each.takes for each in looked):
        yield "no route takes it"


def _reasons(each: Looked, opening: Opening) -> Iterator[str]:
    clauses = each.report.clauses
    wrong_channel = not clauses[0].holds
    for clause in clauses[:1] if wrong_channel else clauses[1:]:
        if each.takes or each.before is not None or not clause.holds:
            yield _clause(each, clause, opening)
    if each.takes:
        yield f"priority {each.report.route.priority}, the best of those that hold"
    elif each.before is not None:
        mine, better = each.report.route.priority, each.before.route.priority
        how = f"has priority {better}, this one {mine}" if mine != better else "comes first"
        yield f"all of it holds, but {each.before_where} {how}"


def _clause(each: Looked, clause: ClauseReport, opening: Opening) -> str:
    node = each.report.route.node
    match clause.word:
        case "channel":
            return f"it is for {node.channel}"
        case "to" | "from" | "via":
            written, came = {
                "to": (node.to, opening.to),
                "from": (node.source, opening.source),
                "via": (node.via, opening.via),
            }[clause.word]
            assert written is not None
            nothing = "no trunk" if clause.word == "via" else "nobody"
            value, text = printable(shown(clause.value)), each.written(written)
            meant = text if text.strip("\"'") == value else f"{text} is {value}, which"
            fits = (
                "fits" if clause.holds else f"does not fit {printable(came) if came is not None else nothing}"
            )
            return f"{clause.word} {meant} {fits}"
        case "when":
            assert node.when is not None
            so = clause.fault or ("holds" if clause.holds else "does not hold")
            return f"when {each.written(node.when)} {so}" if clause.fault is None else f"when … {so}"
        case "arguments":
            return f"its arguments cannot be worked out: {clause.fault}"


def plain(each: Looked) -> dict[str, Any]:
    """One JSON object."""
    route = each.report.route
    return {
        "kind": "route",
        "file": each.script.program.module.source.name,
        "line": route.line,
        "route": each.written(route.node),
        "flow": route.target.flow,
        "priority": route.priority,
        "takes": each.takes,
        "holds": each.report.holds,
        "clauses": [
            {"clause": one.word, "value": to_plain(one.value), "holds": one.holds, "fault": one.fault}
            for one in each.report.clauses
        ],
        "before": each.before_where if each.before is not None else None,
    }
