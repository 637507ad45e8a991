"""The registrar: what becomes of a REGISTER (RFC 3261 §10.3).

Order: who asks (401), for whom (403, 404), what (400, 403, 423), then all of it at once. Only an account
itself changes or reads its bindings. A contact whose user part is a number has to be the account's own: calls
for it are sent there, and a gateway would dial it for whoever registered it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import ceil

from flowlang.model.destinations import may_be_dialled
from flowlang.sip.address import Address, same_host
from flowlang.sip.digest import DIGEST_ALGORITHMS, Challenged, DigestGuard
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import NameAddr, parse_name_addr, parse_number
from flowlang.sip.judge import Reply
from flowlang.sip.message import Request
from flowlang.sip.uri import Uri, parse_uri

from .accounts import Accounts
from .bindings import Binding, Bindings, Change, Contact, OutOfOrderError, TooManyError

DEFAULT_EXPIRES, SHORTEST_EXPIRES, LONGEST_EXPIRES = 3600, 60, 7200  # seconds; §10.2.1.1, §10.3 step 7
MAX_CONTACTS = 10
"""Of one account at once."""
MAX_CONTACT_LENGTH = 1_024

_BARESIP = re.compile(r"-0x[0-9a-f]{1,16}")  # what baresip puts behind its account's name in a contact
_MAX_EXPIRES = 2**32 - 1  # §20.19; more than that is a number out of range


class _NotItsOwnError(Exception):
    """A contact that is a number, and not of the account."""


class Registrar:
    """`domains` are the hosts of addresses that are ours, besides the IP address that a
    REGISTER came to; empty is any host. `key` is secret, `token(n)` gives 2n hex digits that nobody can
    guess. `others` gives the passwords of those that call and do not register."""

    def __init__(
        self,
        accounts: Accounts,
        realm: str,
        key: bytes,
        token: Callable[[int], str],
        *,
        domains: frozenset[str] = frozenset(),
        others: Callable[[str], str | None] = lambda user: None,
        algorithms: Sequence[str] = DIGEST_ALGORITHMS,
        shortest: int = SHORTEST_EXPIRES,
        contacts: int = MAX_CONTACTS,
    ) -> None:
        self.accounts = accounts

        def password_of(user: str) -> str | None:
            return accounts.password_of(user) or others(user)

        self.guard = DigestGuard(realm, password_of, key, token, algorithms)
        self._domains = domains and domains | {realm.lower()}  # where extensions are
        self._shortest = shortest
        self._bindings = Bindings(contacts)

    def __len__(self) -> int:
        return len(self._bindings)

    def registered(self, address: str | Uri, now: float) -> tuple[Contact, ...]:
        """The contacts of an address of record, the preferred first; none where it has none, or is not
        ours."""
        try:
            uri = parse_uri(address) if isinstance(address, str) else address
        except SipSyntaxError:
            return ()
        account = self.accounts.at(uri.user_text, uri.host)
        if account is None or not uri.is_sip or not self._is_ours(uri.host):
            return ()
        return tuple(each.contact for each in self._bindings.of(account.user, now))

    def behind_nat(self, now: float) -> list[Address]:
        """Where phones registered from whose Contact is elsewhere."""
        return [
            each.contact.source
            for each in self._bindings.all(now)
            if not same_host(each.parsed.host, each.contact.source.host)
        ]

    def hosts_of(self, user: str, now: float) -> list[str]:
        """Where the phones of an account registered from."""
        return [each.contact.source.host for each in self._bindings.of(user, now)]

    def handle(self, request: Request, source: Address, local: Address, now: float) -> Reply:
        """Judge a REGISTER that is well-formed and came from `source` to `local`. Never raises."""
        verdict = self.guard.check(request, source, now)
        if isinstance(verdict, Challenged):
            return Reply(401, verdict.headers)
        address = request.to.uri
        if not address.is_sip or not (self._is_ours(address.host) or same_host(address.host, local.host)):
            return Reply(404)
        account = self.accounts.at(address.user_text, address.host)
        if account is None or account.user != verdict.user:
            return Reply(403, reason="An account registers itself alone")
        try:
            return self._change(verdict.user, request, source, now)
        except SipSyntaxError as error:
            return Reply(400, reason=str(error))
        except OutOfOrderError:
            return Reply(500, reason="CSeq out of order")
        except TooManyError:
            return Reply(403, reason="Too many contacts")
        except _NotItsOwnError:
            return Reply(403, reason="A number in Contact has to be the account's own")

    def _change(self, user: str, request: Request, source: Address, now: float) -> Reply:
        call_id, cseq = request.call_id, request.cseq.number
        values = request.members("Contact")
        expires = _seconds(request.get("Expires"))
        if "*" in values:
            if values != ["*"] or expires != 0:
                raise SipSyntaxError("Contact * stands alone and with Expires 0")  # §10.2.2
            self._bindings.clear(user, call_id, cseq, now)
            return self._bound(user, now)
        if len(values) > 2 * MAX_CONTACTS:
            raise TooManyError
        changes = [self._wanted(parse_name_addr(value), expires, source) for value in values]
        if any(each.seconds and not self._is_its_own(user, each.parsed) for each in changes):
            raise _NotItsOwnError
        if any(0 < each.seconds < self._shortest for each in changes):
            return Reply(423, (("Min-Expires", str(self._shortest)),))
        self._bindings.apply(user, changes, call_id, cseq, now)
        return self._bound(user, now)

    def _wanted(self, contact: NameAddr, expires: int | None, source: Address) -> Change:
        uri = contact.uri
        text = str(uri)
        if not uri.is_sip or len(text) > MAX_CONTACT_LENGTH:
            raise SipSyntaxError("A contact must be a SIP URI")
        own = _seconds(contact.parameters.get("expires"))
        seconds = own if own is not None else expires if expires is not None else DEFAULT_EXPIRES
        q = _preference(contact.parameters.get("q"))
        others = [
            name if value is None else f"{name}={value}"
            for name, value in contact.parameters.items()
            if name != "expires"
        ]
        parameters = "".join(f";{each}" for each in others)
        return Change(Contact(text, source, q), uri, min(seconds, LONGEST_EXPIRES), parameters)

    def _is_its_own(self, user: str, contact: Uri) -> bool:
        """Whether the user part of a contact is no number, or the account's name or number."""
        called, account = contact.user_text, self.accounts.get(user)
        if account is None or not may_be_dialled(called):
            return True
        own = account.user.partition("@")[0]
        if called == own or _BARESIP.fullmatch(called.removeprefix(own)):
            return True
        return (
            ";" not in called
            and "?" not in called
            and account.number is not None
            and _digits(called) == _digits(account.number)
        )

    def _bound(self, user: str, now: float) -> Reply:
        """§10.3 step 8: all that is bound now."""
        return Reply(200, tuple(("Contact", _shown(each, now)) for each in self._bindings.of(user, now)))

    def _is_ours(self, host: str) -> bool:
        return not self._domains or host.lower() in self._domains


def _shown(binding: Binding, now: float) -> str:
    return f"<{binding.contact.uri}>{binding.parameters};expires={ceil(binding.expires - now)}"


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _seconds(text: str | None) -> int | None:
    """§20.19: a malformed value is as if none were there."""
    if text is None:
        return None
    try:
        return parse_number(text, _MAX_EXPIRES)
    except SipSyntaxError:
        return None


def _preference(text: str | None) -> float:
    """§20.10: 0 to 1 with three digits at most; 1 for anything else."""
    if text is None or len(text) > 5 or not text.isascii() or not text.replace(".", "", 1).isdigit():
        return 1.0
    return min(float(text), 1.0)
