"""Declarations of actions as plain data, and back: what a host declared is kept with the activeflows that use
it, field by field, so that a field added to a declaration is kept without a change here."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flowlang.model.action import REQUIRED, Action, OutcomeType, Parameter, Reach
from flowlang.model.allowed import Choices, Range
from flowlang.model.plain import from_plain, to_plain

_CLASSES: dict[str, type[Any]] = {
    each.__name__: each for each in (Action, Parameter, OutcomeType, Reach, Range, Choices)
}


def _fields_of(kind: type[Any]) -> tuple[str, ...]:
    """Of a dataclass, or of a named tuple."""
    return getattr(kind, "_fields", None) or tuple(each.name for each in fields(kind))


def declared_to_plain(given: Any) -> Any:
    """A declaration, or a part of one, as plain data."""
    name = type(given).__name__
    if name in _CLASSES:
        parts = {each: declared_to_plain(getattr(given, each)) for each in _fields_of(_CLASSES[name])}
        return {"$declared": [name, parts]}
    if given is REQUIRED:
        return {"$required": True}
    if isinstance(given, frozenset):
        return {"$set": sorted(given)}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(given, tuple):
        return [declared_to_plain(each) for each in given]  # pyright: ignore[reportUnknownVariableType]
    return to_plain(given)


def declared_from_plain(plain: Any) -> Any:
    """What `declared_to_plain` was given. A field that is known no more is left out, one that is new has its
    default. Raises `KeyError`, `TypeError` and `ValueError` for anything else."""
    match plain:
        case {"$declared": [str(name), dict(parts)]}:  # pyright: ignore[reportUnknownVariableType]
            kind = _CLASSES[name]
            known = _fields_of(kind)
            return kind(
                **{part: declared_from_plain(value) for part, value in parts.items() if part in known}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            )
        case {"$required": True}:
            return REQUIRED
        case {"$set": list(members)}:  # pyright: ignore[reportUnknownVariableType]
            return frozenset(members)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case list():
            return tuple(declared_from_plain(each) for each in plain)  # pyright: ignore[reportUnknownVariableType]
        case _:
            return from_plain(plain)
