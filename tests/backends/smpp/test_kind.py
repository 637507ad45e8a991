"""`[backends.NAME]` with `kind = "smpp"`."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.backends.smpp import KIND
from tests.backends.making import make, mistake

LEAST = 'host = "smsc.example"\nsystem_id = "clinic"\n'


def test_it_is_made(tmp_path: Path) -> None:
    made = make(KIND, f'{LEAST}from = "+16062067563"\ntls = true\nresend = true\ndoubt = 10\n', tmp_path)
    assert made.outlets == {"sms"}


def test_mistakes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message, where = mistake(KIND, f'{LEAST}from = "a name that is too long"', tmp_path)
    assert message == "the sender is a number, a short code, or a name of up to 11 letters and digits"
    assert where == ("from",)
    monkeypatch.setenv("PASSWORD", "much too long")
    lines = f'{LEAST}from = "Clinic"\npassword = {{ env = "PASSWORD" }}'
    assert mistake(KIND, lines, tmp_path) == ("SMPP has at most 8 ASCII characters for it", ("password",))
