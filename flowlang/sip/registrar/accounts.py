"""The accounts of phones: a user, a password, and what others are told of him."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MAX_CPS = 5.0
"""Calls a second: more than people dial. What calls by machine is told its own."""


@dataclass(frozen=True, slots=True)
class Account:
    """`user` is the name in its credentials and the user part of its address, in whichever domain of ours; or
    all of its address, as in `alice@b.example`, for one who is somebody else than `alice` elsewhere. `number`
    is what its calls show as the caller's number; a phone has no say in that. `max_cps` is how many calls it
    may begin a second."""

    user: str
    password: str = field(repr=False)
    number: str | None = None
    name: str | None = None
    max_cps: float = MAX_CPS

    @property
    def domain(self) -> str | None:
        """Where it is alone of its name, `None` for one of all domains."""
        return self.user.partition("@")[2].lower() or None

    def address(self, realm: str) -> str:
        """Its address of record; `realm` is the host where it has no domain of its own."""
        return f"sip:{self.user}" if self.domain else f"sip:{self.user}@{realm}"


class Accounts:
    """Accounts by user. ValueError where one is there twice or has no user or password."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._accounts: dict[str, Account] = {}
        for each in accounts:
            if not each.user or not each.password:
                raise ValueError(f"the account {each.user!r} needs a user and a password")
            if each.user in self._accounts:
                raise ValueError(f"there are two accounts of the user {each.user!r}")
            self._accounts[each.user] = each

    def __len__(self) -> int:
        return len(self._accounts)

    def get(self, user: str) -> Account | None:
        """The account of that user."""
        return self._accounts.get(user)

    def at(self, user: str, host: str) -> Account | None:
        """Whose address this is, its user part unescaped: one of that domain alone comes first."""
        if "@" in user:
            return None
        return self._accounts.get(f"{user}@{host.lower()}") or self._accounts.get(user)

    def password_of(self, user: str) -> str | None:
        """Its password, `None` where there is no such account."""
        account = self._accounts.get(user)
        return None if account is None else account.password
