"""`[backends.NAME]` with `kind = "smpp"`."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.backends.smpp import KIND, Patience, Timers
from tests.backends.making import make, mistake

LEAST = 'host = "smsc.example"\nsystem_id = "clinic"\n'


def test_it_is_made(tmp_path: Path) -> None:
    made = make(KIND, f'{LEAST}from = "+16062067563"\ntls = true\nresend = true\ndoubt = 10\n', tmp_path)
    assert made.outlets == {"sms"}


def test_what_is_not_said_has_numbers(tmp_path: Path) -> None:
    made = make(KIND, f'{LEAST}from = "+16062067563"\n', tmp_path)
    given = made._smsc.timers, made._out._patience  # type: ignore[attr-defined]
    assert given == (Timers(), Patience())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('ca_file = "none.pem"', "it is of no use without `tls = true`"),
        (
            'tls = true\nca_file = "none.pem"',
            "none.pem as certificates of authorities: no such file or directory",
        ),
        (
            'tls = true\nca_file = "bad.pem"',
            "bad.pem as certificates of authorities: no certificate or crl found",
        ),
    ],
)
def test_authorities_that_are_none_are_told_when_it_is_made(tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "bad.pem").write_text("no")
    told, where = mistake(KIND, f'{LEAST}from = "Clinic"\n{lines}', tmp_path)
    assert told.endswith(message)
    assert where == ("ca_file",)


def test_a_country_is_one(tmp_path: Path) -> None:
    assert make(KIND, f'{LEAST}from = "Clinic"\ncountry = "GB"', tmp_path).outlets == {"sms"}
    message, where = mistake(KIND, f'{LEAST}from = "Clinic"\ncountry = "ZZ"', tmp_path)
    assert (message, where) == ("it is no country of ISO 3166 that has numbers, such as GB", ("country",))


def test_mistakes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message, where = mistake(KIND, f'{LEAST}from = "a name that is too long"', tmp_path)
    assert message == "the sender is a number, a short code, or a name of up to 11 letters and digits"
    assert where == ("from",)
    monkeypatch.setenv("PASSWORD", "much too long")
    lines = f'{LEAST}from = "Clinic"\npassword = {{ env = "PASSWORD" }}'
    assert mistake(KIND, lines, tmp_path) == ("SMPP has at most 8 ASCII characters for it", ("password",))
