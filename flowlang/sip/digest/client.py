"""The side that is asked for a password (RFC 3261 §22.2, RFC 7616 §3.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.message import Request, Response

from .algorithms import ALGORITHMS, Use, algorithm_of, response_of, secret_of
from .fields import print_fields, read_fields, realm_of

_HEADERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
_MAX_CHALLENGES = 8


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password. `realm` is where they belong; `None` is the realm that the host names first to
    which they are given: whoever holds a `DigestClient` uses it for that host alone."""

    user: str
    password: str = field(repr=False)
    realm: str | None = None


@dataclass(slots=True)
class _Challenge:
    login: Credentials
    header: str
    realm: str
    nonce: str
    algorithm: str
    named: bool
    qop: bool
    opaque: str | None
    uses: int = 0


class DigestClient:
    """Answers the challenges that come by one host, each by the credentials of its realm; those that name
    none are for the first realm that it names, and no other."""

    def __init__(self, *credentials: Credentials) -> None:
        self._credentials = credentials
        self._realm: str | None = None
        self._challenge: _Challenge | None = None

    def answer(
        self, response: Response, request: Request, token: Callable[[int], str]
    ) -> tuple[str, str] | None:
        """The header with which `request` is to be sent again after this 401 or 407; `None` where there is no
        use in it: a realm that is not ours, no algorithm of ours, or the password was wrong."""
        challenge = self._best(response)
        if challenge is None:
            return None
        last = self._challenge
        answered = [realm_of(each) for each in request.headers.get(challenge.header, ())]
        # Wrong, if it was made for that very request; a server may forget a nonce that served for others.
        first = last is None or last.realm != challenge.realm or last.uses == 1
        refused = challenge.realm in answered and first
        if refused and not self._is_stale(response):
            return None
        self._challenge = challenge
        if challenge.login.realm is None:
            self._realm = challenge.realm
        return self.header(request, token)

    def header(self, request: Request, token: Callable[[int], str]) -> tuple[str, str] | None:
        """The header for a further request by the last challenge, `None` where there was none yet."""
        challenge = self._challenge
        if challenge is None:
            return None
        challenge.uses += 1
        qop, count, cnonce = None, "", ""
        if challenge.qop:
            qop, count, cnonce = "auth", f"{challenge.uses:08x}", token(8)
        use = Use(request.method, request.uri, challenge.nonce, qop, count, cnonce)
        user = challenge.login.user
        secret = secret_of(challenge.algorithm, user, challenge.realm, challenge.login.password)
        fields = [
            ("username", user), ("realm", challenge.realm), ("nonce", challenge.nonce), ("uri", request.uri),
            ("response", response_of(challenge.algorithm, secret, use)),
        ]  # fmt: skip
        if challenge.named:
            fields.append(("algorithm", challenge.algorithm))
        if qop is not None:
            fields += [("qop", qop), ("nc", count), ("cnonce", cnonce)]
        if challenge.opaque is not None:
            fields.append(("opaque", challenge.opaque))
        return (challenge.header, print_fields(fields))

    def _best(self, response: Response) -> _Challenge | None:
        """The strongest challenge that we may and can answer; of equal ones the first (RFC 8760 §2.4)."""
        found: dict[str, _Challenge] = {}
        for fields, header in _challenges(response):
            algorithm = algorithm_of(fields.get("algorithm"))
            realm, nonce = fields.get("realm"), fields.get("nonce")
            if algorithm is None or realm is None or not nonce:
                continue
            login = self._login_of(realm)
            if login is None:
                continue
            offered = fields.get("qop")
            auth = offered is not None and "auth" in [each.strip().lower() for each in offered.split(",")]
            if offered is not None and not auth:
                continue
            named, opaque = "algorithm" in fields, fields.get("opaque")
            made = _Challenge(login, header, realm, nonce, algorithm, named, auth, opaque)
            found.setdefault(algorithm, made)
        return next((found[name] for name in ALGORITHMS if name in found), None)

    def _login_of(self, realm: str) -> Credentials | None:
        for each in self._credentials:
            if (each.realm or self._realm) in (None, realm):
                return each
        return None

    def _is_stale(self, response: Response) -> bool:
        return any(fields.get("stale", "").lower() == "true" for fields, _ in _challenges(response))


def _challenges(response: Response) -> list[tuple[dict[str, str], str]]:
    asks, answers = _HEADERS.get(response.status, ("", ""))
    read: list[tuple[dict[str, str], str]] = []
    for value in response.headers.get(asks, ())[:_MAX_CHALLENGES]:
        try:
            read.append((read_fields(value), answers))
        except SipSyntaxError:
            continue
    return read
