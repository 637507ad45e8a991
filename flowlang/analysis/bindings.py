"""What a name stands for inside a declaration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowlang.diagnostics import Span

from .types import Type

if TYPE_CHECKING:
    from .script import Script

BindingKind = Literal["variable", "parameter", "loop variable", "binding", "constant"]


@dataclass(slots=True, eq=False)
class Binding:
    """A name that can be read. `variable` comes of `let`, `binding` of `as` and `catch`; `read` is set where
    it is used, `maker` is the module whose function made the value."""

    kind: BindingKind
    name: str
    span: Span
    type: Type = None
    read: bool = False
    maker: Script | None = None

    @property
    def assignable(self) -> bool:
        """Whether `name = …` may stand."""
        return self.kind in ("variable", "parameter")
