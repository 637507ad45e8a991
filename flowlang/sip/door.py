"""Who may begin a call with us (RFC 3261 §22, §26), and who may go on with one.

    door = Door(trunks, accounts, guard, limits)
    door.admit(invite, source, listener, now) -> Admitted | Challenged | Reply

In this order: a trunk by the name that its certificate proves, a trunk by its address, an account or a trunk
by its password, anybody at a listener that is open. Who is none of them is asked for a password, where there
are any, else refused. Then the limits of calls, of the trunk or account and of all: 503 with Retry-After (RFC
3261 §21.5.4). A call that has begun is never limited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from flowlang.sip.address import Address, ip_literal
from flowlang.sip.digest import Challenged, DigestGuard
from flowlang.sip.flood import Rate
from flowlang.sip.judge import Reply
from flowlang.sip.message import Request

Network = IPv4Network | IPv6Network
Kind = Literal["trunk", "account", "open"]

RETRY_AFTER = 5  # seconds
NO_ENTRY = Reply(403)
NOT_FROM_HERE = Reply(403, reason="Not From Here")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls at once, and how many may begin in a second; `None` for any number."""

    max_calls: int | None = None
    max_cps: float | None = None


@dataclass(frozen=True, slots=True)
class TrunkPeer:
    """A trunk as calls from it are known: by an address in `networks`, or in `addresses()`, which follow the
    names of its servers, `only_tls` where it speaks nothing else; by a name of its certificate; by `user` and
    its password."""

    name: str
    networks: tuple[Network, ...] = ()
    tls_names: frozenset[str] = frozenset()
    user: str | None = None
    limits: Limits = Limits()
    addresses: Callable[[], Iterable[Address]] = tuple
    only_tls: bool = False

    def has(self, source: Address) -> bool:
        """Whether this address is the trunk's."""
        address = ip_literal(source.host)
        if address is None or (self.only_tls and source.transport != "tls"):
            return False
        return any(address in net for net in self.networks) or any(
            ip_literal(each.host) == address for each in self.addresses()
        )


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whose call it is: `name` is the trunk's, the account's user, or what the listener is called."""

    kind: Kind
    name: str

    @property
    def account(self) -> str | None:
        """The user whose password the caller knew."""
        return self.name if self.kind == "account" else None

    @property
    def trunk(self) -> str | None:
        """The name of the trunk that it came by."""
        return self.name if self.kind == "trunk" else None


Verdict = Admitted | Challenged | Reply


class _Counted:
    """The calls of one owner of limits."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.max_calls
        self._rate = None if limits.max_cps is None else Rate(limits.max_cps)
        self.calls = 0

    def is_full(self, now: float) -> bool:
        if self._most is not None and self.calls >= self._most:
            return True
        return self._rate is not None and self._rate.is_spent(now)

    def take(self) -> None:
        self.calls += 1
        if self._rate is not None:
            self._rate.take()


class Door:
    """`guard` asks for passwords, `None` where nobody has one; `open_at(listener)` is the name of a listener
    that is open, `None` for one that is not, and for a connection that we opened; `bound(user)` gives the
    hosts that an account's phones registered from, `rate_of(user)` how many calls it begins in a second."""

    def __init__(
        self,
        trunks: Iterable[TrunkPeer],
        guard: DigestGuard | None,
        open_at: Callable[[object], str | None],
        limits: Limits | None = None,
        bound: Callable[[str, float], Iterable[str]] = lambda user, now: (),
        rate_of: Callable[[str], float | None] = lambda user: None,
    ) -> None:
        self._trunks = {each.name: each for each in trunks}
        self._by_user = {each.user: each for each in self._trunks.values() if each.user is not None}
        self.guard = guard
        self._open_at = open_at
        self._bound = bound
        self._rate_of = rate_of
        self._accounts: dict[str, _Counted] = {}
        self._all = _Counted(limits or Limits())
        self._each = {name: _Counted(each.limits) for name, each in self._trunks.items()}
        self._owners: dict[object, tuple[_Counted, ...]] = {}

    @property
    def calls(self) -> Counter[str]:
        """How many calls each trunk has."""
        return Counter({name: each.calls for name, each in self._each.items()})

    def admit(self, request: Request, source: Address, listener: object, now: float) -> Verdict:
        """What becomes of an INVITE that begins a call."""
        found = self._whose(request, source, listener, now)
        if isinstance(found, Admitted) and (
            self._all.is_full(now)
            or self.is_full(found.trunk, now)
            or (found.account is not None and self._account(found.account).is_full(now))
        ):
            return Reply(503, (("Retry-After", str(RETRY_AFTER)),))
        return found

    def is_known(self, source: Address) -> bool:
        """Whether this is a trunk, without asking for anything."""
        return self.trunk_at(source) is not None

    def is_welcome(self, source: Address, listener: object) -> bool:
        """Whether whoever is there may call, without asking for anything."""
        return self._open_at(listener) is not None or self.is_known(source)

    def trunk_at(self, source: Address) -> str | None:
        """The trunk that is there."""
        if source.name:
            for name, each in self._trunks.items():
                if source.name in each.tls_names:
                    return name
        for name, each in self._trunks.items():
            if each.has(source):
                return name
        return None

    def is_full(self, trunk: str | None, now: float) -> bool:
        """Whether a trunk takes no further call for now, in or out."""
        counted = None if trunk is None else self._each.get(trunk)
        return counted is not None and counted.is_full(now)

    def entered(self, call: object, trunk: str | None, *, incoming: bool, account: str | None = None) -> None:
        """A call has begun, `account`'s where it began one. A trunk's limits are of both directions, those of
        all and of accounts of calls that come in: what a script makes of them is for its policy to limit."""
        owners = (() if trunk is None else (self._each[trunk],)) + ((self._all,) if incoming else ())
        if account is not None:
            owners = (*owners, self._account(account))
        self._owners[call] = owners
        for each in owners:
            each.take()

    def left(self, call: object) -> None:
        """It is over."""
        for each in self._owners.pop(call, ()):
            each.calls -= 1

    def may_go_on(self, origin: Admitted | None, source: Address, now: float) -> bool:
        """Whether a request inside a call may come from there though the call did not: from any address of
        its trunk, or where a phone of its account has registered."""
        if origin is None:
            return False
        if origin.kind == "trunk":
            return self.trunk_at(source) == origin.name
        return origin.kind == "account" and source.host in self._bound(origin.name, now)

    def ask_again(
        self, origin: Admitted | None, request: Request, source: Address, now: float
    ) -> Reply | None:
        """A phone that has moved inside a call shows by its password who it is; nobody else moves a call."""
        if self.guard is None or origin is None or origin.account is None:
            return NOT_FROM_HERE
        verdict = self.guard.check(request, source, now)
        if isinstance(verdict, Challenged):
            return Reply(401, verdict.headers)
        return None if verdict.user == origin.account else NOT_FROM_HERE

    def _account(self, user: str) -> _Counted:
        if user not in self._accounts:
            self._accounts[user] = _Counted(Limits(max_cps=self._rate_of(user)))
        return self._accounts[user]

    def _whose(self, request: Request, source: Address, listener: object, now: float) -> Verdict:
        trunk = self.trunk_at(source)
        if trunk is not None:
            return Admitted("trunk", trunk)
        name = self._open_at(listener)
        if self.guard is not None and (name is None or "Authorization" in request.headers):
            passed = self.guard.check(request, source, now)
            if isinstance(passed, Challenged):
                return passed
            peer = self._by_user.get(passed.user)
            return Admitted("account", passed.user) if peer is None else Admitted("trunk", peer.name)
        return NO_ENTRY if name is None else Admitted("open", name)
