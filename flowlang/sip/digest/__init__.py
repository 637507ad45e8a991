"""Digest authentication (RFC 7616, RFC 8760): both sides, without I/O.

    guard = DigestGuard(realm, password_of, key, token)         # password_of(user) -> str | None
    guard.check(request, source, now) -> Passed | Challenged    # Challenged.headers go into the 401

    client = DigestClient(Credentials(user, password, realm=None))
    client.answer(response, request, token) -> (name, value) | None     # the header for the next try

- `algorithms`  what is hashed with what
- `fields`      challenges and credentials as headers
- `nonces`      signed and timed, no state before the first success
- `guesses`     those who guess wait, longer each time
- `guard`, `client`

Rules. MD5 and SHA-256, with `qop=auth` or, of a client that knows no qop, none at all (RFC 3261 §22.4). An
unknown user costs the same work and gets the same answer as a wrong password.
"""

from __future__ import annotations

from .algorithms import ALGORITHMS
from .client import Credentials, DigestClient
from .fields import realm_of
from .guard import Challenged, DigestGuard, Passed

DIGEST_ALGORITHMS = tuple(ALGORITHMS)
"""Those that we know, the strongest first."""

__all__ = [
    "DIGEST_ALGORITHMS",
    "Challenged",
    "Credentials",
    "DigestClient",
    "DigestGuard",
    "Passed",
    "realm_of",
]
