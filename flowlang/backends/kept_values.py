"""The values that activeflows keep, in memory: for `store.get` and the like in a terminal and in tests."""

from __future__ import annotations

from decimal import Decimal

from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.operators import add
from flowlang.model.message_commands import StoreAdd, StoreGet, StorePut
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import is_secret, marked, unmarked
from flowlang.model.values import Value


class KeptValues:
    """Empty at first."""

    def __init__(self) -> None:
        self._kept: dict[str, Value] = {}

    def perform(self, command: StoreGet | StorePut | StoreAdd) -> Result:
        """Does it at once."""
        match command:
            case StoreGet(entry=entry):
                return Done((self._kept[entry],) if entry in self._kept else ())
            case StorePut(entry=entry, value=None):
                self._kept.pop(entry, None)
                return Done()
            case StorePut(entry=entry, value=value):
                self._kept[entry] = unmarked(value)
                return Done()
            case StoreAdd():
                return self._add(command)

    def _add(self, command: StoreAdd) -> Result:
        total = added(command, self._kept.get(command.entry))
        if isinstance(total, Failed):
            return total
        self._kept[command.entry] = total = unmarked(total)
        return Done(total)


def added(command: StoreAdd, before: Value) -> Value | Failed:
    """What `store.add` makes of what is kept, `None` for nothing, or why not. A sum with a secret in it is
    one."""
    before = 0 if before is None else before
    if isinstance(before, bool) or not isinstance(before, int | Decimal):
        return Failed("type", f"what is kept under `{command.entry}` is no number")
    try:
        total = add(unmarked(before), unmarked(command.amount))
    except Fault as fault:
        return Failed(fault.code, fault.text)
    return marked(total) if is_secret(before) or is_secret(command.amount) else total
