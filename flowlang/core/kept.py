"""What an activeflow began with, back from the plain data that stood first in its journal."""

from __future__ import annotations

from typing import Any

from flowlang.model.plain import from_plain, has_secret
from flowlang.model.secrets import marked
from flowlang.model.values import Value

from .opening import FlowCall, Inherited, Opening

_KNOWN = frozenset(Opening.__struct_fields__)
_VALUES = frozenset({"arguments", "data", "source", "to"})
_THREADS = Inherited.__struct_fields__.index("threads")


def opening_from_plain(plain: dict[str, Any]) -> Opening:
    """The opening that `Opening.to_plain` was asked of; `ValueError` for anything else."""
    if not plain.keys() <= _KNOWN:
        raise ValueError(f"not an opening: it has {', '.join(sorted(plain.keys() - _KNOWN))}")
    given = dict(plain)
    for name in _VALUES:
        if name in given:
            given[name] = from_plain(given[name])
    given["otherwise"] = _flow_call(plain.get("otherwise"))
    inherited = plain.get("inherited")
    given["inherited"] = None if inherited is None else _inherited(inherited)
    try:
        return Opening(**given)
    except TypeError as error:
        raise ValueError(f"not an opening: {error}") from None


def _inherited(plain: list[Any]) -> Inherited:
    values = [from_plain(each) for each in plain]
    if len(plain) > _THREADS:
        values[_THREADS] = tuple(tuple(map(_still_marked, each)) for each in plain[_THREADS])
    return Inherited(*values)  # pyright: ignore[reportArgumentType]


def _still_marked(plain: Any) -> Value:
    """An address that is a secret stays one: who writes from it is shown nowhere, and where the flow hands
    over once more it is written again."""
    value = from_plain(plain)
    return marked(value) if has_secret(plain) else value


def _flow_call(plain: list[Any] | None) -> FlowCall | None:
    if plain is None:
        return None
    flow, arguments = plain
    return flow, {name: from_plain(value) for name, value in arguments.items()}
