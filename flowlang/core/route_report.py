"""Why routes take something that comes in, and why not: all of them, each clause looked at.

Routing itself (`choose_route`) stops at the first route that takes it, and at the first clause that does not
hold; a test holds both to the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowlang.compile.runtime.faults import Fault
from flowlang.model.values import Value

from .opening import Opening
from .routing import Bystander, fits, names_trunk

if TYPE_CHECKING:
    from flowlang.compile import CompiledRoute, Script

Word = Literal["channel", "to", "from", "via", "when", "arguments"]


@dataclass(frozen=True, slots=True)
class ClauseReport:
    """A clause of a route: its value where it has one, and whether it holds. `fault` says why it could not be
    worked out; such a clause does not hold."""

    word: Word
    value: Value
    holds: bool
    fault: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RouteReport:
    """A route with all its clauses, in the order in which they are looked at."""

    route: CompiledRoute
    clauses: tuple[ClauseReport, ...]

    @property
    def holds(self) -> bool:
        """Whether it takes it, unless a better one does."""
        return all(each.holds for each in self.clauses)


def report_routes(script: Script, opening: Opening) -> tuple[RouteReport, ...]:
    """All routes, the first to be tried first: the first that holds is the one that takes it."""
    return tuple(RouteReport(each, tuple(_clauses(each, opening))) for each in script.routes)


def _clauses(route: CompiledRoute, opening: Opening) -> list[ClauseReport]:
    channel = route.node.channel
    found = [ClauseReport("channel", channel, channel == opening.channel)]
    if route.to is not None:
        found.append(ClauseReport("to", route.to, fits(route.to, opening.to)))
    if route.source is not None:
        found.append(ClauseReport("from", route.source, fits(route.source, opening.source)))
    if route.via is not None:
        found.append(ClauseReport("via", route.via, names_trunk(route.via, opening.via)))
    if route.when is not None:
        try:
            holds = route.when(Bystander(opening))
            found.append(ClauseReport("when", holds, holds))
        except Fault as fault:
            found.append(ClauseReport("when", None, holds=False, fault=_said(fault)))
    if all(each.holds for each in found):
        try:
            seen = Bystander(opening)
            route.target.arguments(seen)
            if route.otherwise is not None:
                route.otherwise.arguments(seen)
        except Fault as fault:
            found.append(ClauseReport("arguments", None, holds=False, fault=_said(fault)))
    return found


def _said(fault: Fault) -> str:
    return f"fault `{fault.code}`: {fault.text}"
