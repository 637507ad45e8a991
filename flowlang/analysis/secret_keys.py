"""Under which keys of the store secrets are kept, so far as a script's text tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowlang.syntax import ast

READS = frozenset({"store.get", "store.add"})
WRITES = {"store.put": "value", "store.add": "amount"}
"""By action the parameter that is kept."""


@dataclass(frozen=True, slots=True)
class Key:
    """All keys with this beginning and this end; `whole` where they are the whole key."""

    start: str
    end: str
    whole: bool = False

    @classmethod
    def of(cls, node: ast.Expression | None) -> Key:
        """What is known of a key before anything runs."""
        match node:
            case ast.Text(value=text):
                return cls(text, text, whole=True)
            case ast.Template(parts=(first, *_, last)):
                return cls(first if isinstance(first, str) else "", last if isinstance(last, str) else "")
            case _:
                return cls("", "")

    def may_be(self, other: Key) -> bool:
        """Whether both may be the same key."""
        if self.whole and other.whole:
            return self.start == other.start
        return _agree(self.start, other.start, str.startswith) and _agree(self.end, other.end, str.endswith)


def _agree(one: str, other: str, holds: Callable[[str, str], bool]) -> bool:
    return holds(one, other) or holds(other, one)
