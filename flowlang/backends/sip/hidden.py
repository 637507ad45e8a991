"""Secrets in the ladder: who is called at a secret address stands in the request lines of that call, and is
`•••` to those who watch."""

from __future__ import annotations

import re

from flowlang.model.secrets import MASK, Secret

_MOST = 1_000
_SEPARATORS = re.compile(r"[-.() ]")


class Hidden:
    """The users of secret addresses that were called lately."""

    def __init__(self) -> None:
        self._users: dict[str, None] = {}

    def add(self, address: str | None) -> None:
        """Hides the user of an address from now on, where that is a secret."""
        if not isinstance(address, Secret):
            return
        user = re.split("[@;]", address.partition(":")[2] or address)[0]
        for each in (user, _SEPARATORS.sub("", user)):
            if each:
                self._users.pop(each, None)
                self._users[each] = None
        while len(self._users) > _MOST:
            del self._users[next(iter(self._users))]

    def shown(self, summary: str) -> str:
        """A line of the ladder without them."""
        for each in self._users:
            summary = summary.replace(each, MASK)
        return summary
