"""TLS for SIP: contexts of ours, and the names that a peer's certificate proves (RFC 5922).

A server that we connect to must prove the name by which it was looked up. A peer that connects to us may show
a certificate; its names then say which trunk it is. A wildcard proves no SIP name (RFC 5922 §7.2), unless the
operator lets one.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowlang.backends.tls import client_context, load_authorities, load_certificate, server_context
from flowlang.sip.address import ip_literal


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Files in PEM form: our certificate with its chain and its key, and the authorities that vouch for peers
    (those of the system where none is named). `wildcards` lets a server prove its name by `*.` and the rest
    of it, which RFC 5922 §7.2 forbids and some carriers do."""

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None
    wildcards: bool = False


class Tls:
    """The contexts for connections in and out. `BackendError` says which file is of no use. Where `ask` is
    true, who connects to us is asked for a certificate, which some phones pass on to their user."""

    def __init__(self, settings: TlsSettings, *, ask: bool = True) -> None:
        self._wildcards = settings.wildcards
        self.client = client_context(settings.authorities, system=False)
        self.server: ssl.SSLContext | None = None
        if settings.certificate is not None:
            load_certificate(self.client, settings.certificate, settings.key)
            self.server = server_context(settings.certificate, settings.key)
            self.server.verify_mode = ssl.CERT_OPTIONAL if ask else ssl.CERT_NONE
            if settings.authorities is not None:
                load_authorities(self.server, settings.authorities)
            elif ask:  # else no certificate could be verified, and who shows one would be turned away
                self.server.load_default_certs(ssl.Purpose.CLIENT_AUTH)

    def proves(self, certificate: Mapping[str, Any] | None, name: str) -> bool:
        """Whether a server's certificate, which the context has found good for this name, is good by our
        rules too. An address stands there as it is."""
        return self._wildcards or ip_literal(name) is not None or name.lower() in names_of(certificate)


def names_of(certificate: Mapping[str, Any] | None) -> frozenset[str]:
    """The names that a certificate which was verified proves, in lower case: `sip:` URIs without a user, and
    host names where there is no such URI (RFC 5922 §7.1)."""
    if not certificate:
        return frozenset()
    found: tuple[tuple[str, str], ...] = certificate.get("subjectAltName", ())
    uris = {value[4:] for kind, value in found if kind == "URI" and value.lower().startswith("sip:")}
    names = {value for kind, value in found if kind == "DNS"}
    return frozenset(
        name.lower() for name in uris or names if name and "@" not in name and not name.startswith("*")
    )
