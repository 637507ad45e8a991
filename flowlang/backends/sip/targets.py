"""Where a call goes: an address of a script to request lines and transport addresses.

Rules
- Rounds are tried one after the other, the targets of a round at once. An extension, and an address of a
  domain of ours, is a registered phone: all its contacts, in one round. A number goes by the trunks, in their
  order, server by server. Any other SIP URI goes to the host that it names.
- Credentials go with the servers that they belong to and with nothing else.
- `Targets.find` may wait, as for the DNS; it runs in a task of its own and may be cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flowlang.model.addresses import is_e164, number_of
from flowlang.sip import Accounts, Address, Contact, Credentials, SipSyntaxError
from flowlang.sip.uri import Uri, parse_uri

from .harmless import printable
from .trunks import SipTrunk, rewritten, trunks_for

NO_WAY = 502  # our own word for an address that leads nowhere
_FULL = 503


@dataclass(frozen=True, slots=True)
class Target:
    """`uri` is the Request-URI, `destination` where it is sent. `domain` is the host of our own address
    towards it, `None` for the address that faces it; `user` who we are there if the script says nothing;
    `trusted` whether it may know who calls anonymously (RFC 3325); `account` whose phone it is; `hosts` where
    else its name leads, from where it may go on with the call."""

    uri: str
    destination: Address
    credentials: Credentials | None = None
    domain: str | None = None
    user: str | None = None
    trusted: bool = False
    account: str | None = None
    hosts: frozenset[str] = frozenset()


Round = Sequence[Target]


class NoTarget(Exception):  # what it says
    """The call leads nowhere; `status` as SIP would say it, 0 for a mistake of the script's; the message is
    one line."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Targets(Protocol):
    """Finds where a call goes."""

    async def find(self, to: str) -> Sequence[Round]:
        """At least one round of at least one target. Raises `NoTarget`."""
        ...


class Resolver(Protocol):
    """Finds the transport addresses of a SIP URI's host (RFC 3263), the preferred first."""

    async def resolve(self, uri: Uri) -> Sequence[Address]:
        """At least one. Raises `NoTarget`."""
        ...


class CallTargets:
    """`registered` gives the contacts of an address of record that is ours, `is_ours` tells whether a host
    with its port is, `is_full` whether a trunk takes no further call for now."""

    def __init__(
        self,
        resolver: Resolver,
        trunks: Sequence[SipTrunk],
        registered: Callable[[str], tuple[Contact, ...]],
        is_ours: Callable[[str, int | None], bool],
        realm: str,
        is_full: Callable[[str], bool] = lambda trunk: False,
        accounts: Accounts | None = None,
    ) -> None:
        self._resolver = resolver
        self._trunks = tuple(trunks)
        self._registered = registered
        self._is_ours = is_ours
        self._realm = realm
        self._is_full = is_full
        self._accounts = accounts or Accounts()

    async def find(self, to: str) -> Sequence[Round]:
        """See `Targets`."""
        scheme, colon, _ = to.partition(":")
        if is_e164(to) or scheme == "tel":
            number = number_of(to)
            if number is None:
                raise NoTarget(0, f"{printable(to)} is no E.164 number")
            return await self._by_trunk(number)
        if not colon:
            return self._phones(f"sip:{to}@{self._realm}")
        try:
            uri = parse_uri(to)
        except SipSyntaxError:
            raise NoTarget(0, f"{printable(to)} is no address that can be called") from None
        if not uri.is_sip or uri.headers is not None:
            raise NoTarget(0, f"{printable(to)} cannot be called: it is no SIP URI without headers")
        if uri.user is not None and self._is_ours(uri.host, uri.port):
            account = self._accounts.at(uri.user_text, uri.host)
            host = (account and account.domain) or self._realm
            address = f"sip:{uri.user}@{host}"
            number = number_of(address)
            if number is not None and not self._registered(address):
                return await self._by_trunk(number)
            return self._phones(address)
        addresses = await self._resolver.resolve(uri)
        hosts = frozenset(each.host for each in addresses)
        return [[Target(str(uri), each, hosts=hosts)] for each in addresses]

    def _phones(self, address: str) -> Sequence[Round]:
        contacts = self._registered(address)
        if not contacts:
            raise NoTarget(480, f"no phone is registered as {printable(address)}")
        uri = parse_uri(address)  # it reads as a URI, or nobody were registered
        account = self._accounts.at(uri.user_text, uri.host)
        user = uri.user_text if account is None else account.user
        return [[Target(each.uri, each.source, domain=uri.host, account=user) for each in contacts]]

    async def _by_trunk(self, number: str) -> Sequence[Round]:
        trunks = trunks_for(number, self._trunks)
        if not trunks:
            raise NoTarget(0, f"no trunk takes calls to {number}")
        rounds: list[Round] = []
        why = NoTarget(_FULL, f"the trunks for {number} are full")
        for trunk in trunks:
            if self._is_full(trunk.name):
                continue
            uri = str(Uri("sip", trunk.host, None, rewritten(number, trunk.numbers_out)))
            for server in trunk.servers:
                try:
                    found = await self._resolver.resolve(server)
                except NoTarget as error:
                    why = error
                    continue
                for each in found:
                    target = Target(
                        uri, each, trunk.credentials, trunk.host, trunk.user, trusted=trunk.trusted
                    )
                    rounds.append([target])
        if not rounds:
            raise why
        return rounds
