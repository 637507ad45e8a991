"""An action of a host's own, written in Python: declared like ours, with the function that does it.

    FIND = HostAction(
        Action("find_order", "Looks an order up.", (Parameter("number", ("text",), "its number"),)),
        find_order,
    )

An engine is given one by `add_action`; the entry point group `flowlang.actions` and the section `[actions]`
of `flow.toml` name one as `package.module:FIND`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .actions import Action

HostFunction = Callable[..., Awaitable[Any]]
"""Takes the arguments by name, as values of the language, and gives plain data or an `Outcome`."""

Fake = Callable[..., Any]
"""The same for tests, where nothing waits: a function, or an `async` one that awaits nothing."""


class NotDone(Enum):
    """What a `query` gives for something that was never done: it is done then."""

    NOT_DONE = "not done"


NOT_DONE = NotDone.NOT_DONE


@dataclass(frozen=True, slots=True)
class HostAction:
    """`fake` is what `flow test` calls in place of `function`. `query` belongs to an action declared with
    `recovery="query"`: after a crash it is called with the same arguments and key, and gives what the
    function gave, or `NOT_DONE`."""

    declared: Action
    function: HostFunction
    fake: Fake | None = None
    query: HostFunction | None = None
