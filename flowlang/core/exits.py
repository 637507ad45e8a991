"""How control leaves a block before its end.

An *exit* says where to go on: it is data, held as the pending exit of a level (a strand's root or a
`finally`). The Python exception that carries it outwards, `Unwind`, is empty: on the way a further-reaching
exit may take its place.

Of two exits in a level the one that reaches further out wins; at equal reach the first.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault
from flowlang.model.values import Value

if TYPE_CHECKING:
    from .blocks import Block

ROOT = -1
"""The reach of an exit that goes all the way to the root of its level."""


class ExitKind(Enum):
    """Why a block is left."""

    BREAK = "break"
    CONTINUE = "continue"
    RETURN = "return"
    FAULT = "fault"
    """A fault on its way to the `catch` that is to have it."""
    RAISE = "raise"
    """A strand's fault on its way to the block that owns the strand, where it is raised."""
    DEADLINE = "deadline"
    STOP = "stop"
    HANDOFF = "handoff"
    """The activeflow goes on as another flow."""
    GONE = "gone"
    """The caller has left."""
    CANCEL = "cancel"
    """The strand is ended from outside."""
    LIMIT = "limit"
    """A `finally`, or what may finish after the caller left, has had its minute."""


class Exit:
    """Where to, why, and with what. `target` is `None` for the root of the level.

    `own` marks the strand's own `break`, `continue` or `return`: the blocks on its way end by themselves.
    """

    __slots__ = ("fault", "kind", "own", "target", "value")

    def __init__(
        self,
        kind: ExitKind,
        target: Block | None = None,
        *,
        value: Value = None,
        fault: Fault | None = None,
        own: bool = False,
    ) -> None:
        self.kind = kind
        self.target = target
        self.value = value
        self.fault = fault
        self.own = own


class Unwind(BaseException):
    """Carries the pending exit of the current level outwards. Never escapes a strand."""


class Killed(BaseException):
    """The activeflow spent its budget once too often: it ends here, with no script run on the way."""
