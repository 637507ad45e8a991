"""Secrets: values that a script uses and nobody sees.

Which names, calls and lines of a program are secret is worked out before it runs (`analysis.secrets`); here
is what runs with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .places import file_of
from .values import Outcome, Value

MASK = "•••"
"""What is seen in place of a secret."""

Place = tuple[str | None, int, int]
"""Of a call: the module's file (`None` for the entry script), line and column."""


class Secret(str):
    """A text that is a secret: used as any text, marked in a journal, never shown by `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


class SecretInteger(int):
    """The same of an integer."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


class SecretDecimal(Decimal):
    """The same of a decimal."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


def is_secret(value: Value) -> bool:
    """Whether a value is marked, or has something in it that is."""
    match value:
        case Secret() | SecretInteger() | SecretDecimal():
            return True
        case tuple():
            return any(map(is_secret, value))
        case dict():
            return any(map(is_secret, value.values()))
        case Outcome():
            return any(map(is_secret, value.fields.values()))
        case _:
            return False


def shown_text(text: str) -> str:
    """A text as watchers see it."""
    return MASK if isinstance(text, Secret) else text


def shown_address(address: str | None) -> str | None:
    """The same of an address that there may be."""
    return shown_text(address) if address is not None else None


def masked(value: Value) -> Value:
    """A secret value as watchers see it: of an outcome its name, which says only which way a flow takes."""
    match value:
        case None:
            return None
        case Outcome():
            return Outcome(value.name, dict.fromkeys(value.fields, MASK))
        case _:
            return MASK


def made_of(text: str, *sources: Value) -> str:
    """A text that was made of others: marked where one of them is."""
    return Secret(text) if any(map(is_secret, sources)) else text


def marked(value: Value) -> Value:
    """A value with all texts and numbers in it marked."""
    match value:
        case str():
            return Secret(value)
        case int() if not isinstance(value, bool):
            return SecretInteger(value)
        case Decimal():
            return SecretDecimal(value)
        case tuple():
            return tuple(marked(each) for each in value)
        case dict():
            return {key: marked(each) for key, each in value.items()}
        case Outcome():
            return Outcome(value.name, {key: marked(each) for key, each in value.fields.items()})
        case _:
            return value


def unmarked(value: Value) -> Value:
    """A value as scripts have it: nothing in it is marked."""
    match value:
        case Secret():
            return str(value)
        case SecretInteger():
            return int(value)
        case SecretDecimal():
            return Decimal(value)
        case tuple():
            return tuple(unmarked(each) for each in value)
        case dict():
            return {key: unmarked(each) for key, each in value.items()}
        case Outcome():
            return Outcome(value.name, {key: unmarked(each) for key, each in value.fields.items()})
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Secrets:
    """What of a program is secret. `arguments`: of a call, the parameters that are given a secret; `results`:
    the calls whose value is one; `taking`: the lines of what takes one out of an event; `lines`: those on
    which one is handled, so that a fault there may contain it; `events`: those of the script's own that carry
    one; `parameters`: of a flow; `results_of`: flows that return one; `names`: variables; `opening`: what an
    activeflow began with may have one, or what it took over from the flow before; `signals`: names of those
    that are ever taken for one, `None` where any may be."""

    arguments: Mapping[Place, frozenset[str]] = field(default_factory=dict[Place, frozenset[str]])
    results: frozenset[Place] = frozenset()
    taking: frozenset[tuple[str | None, int]] = frozenset()
    lines: frozenset[tuple[str | None, int]] = frozenset()
    events: frozenset[str] = frozenset()
    parameters: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    results_of: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    opening: bool = False
    signals: frozenset[str | None] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.lines)

    def of_flow(self, flow: str, arguments: Mapping[str, Value]) -> dict[str, Value]:
        """The arguments of a flow with those marked that are secret."""
        secret = self.parameters.get(flow, frozenset())
        return {name: marked(value) if name in secret else value for name, value in arguments.items()}

    def hides_line(self, line: int) -> bool:
        """Whether a fault on a line may have a secret in its text."""
        return (file_of(line), int(line)) in self.lines

    def takes_on(self, line: int) -> bool:
        """Whether what stands on a line takes a secret out of an event."""
        return (file_of(line), int(line)) in self.taking

    def takes_signal(self, name: object) -> bool:
        """Whether a signal of that name is ever taken for a secret, wherever the script is now."""
        return name in self.signals or None in self.signals


NO_SECRETS = Secrets()
