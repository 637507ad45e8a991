"""TLS contexts of all backends: version 1.2 at least (RFC 8996), certificates and names checked. A file that
is of no use is told in a line, when a backend is made and not when somebody calls."""

from __future__ import annotations

import ssl
from os import PathLike

from .border import BackendError

Path = str | PathLike[str]


def client_context(ca_file: Path | None = None, *, system: bool = True) -> ssl.SSLContext:
    """For connections that we open: the other side has to prove its name. Authorities are the system's and
    those in `ca_file`; unless `system`, those alone. Raises `BackendError`."""
    try:
        context = ssl.create_default_context(cafile=None if system else ca_file)
    except OSError as error:
        raise _no_authorities(ca_file, error) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if system and ca_file is not None:
        load_authorities(context, ca_file)
    return context


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """For connections that we take: `certificate` is a file with the whole chain, `key` one with its key
    where that is not in there too. Raises `BackendError`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, certificate, key)
    return context


def load_authorities(context: ssl.SSLContext, ca_file: Path) -> None:
    """Trusts who is signed by one of the file's certificates. Raises `BackendError`."""
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # also what is no certificate
        raise _no_authorities(ca_file, error) from None


def load_certificate(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Shows that certificate to the other side. Raises `BackendError`."""

    def no_password() -> str:  # without it OpenSSL would ask at the terminal
        raise BackendError(f"the key of {certificate} is behind a password; give one that is not")

    try:
        context.load_cert_chain(certificate, key, no_password)
    except OSError as error:
        shown = certificate if key is None else f"{certificate} with {key}"
        raise BackendError(f"cannot use the certificate {shown}: {_why(error)}") from None


def _no_authorities(ca_file: Path | None, error: OSError) -> BackendError:
    return BackendError(f"cannot use {ca_file} as certificates of authorities: {_why(error)}")


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        no_reason = "it is no PEM file, or lacks the certificate or the key"
        return error.reason.lower().replace("_", " ") if error.reason else no_reason
    return (error.strerror or str(error)).lower()
