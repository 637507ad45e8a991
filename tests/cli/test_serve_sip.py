"""`flow serve` and what `flow.toml` says of SIP."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowlang.cli.serving import Service
from flowlang.cli.sip import nobody_may_call
from flowlang.project.project import open_project
from tests.cli.flow import FLOW, flow
from tests.cli.test_serve import PATIENCE, SCRIPT

OPTIONS = (
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5062;branch=z9hG4bKo\r\n"
    "From: <sip:a@b>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n"
    "Content-Length: 0\r\n\r\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.flow").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@contextmanager
def serving(folder: Path, **environment: str) -> Generator[str]:
    """The first line that it says."""
    process = subprocess.Popen(
        [FLOW, "serve", "a.flow", "--no-store"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, **environment, "XDG_CACHE_HOME": str(folder / "cache")},
    )
    try:
        assert process.stderr is not None
        yield process.stderr.readline()
    finally:
        process.kill()
        process.communicate()


def test_it_listens_where_the_settings_say(folder: Path) -> None:
    (folder / "flow.toml").write_text(
        '[sip.listeners.lan]\naddress = "127.0.0.1:0"\ntransports = ["tcp"]\n'
        '[accounts.alice]\npassword = { env = "ALICE" }\n',
        encoding="utf-8",
    )
    with serving(folder, ALICE="wonder") as line:
        found = re.match(r"flow: SIP on tcp 127\.0\.0\.1:(\d+): ", line)
        assert found is not None, line
        with socket.create_connection(("127.0.0.1", int(found[1])), PATIENCE) as stream:
            stream.sendall(OPTIONS.encode())
            assert stream.recv(4096).startswith(b"SIP/2.0 200 OK")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('[sip]\nexternal_address = "here"', "flow.toml:2:20: error E803: this is no IP address"),
        (
            '[accounts.alice]\npassword = { env = "NOT_THERE" }',
            "flow.toml:2:12: error E803: the environment has",
        ),
        ("[trunks.a]\nregister = true", "flow.toml:2:12: error E803: to register needs"),
    ],
)
def test_mistakes_are_told_with_their_line_and_nothing_is_served(
    folder: Path, settings: str, told: str
) -> None:
    (folder / "flow.toml").write_text(settings, encoding="utf-8")
    done = flow("serve", "a.flow", "--no-store", folder=folder)
    assert done.code == 3
    assert told in done.err
    assert "Traceback" not in done.err


def test_the_operators_policy_may_stand_in_the_settings(folder: Path) -> None:
    (folder / "flow.toml").write_text('[policy]\nfile = "op.policy"', encoding="utf-8")
    (folder / "op.policy").write_text("flow a { log 1 }", encoding="utf-8")
    done = flow("serve", "a.flow", "--no-store", folder=folder)
    assert done.err.endswith("op.policy: the operator's policy is one `policy { … }` alone\n")


def test_a_password_in_the_environment_is_not_asked_for_by_check(folder: Path) -> None:
    (folder / "flow.toml").write_text('[accounts.a]\npassword = { env = "NOT_THERE" }', encoding="utf-8")
    assert flow("check", "a.flow", folder=folder).code == 0


@pytest.mark.parametrize(
    ("settings", "listen", "open_to_all", "is_told"),
    [
        ("", None, False, False),
        ("", ("0.0.0.0", 5060), False, True),
        ("", ("0.0.0.0", 5060), True, False),
        ("", ("::1", 5060), False, False),
        ('[sip.listeners.a]\naddress = "192.0.2.1"', None, False, True),
        ('[sip.listeners.a]\naddress = "192.0.2.1"\nopen = true', None, False, False),
        ('[sip.listeners.a]\naddress = "127.0.0.1"\nopen = false', None, False, True),
        ('[trunks.a]\naddresses = ["192.0.2.0/24"]', ("0.0.0.0", 5060), False, False),
    ],
)
def test_who_lets_nobody_in_is_told(
    folder: Path, settings: str, listen: tuple[str, int] | None, open_to_all: bool, is_told: bool
) -> None:
    (folder / "flow.toml").write_text(settings, encoding="utf-8")
    service = Service(folder / "a.flow", listen, (20000, 29999), None, 0.5, open_to_all=open_to_all)
    assert (nobody_may_call(service, open_project(folder / "a.flow")) is not None) == is_told
