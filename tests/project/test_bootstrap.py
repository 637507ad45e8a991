"""`make setup` where Python came without ensurepip: pip's wheel is found, judged and fetched."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tools import pip_wheel

SETTINGS = ("PIP_INDEX_URL", "PIP_CERT", "PIP_PROXY", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no settings in it."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def link(name: str, *, sha256: str = "0" * 64, extra: str = "") -> str:
    return f'<a href="../files/{name}#sha256={sha256}" {extra}>{name}</a>'


def test_the_newest_wheel_that_runs_here_is_chosen() -> None:
    page = "\n".join(
        [
            link("pip-9.0.1-py3-none-any.whl"),
            link("pip-25.1.1-py3-none-any.whl"),
            link("pip-25.2-py3-none-any.whl", extra='data-requires-python="&gt;=3.9"'),
            link("pip-99.0-py3-none-any.whl", extra='data-requires-python="&gt;=3.99"'),
            link("pip-26.0-py3-none-any.whl", extra='data-yanked="broken"'),
            link("pip-26.0b1-py3-none-any.whl"),
            link("pip-27.0.tar.gz"),
        ]
    )
    name, url, _ = pip_wheel.newest(page, "https://index.example/simple/pip/")
    assert name == "pip-25.2-py3-none-any.whl"
    assert url == "https://index.example/simple/files/pip-25.2-py3-none-any.whl"


def test_a_page_without_a_wheel_is_an_error_that_names_the_page() -> None:
    with pytest.raises(pip_wheel.FetchError, match=r"https://index\.example/simple/pip/ names no wheel"):
        pip_wheel.newest("<html></html>", "https://user:secret@index.example/simple/pip/")


def index(folder: Path, wheel: bytes, sha256: str) -> str:
    """A package index in a folder that holds one pip."""
    (folder / "pip").mkdir()
    (folder / "files").mkdir()
    (folder / "files" / "pip-25.2-py3-none-any.whl").write_bytes(wheel)
    page = folder / "pip" / "index.html"
    page.write_text(link("pip-25.2-py3-none-any.whl", sha256=sha256))
    return folder.as_uri()


def test_the_wheel_of_the_configured_index_is_fetched(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = index(home, b"wheel", hashlib.sha256(b"wheel").hexdigest())
    pages = {f"{url}/pip/": f"{url}/pip/index.html"}  # a web server opens the folder's page by itself
    read = pip_wheel.read
    monkeypatch.setattr(pip_wheel, "read", lambda url, settings: read(pages.get(url, url), settings))
    monkeypatch.setenv("PIP_INDEX_URL", url)
    assert pip_wheel.fetch(home).read_bytes() == b"wheel"


def test_a_file_with_another_hash_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = index(home, b"something else", hashlib.sha256(b"wheel").hexdigest())
    pages = {f"{url}/pip/": f"{url}/pip/index.html"}
    read = pip_wheel.read
    monkeypatch.setattr(pip_wheel, "read", lambda url, settings: read(pages.get(url, url), settings))
    monkeypatch.setenv("PIP_INDEX_URL", url)
    with pytest.raises(pip_wheel.FetchError, match="not the file that the index names"):
        pip_wheel.fetch(home)


def test_plain_http_is_refused() -> None:
    with pytest.raises(pip_wheel.FetchError, match="neither https nor file"):
        pip_wheel.read("http://index.example/simple/pip/", {})


def test_the_environment_wins_over_the_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".config/pip").mkdir(parents=True)
    (home / ".config/pip/pip.conf").write_text("[global]\nindex-url = https://a.example\ncert = /a.pem\n")
    assert pip_wheel.configuration()["index-url"] == "https://a.example"
    monkeypatch.setenv("PIP_INDEX_URL", "https://b.example")
    settings = pip_wheel.configuration()
    assert (settings["index-url"], settings["cert"]) == ("https://b.example", "/a.pem")
