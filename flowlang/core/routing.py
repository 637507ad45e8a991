"""Which flow something that comes in starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.texts import shown
from flowlang.model.addresses import matches
from flowlang.model.values import Value

from .opening import FlowCall, Opening

if TYPE_CHECKING:
    from flowlang.compile import CompiledRoute, Script

_STEPS = 100_000
"""For a `when`, a constant or an argument: a tenth of what an activeflow has for an input."""


class Bystander:
    """Stands for a strand, and its activeflow, where none runs yet: `when` and constants see through it the
    time, the caller, and a budget. Chance and `elapsed` they do not have."""

    def __init__(self, opening: Opening | None = None) -> None:
        self.at = opening.at if opening is not None else 0
        self.began = self.at
        self.predefined = opening.predefined() if opening is not None else {}
        self.left = _STEPS

    @property
    def flow(self) -> Bystander:
        """Its activeflow."""
        return self

    @property
    def meter(self) -> Bystander:
        """Who counts its steps."""
        return self

    def overspent(self) -> None:
        """The budget is used up."""
        raise Fault("budget", f"more than {_STEPS} steps before the flow even starts")

    def chance(self, ends: tuple[Value, ...]) -> Value:
        """There is none."""
        raise Fault("impure", "`random` cannot be used here")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The route that takes it: its line, the flow and the `else`."""

    line: int
    priority: int
    flow: FlowCall
    otherwise: FlowCall | None


@dataclass(frozen=True, slots=True)
class NoRoute:
    """None takes it; why each did not, in the order in which they were tried."""

    why: tuple[str, ...]
    faulted: bool


def choose_route(script: Script, opening: Opening) -> Chosen | NoRoute:
    """The first route, in the order of priority, all clauses of which hold. One whose `when` or arguments
    fault does not hold."""
    why: list[str] = []
    faulted = False
    for route in script.routes:
        try:
            reason = _refuses(route, opening)
            if reason is None:
                seen = Bystander(opening)
                otherwise = route.otherwise
                return Chosen(
                    route.line,
                    route.priority,
                    (route.target.flow, route.target.arguments(seen)),
                    (otherwise.flow, otherwise.arguments(seen)) if otherwise is not None else None,
                )
        except Fault as fault:
            faulted = True
            reason = f"fault `{fault.code}`: {fault.text}"
        why.append(f"line {route.line}: {reason}")
    return NoRoute(tuple(why), faulted)


def _refuses(route: CompiledRoute, opening: Opening) -> str | None:
    """Why a route does not take it; `None` if it does."""
    if route.node.channel != opening.channel:
        return f"it is for {route.node.channel}"
    if route.to is not None and not fits(route.to, opening.to):
        return f"`to` is {opening.to}, not {shown(route.to)}"
    if route.source is not None and not fits(route.source, opening.source):
        return f"`from` is {opening.source}, not {shown(route.source)}"
    if route.via is not None and not names_trunk(route.via, opening.via):
        return f"`via` is {opening.via or 'no trunk'}, not {shown(route.via)}"
    if route.when is not None and not route.when(Bystander(opening)):
        return "`when` does not hold"
    return None


def fits(wanted: Value, address: str | None) -> bool:
    """Whether an address is one that a clause's value means: a pattern, or a list of them."""
    patterns = wanted if isinstance(wanted, tuple) else (wanted,)
    return address is not None and any(isinstance(each, str) and matches(each, address) for each in patterns)


def names_trunk(wanted: Value, trunk: str | None) -> bool:
    """Whether a trunk is the one that a clause names, or one of a list."""
    return trunk is not None and trunk in (wanted if isinstance(wanted, tuple) else (wanted,))
