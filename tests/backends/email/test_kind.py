"""`[backends.NAME]` with `kind = "email"`."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from flowlang.backends.email import KIND
from tests.backends.making import make, mistake

SMTP = '[smtp]\nhost = "smtp.example"\n'


def test_all_of_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "right")
    certificate = trustme.CA().issue_cert("mail.clinic.example")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "mail.pem")
    made = make(
        KIND,
        'from = "desk@clinic.example"\nname = "Clinic"\nattachments = ["recordings"]\n'
        f'{SMTP}user = "desk"\npassword = {{ env = "PASSWORD" }}\n'
        '[listener]\naddresses = ["@clinic.example", "a@b.example"]\nport = 2525\ncertificate = "mail.pem"\n'
        '[imap]\nhost = "imap.example"\naddress = "desk@clinic.example"\nuser = "d"\n'
        'password = { env = "PASSWORD" }\n',
        tmp_path,
    )
    assert made.outlets == {"email"}
    assert made.channels == {"email"}


def test_one_that_only_reads_sends_nothing(tmp_path: Path) -> None:
    assert make(KIND, '[listener]\naddresses = ["@clinic.example"]', tmp_path).outlets == frozenset()


@pytest.mark.parametrize(
    ("lines", "message", "where"),
    [
        ("", "it has neither `smtp` nor `listener` nor `imap`", ()),
        (SMTP, "it sends by `smtp`, so it needs `from`, the address that mails are from", ()),
        (f'from = "desk"\n{SMTP}', "`desk` is no e-mail address", ("from",)),
        ('[listener]\naddresses = ["a@b.example", "@"]',
         "`@` is no e-mail address", ("listener", "addresses", 1)),
        (f'from = "a@b.example"\n{SMTP}user = "x"\nsecurity = "none"',
         "the password for smtp.example would go out in the clear; use TLS", ("smtp", "security")),
        (f'from = "a@b.example"\nattachments = ["recordings", "."]\n{SMTP}',
         "this folder has `flow.toml` in it; name one that has nothing but what may be attached",
         ("attachments", 1)),
        (f'from = "a@b.example"\nattachments = ["data"]\n{SMTP}',
         "this folder has what `flow serve` keeps in it; name one that has nothing but what may be attached",
         ("attachments", 0)),
    ],
)  # fmt: skip
def test_mistakes_are_told(tmp_path: Path, lines: str, message: str, where: tuple[str | int, ...]) -> None:
    assert mistake(KIND, lines, tmp_path) == (message, where)


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no")
    for name in ("bad.pem", "none.pem"):
        lines = f'[listener]\naddresses = ["@b.example"]\ncertificate = "{name}"'
        message, where = mistake(KIND, lines, tmp_path)
        assert message.startswith(f"cannot use the certificate {tmp_path / name}: ")
        assert where == ("listener", "certificate")
