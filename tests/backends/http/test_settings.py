"""`kind = "http"` in `flow.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.backends.http import HttpBackend
from flowlang.project.project import ProjectError, open_project


def made(folder: Path, lines: str) -> tuple[object, ...]:
    (folder / "flow.toml").write_text(f'[backends.net]\nkind = "http"\n{lines}\n', encoding="utf-8")
    return open_project(folder / "x.flow").backends(object)


def test_a_client_is_made_of_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    lines = 'private = ["10.0.0.0/8"]\nattempts = 2\n[backends.net.webhooks]\nsecret = { env = "HOOK" }'
    (backend,) = made(tmp_path, lines)
    assert isinstance(backend, HttpBackend)


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ('private = ["10.0.0.1/8"]', "3:12: error E805: `10.0.0.1/8` is no network"),
        ('ca_file = "none.pem"', "3:11: error E805: cannot use "),
        ('webhooks = { secret = { env = "HOOK" } }', "3:23: error E805: a secret of Standard Webhooks is"),
        ("attempts = 0", "3:12: error E803: `attempts` is out of range"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, mistake: str
) -> None:
    monkeypatch.setenv("HOOK", "secret")
    with pytest.raises(ProjectError) as refused:
        made(tmp_path, lines)
    assert f"flow.toml:{mistake}" in str(refused.value)
