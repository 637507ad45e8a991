"""Trunks: the carriers and telephone systems that calls come from and go to, as the operator describes them.

Numbers are rewritten by their beginning, the first rule that fits: what comes in becomes E.164 before a route
sees it, what goes out is written as the trunk wants it. Nothing of a number is ever taken for a pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple

from flowlang.sip import Credentials, Limits
from flowlang.sip.uri import Uri

DEFAULT_PRIORITY = 50
NO_LIMITS = Limits()


class Rewrite(NamedTuple):
    """Numbers that begin with `prefix` begin with `replace` instead."""

    prefix: str
    replace: str


@dataclass(frozen=True, slots=True)
class SipTrunk:
    """One of them; `name` is what routes call it by (`via`). See `flowlang.project.sip` for what each is
    for."""

    name: str
    servers: tuple[Uri, ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    tls_names: frozenset[str] = frozenset()
    domain: str = ""
    credentials: Credentials | None = field(default=None, repr=False)
    register: bool = False
    expires: int = 3600
    prefixes: tuple[str, ...] = ()
    priority: int = DEFAULT_PRIORITY
    numbers_in: tuple[Rewrite, ...] = ()
    numbers_out: tuple[Rewrite, ...] = ()
    trusted: bool = False
    limits: Limits = NO_LIMITS

    @property
    def host(self) -> str:
        """The host of our address there."""
        return self.domain or (self.servers[0].host if self.servers else "")

    @property
    def user(self) -> str | None:
        """Who we are there."""
        return None if self.credentials is None else self.credentials.user

    def takes(self, number: str) -> int | None:
        """How much of an E.164 number its prefixes fit, `None` where it is none of the trunk's."""
        if not self.servers:
            return None
        if not self.prefixes:
            return 0
        return max((len(each) for each in self.prefixes if number.startswith(each)), default=None)


def rewritten(number: str, rules: Iterable[Rewrite]) -> str:
    """A number by the first rule that fits, or as it is."""
    for prefix, replace in rules:
        if number.startswith(prefix):
            return replace + number[len(prefix) :]
    return number


def trunks_for(number: str, trunks: Iterable[SipTrunk]) -> list[SipTrunk]:
    """Those that take calls to an E.164 number: by priority, then by how much of it a prefix fits, then as
    they were given."""
    fitting = [(each, fit) for each in trunks if (fit := each.takes(number)) is not None]
    return [each for each, _ in sorted(fitting, key=lambda one: (-one[0].priority, -one[1]))]
