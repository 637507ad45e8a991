"""TLS contexts of all backends."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from flowlang.backends.border import BackendError
from flowlang.backends.tls import client_context, server_context

AUTHORITY = trustme.CA()
NO_PEM = "it is no PEM file, or lacks the certificate or the key"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a certificate, its key, the same key behind a password, and something else."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    ours = AUTHORITY.issue_cert("mail.clinic.example")
    ours.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "ours.pem")
    key = load_pem_private_key(ours.private_key_pem.bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    (tmp_path / "locked.key").write_bytes(locked)
    (tmp_path / "bad.pem").write_text("no")
    return tmp_path


def test_whom_we_connect_to_has_to_prove_his_name_to_authorities_that_we_trust(folder: Path) -> None:
    system = ssl.create_default_context().cert_store_stats()["x509"]
    for ca_file, alone, count in (
        (None, False, system), (None, True, system),
        (folder / "ca.pem", False, system + 1), (folder / "ca.pem", True, 1),
    ):  # fmt: skip
        context = client_context(ca_file, system=not alone)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.cert_store_stats()["x509"] == count


def test_who_connects_to_us_gets_our_certificate(folder: Path) -> None:
    context = server_context(folder / "both.pem")
    assert context.verify_mode is ssl.CERT_NONE
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda at: client_context(at / "none.pem"),
         "cannot use none.pem as certificates of authorities: no such file or directory"),
        (lambda at: client_context(at / "bad.pem", system=False),
         "cannot use bad.pem as certificates of authorities: no certificate or crl found"),
        (lambda at: client_context(at), "cannot use . as certificates of authorities: is a directory"),
        (lambda at: server_context(at / "none.pem"),
         "cannot use the certificate none.pem: no such file or directory"),
        (lambda at: server_context(at / "bad.pem"), f"cannot use the certificate bad.pem: {NO_PEM}"),
        (lambda at: server_context(at / "ours.pem"), f"cannot use the certificate ours.pem: {NO_PEM}"),
        (lambda at: server_context(at / "ours.pem", at / "locked.key"),
         "the key of ours.pem is behind a password; give one that is not"),
    ],
)  # fmt: skip
def test_a_file_that_is_of_no_use_is_told_in_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], object], message: str
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(BackendError) as refused:
        made(Path())
    assert str(refused.value) == message
