"""The side that asks for a password (RFC 3261 §22.1, RFC 7616, RFC 8760)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowlang.sip.address import Address
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.message import Request

from .algorithms import ALGORITHMS, Use, algorithm_of, response_of, secret_of
from .fields import print_fields, read_fields
from .guesses import Guesses
from .nonces import Nonces

_LONGEST_USER = 128
# Debian's baresip 1.0 gives up at any challenge that is not MD5, whichever stands first.
_MD5_ALONE = re.compile(r"baresip v?[01]\.", re.IGNORECASE)
_MAX_VALUES = 8  # Authorization headers that are looked at


@dataclass(frozen=True, slots=True)
class Passed:
    """The request is `user`'s."""

    user: str


@dataclass(frozen=True, slots=True)
class Challenged:
    """Nobody yet: answer 401 with these headers."""

    headers: tuple[tuple[str, str], ...]


class DigestGuard:
    """Of one realm. `password_of(user)` is `None` for users that there are not; `key` is secret; `token(n)`
    gives 2n hex digits that nobody can guess. `algorithms` are offered, each in a challenge of its own, the
    preferred first (RFC 8760 §2.4), but to phones that give up where there is one that they do not know: MD5
    alone, which anybody may choose anyway."""

    def __init__(
        self,
        realm: str,
        password_of: Callable[[str], str | None],
        key: bytes,
        token: Callable[[int], str],
        algorithms: Sequence[str] = tuple(ALGORITHMS),
    ) -> None:
        self.realm = realm
        self._password_of = password_of
        self._token = token
        self._algorithms = tuple(algorithms)
        self._nonces = Nonces(key, token)
        self._guesses = Guesses()
        self._nobody = token(16)  # the password of users that there are not

    def challenge(
        self, source: Address, now: float, request: Request | None = None, *, stale: bool = False
    ) -> Challenged:
        """Ask who sent the request from there for a password; `stale` where only the nonce was too old, or
        another's. Keeps nothing."""
        nonce = self._nonces.new(source.host, now)
        fields = [("realm", self.realm), ("nonce", nonce), ("qop", "auth")]
        if stale:
            fields.append(("stale", "true"))
        return Challenged(
            tuple(
                ("WWW-Authenticate", print_fields([*fields, ("algorithm", name)], challenge=True))
                for name in self._offered(request)
            )
        )

    def _offered(self, request: Request | None) -> tuple[str, ...]:
        if request is None or "MD5" not in self._algorithms:
            return self._algorithms
        return ("MD5",) if _MD5_ALONE.match(request.get("User-Agent") or "") else self._algorithms

    def check(self, request: Request, source: Address, now: float) -> Passed | Challenged:
        """Whose request it is. Never raises; what cannot be read is no password."""
        fields = self._credentials(request)
        if fields is None:
            return self.challenge(source, now, request)
        user = fields.get("username", "")
        if len(user) > _LONGEST_USER or self._guesses.must_wait(source.host, user, now):
            return self.challenge(source, now, request)
        nonce = fields.get("nonce", "")
        if not self._nonces.is_fresh(nonce, source.host, now):
            return self.challenge(source, now, request, stale=True)
        use = _use_of(request, fields)
        if not self._knows(user, fields, use):
            self._guesses.wrong(source.host, user, now)
            return self.challenge(source, now, request)
        assert use is not None  # what has no use is known by nobody
        self._guesses.right(source.host, user)
        if not self._nonces.use(nonce, int(use.count, 16) if use.qop else 1, source.host, now):
            # A repetition proves nothing (RFC 7616 §3.4, `nc`).
            return self.challenge(source, now, request, stale=True)
        return Passed(user)

    def _credentials(self, request: Request) -> dict[str, str] | None:
        """The fields meant for this realm, `None` where there are none."""
        for value in request.headers.get("Authorization", ())[:_MAX_VALUES]:
            try:
                fields = read_fields(value)
            except SipSyntaxError:
                continue
            if fields.get("realm") == self.realm:
                return fields
        return None

    def _knows(self, user: str, fields: dict[str, str], use: Use | None) -> bool:
        """Whether the response proves the password. The same work whether there is such a user or not."""
        algorithm = algorithm_of(fields.get("algorithm"))
        password = self._password_of(user)
        secret = secret_of(
            algorithm or "MD5", user, self.realm, self._nobody if password is None else password
        )
        expected = response_of(algorithm or "MD5", secret, use or Use("", "", ""))
        given = fields.get("response", "").lower().encode("utf-8", "surrogateescape")
        equal = hmac.compare_digest(expected.encode(), given)
        return equal and password is not None and algorithm in self._algorithms and use is not None


def _use_of(request: Request, fields: dict[str, str]) -> Use | None:
    """What was hashed, `None` where it is not what this request says (RFC 7616 §3.4.6: its own URI)."""
    if fields.get("uri") != request.uri:
        return None
    qop = fields.get("qop")
    if qop is None:
        return Use(request.method, request.uri, fields["nonce"])
    count, cnonce = fields.get("nc", ""), fields.get("cnonce", "")
    if qop.lower() != "auth" or len(count) != 8 or not cnonce or not _is_hex(count):
        return None
    return Use(request.method, request.uri, fields["nonce"], qop, count, cnonce)


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)
