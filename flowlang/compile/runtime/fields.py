"""Fields, items, lists and maps. The one way into a value: nothing here touches a Python attribute."""

from __future__ import annotations

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# A script's value may be anything: `type(value) is dict` tells, and what it holds is again anything.
from typing import Any

from flowlang.diagnostics import near_name
from flowlang.model.values import Outcome, Value, type_name

from .faults import Fault
from .sizes import check_items


def field(value: Any, name: str) -> Value:
    """`value.name`; a missing field is a fault."""
    fields = value if type(value) is dict else value.fields if type(value) is Outcome else None
    if fields is None:
        raise Fault("type", f"{type_name(value)} has no fields, so no `{name}`")
    try:
        return fields[name]
    except KeyError:
        near = near_name(name, fields)
        hint = f"; there is `{near}`" if near is not None else ""
        raise Fault("no_field", f"there is no field `{name}`{hint}") from None


def optional_field(value: Any, name: str) -> Value:
    """`value?.name`: `none` where the value is none or the field is missing."""
    if value is None:
        return None
    if type(value) is dict:
        return value.get(name)
    if type(value) is Outcome:
        return value.fields.get(name)
    raise Fault("type", f"{type_name(value)} has no fields, so no `{name}`")


def item(value: Any, index: Any) -> Value:
    """`value[index]`: from 0, or from the end below 0; of a map the entry of that key."""
    if type(value) is dict:
        if type(index) is not str:
            raise Fault("type", f"the key of a map is a text, not {type_name(index)}")
        return field(value, index)
    if type(value) is not tuple and type(value) is not str:
        raise Fault("type", f"{type_name(value)} has no items")
    if type(index) is not int:
        raise Fault("type", f"an index is an integer, not {type_name(index)}")
    if not -len(value) <= index < len(value):
        raise Fault("no_item", f"there is no item {index}; there are {len(value)}")
    return value[index]


def list_of(*parts: tuple[bool, Any]) -> tuple[Value, ...]:
    """A list literal with spreads: each part is a value, or, where marked, a list of them."""
    items: list[Value] = []
    for is_spread, value in parts:
        if not is_spread:
            items.append(value)
            continue
        if type(value) is not tuple:
            raise Fault("type", f"only a list can be spread into a list, not {type_name(value)}")
        check_items(len(items) + len(value))
        items.extend(value)
    check_items(len(items))
    return tuple(items)


def map_of(*parts: tuple[str | None, Any]) -> dict[str, Value]:
    """A map literal with spreads: each part is a key with its value, or `None` with a map; later keys win."""
    entries: dict[str, Value] = {}
    for key, value in parts:
        if key is not None:
            entries[key] = value
            continue
        if type(value) is not dict:
            raise Fault("type", f"only a map can be spread into a map, not {type_name(value)}")
        check_items(len(entries) + len(value))
        entries.update(value)
    check_items(len(entries))
    return entries


def up_to(value: Any) -> int:
    """The limit of `loop up to N`."""
    if type(value) is int:
        return value
    raise Fault("type", f"`loop up to` takes an integer, not {type_name(value)}")


def outcome(name: str, fields: dict[str, Value]) -> Outcome:
    """What a flow returns that declares its outcomes."""
    return Outcome(name, fields)


def one_of(value: Any, declared: tuple[str, ...]) -> Outcome:
    """The same value, if it is an outcome that the flow declares."""
    if type(value) is Outcome and value.name in declared:
        return value
    listed = ", ".join(f"`{each}`" for each in declared)
    raise Fault("no_outcome", f"the flow declares that it ends with one of {listed}, and ended otherwise")
