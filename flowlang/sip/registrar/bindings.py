"""Bindings: which contacts an address of record has, since which REGISTER, and until when (RFC 3261 §10.3).

A request changes all of its contacts or none. What has expired is not there, swept or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flowlang.sip.address import Address
from flowlang.sip.uri import Uri, same_uri


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a call may go: the URI for its request line, the address that the REGISTER came from (behind NAT
    the only one that reaches the phone), and its preference, 0 to 1."""

    uri: str
    source: Address
    q: float = 1.0


@dataclass(frozen=True, slots=True)
class Binding:
    """A contact as it was registered; `expires` is a time of the agent's clock."""

    contact: Contact
    parsed: Uri
    call_id: str
    cseq: int
    expires: float
    parameters: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a request asks for one contact; `seconds` 0 takes it away."""

    contact: Contact
    parsed: Uri
    seconds: int
    parameters: str = ""


class OutOfOrderError(Exception):
    """A request that is older than what the binding has: same Call-ID, no higher CSeq (§10.3 step 7)."""


class TooManyError(Exception):
    """More contacts than an address may have."""


class Bindings:
    """By user. `limit` is of contacts at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._users: dict[str, tuple[Binding, ...]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._users.values()))

    def of(self, user: str, now: float) -> tuple[Binding, ...]:
        """Those that have not expired, the preferred ones and the latest first."""
        kept = self._users.get(user, ())
        live = tuple(each for each in kept if each.expires > now)
        if len(live) < len(kept):
            self._keep(user, live)
        return tuple(sorted(live, key=lambda each: (-each.contact.q, -each.expires)))

    def all(self, now: float) -> tuple[Binding, ...]:
        """Those of everybody that have not expired."""
        return tuple(each for kept in self._users.values() for each in kept if each.expires > now)

    def clear(self, user: str, call_id: str, cseq: int, now: float) -> None:
        """Take all away, as `*` asks. Raises `OutOfOrderError`."""
        for each in self.of(user, now):
            _check_order(each, call_id, cseq)
        self._keep(user, ())

    def apply(self, user: str, changes: Iterable[Change], call_id: str, cseq: int, now: float) -> None:
        """All of the changes. Raises `OutOfOrderError`, `TooManyError`, and then nothing has changed."""
        live = list(self.of(user, now))
        for change in changes:
            at = next((n for n, each in enumerate(live) if same_uri(each.parsed, change.parsed)), None)
            if at is not None:
                _check_order(live[at], call_id, cseq)
                del live[at]
            if change.seconds:
                live.append(
                    Binding(
                        change.contact, change.parsed, call_id, cseq, now + change.seconds, change.parameters
                    )
                )
        if len(live) > self._limit:
            raise TooManyError
        self._keep(user, tuple(live))

    def _keep(self, user: str, bindings: tuple[Binding, ...]) -> None:
        if bindings:
            self._users[user] = bindings
        else:
            self._users.pop(user, None)


def _check_order(binding: Binding, call_id: str, cseq: int) -> None:
    if binding.call_id == call_id and cseq <= binding.cseq:
        raise OutOfOrderError
