"""Registration (RFC 3261 §10), both ways, without I/O.

    registrar = Registrar(accounts, realm, key, token)      # phones register here
    registrar.handle(request, source, local, now) -> Reply  # status and headers
    registrar.registered("sip:20@office", now) -> (Contact(uri, source, q), ...)    # where a call for it goes

    agent.register(OwnAccount(...), local, now) -> Registration  # we register there, until its `stop(now)`

- `accounts`      who may register
- `bindings`      which contacts an address has, and for how long
- `registrar`     the judge of a REGISTER
- `registration`  the client: refresh, 423, digest, the next server
"""

from __future__ import annotations

from .accounts import MAX_CPS, Account, Accounts
from .bindings import Contact
from .registrar import Registrar
from .registration import OwnAccount, Registration

__all__ = ["MAX_CPS", "Account", "Accounts", "Contact", "OwnAccount", "Registrar", "Registration"]
