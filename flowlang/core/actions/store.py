"""`store.get`, `store.put` and `store.add`: values that outlive the activeflow and are shared with others."""

from __future__ import annotations

from decimal import Decimal

from flowlang.compile.runtime.faults import Fault
from flowlang.model.message_commands import StoreAdd, StoreGet, StorePut
from flowlang.model.values import Value

from .stage import Stage

_LONGEST_KEY = 200


async def get(stage: Stage) -> Value:
    """What is kept, or the default."""
    match await stage.perform(StoreGet(_entry(stage))):
        case (value,):
            return value
        case _:
            return stage.given["default"]


async def put(stage: Stage) -> None:
    """Keeps a value."""
    await stage.perform(StorePut(_entry(stage), stage.given["value"], stage.key))


async def add(stage: Stage) -> Value:
    """Adds, and gives the sum."""
    amount = stage.given["amount"]
    assert isinstance(amount, int | Decimal)
    return await stage.perform(StoreAdd(_entry(stage), amount, stage.key))


def _entry(stage: Stage) -> str:
    key = stage.text("key")
    if not key or len(key) > _LONGEST_KEY or not key.isprintable():
        raise Fault(
            "value", f"`key` of `{stage.action.name}` is a text of 1 to {_LONGEST_KEY} characters on one line"
        )
    return key
