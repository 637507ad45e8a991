"""The `options` of an `ask`."""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault
from flowlang.model.values import Value


def options_of(given: Value) -> tuple[str, ...]:
    """The texts to choose from, none where there is nothing given."""
    if given is None:
        return ()
    if (
        not isinstance(given, tuple)
        or not 1 <= len(given) <= 99
        or not all(isinstance(each, str) for each in given)
    ):
        raise Fault("type", "`options` of `ask` is a list of 1 to 99 texts")
    return tuple(str(each) for each in given)
