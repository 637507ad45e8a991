"""Secrets: values that a script uses and nobody sees.

Which names, calls and lines of a program are secret is worked out before it runs (`analysis.secrets`); here
is what runs with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .values import Value

MASK = "•••"
"""What is seen in place of a secret."""

Place = tuple[str | None, int, int]
"""Of a call: the module's file (`None` for the entry script), line and column."""


class Secret(str):
    """A text that is a secret: used as any text, marked in a journal, never shown by `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


def shown_text(text: str) -> str:
    """A text as watchers see it."""
    return MASK if isinstance(text, Secret) else text


@dataclass(frozen=True, slots=True)
class Secrets:
    """What of a program is secret. `arguments`: of a call, the parameters that are given a secret; `results`:
    the calls whose value is one; `lines`: those on which a secret is handled, so that a fault there may
    contain it; `events`: those that carry one; `parameters`: of a flow; `results_of`: flows that return
    one."""

    arguments: Mapping[Place, frozenset[str]] = field(default_factory=dict[Place, frozenset[str]])
    results: frozenset[Place] = frozenset()
    lines: frozenset[tuple[str | None, int]] = frozenset()
    events: frozenset[str] = frozenset()
    parameters: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    results_of: frozenset[str] = frozenset()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def __bool__(self) -> bool:
        return bool(self.lines)

    def marked(self, flow: str, arguments: Mapping[str, Value]) -> dict[str, Value]:
        """The arguments of a flow, those that are secret texts marked so."""
        secret = self.parameters.get(flow, frozenset())
        return {
            name: Secret(value) if name in secret and isinstance(value, str) else value
            for name, value in arguments.items()
        }


NO_SECRETS = Secrets()
