"""Fetch pip's wheel from the package index with the standard library, where Python came without ensurepip.

The index is the one that pip itself would ask: PIP_INDEX_URL, else `index-url` of pip's configuration files,
else PyPI. PIP_CERT, `cert` and the proxy variables hold likewise. Only https and file indexes are read, and
only a file whose SHA-256 the index names is used.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

DEFAULT_INDEX = "https://pypi.org/simple"
MAX_BYTES = 20 << 20  # pip is 2 MB, its index page less
TIMEOUT = 60.0  # seconds of silence from the index
WHEEL = re.compile(r"pip-(\d+(?:\.\d+)*)-py3-none-any\.whl")


class FetchError(Exception):
    """pip could not be had; the text says why in one line."""


def fetch(folder: Path) -> Path:
    """Download the newest pip that runs here into `folder` and return the wheel's path."""
    settings = configuration()
    index = settings.get("index-url", DEFAULT_INDEX).rstrip("/")
    page_url = f"{index}/pip/"
    page = read(page_url, settings).decode("utf-8", "replace")
    name, url, sha256 = newest(page, page_url)
    wheel = read(url, settings)
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise FetchError(f"{name} from {without_secrets(index)} is not the file that the index names")
    path = folder / name
    path.write_bytes(wheel)
    return path


def configuration() -> dict[str, str]:
    """pip's own settings, of which `index-url`, `cert` and `proxy` matter; the environment wins."""
    home = Path.home()
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    system = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf")]
    files = [*system, home / ".pip/pip.conf", config_home / "pip/pip.conf"]
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen:
        files = [] if chosen == os.devnull else [*files, Path(chosen)]
    parser = configparser.RawConfigParser()
    try:
        parser.read(files, encoding="utf-8")
    except configparser.Error as error:
        raise FetchError(f"pip's configuration cannot be read: {str(error).splitlines()[0]}") from error
    settings: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            settings.update(parser.items(section))
    for key in ("index-url", "cert", "proxy"):
        value = os.environ.get("PIP_" + key.upper().replace("-", "_"))
        if value:
            settings[key] = value
    return settings


def read(url: str, settings: dict[str, str]) -> bytes:
    """The bytes behind a URL, with pip's certificate file and proxy."""
    handlers: list[urllib.request.BaseHandler] = []
    try:
        if "cert" in settings:
            context = ssl.create_default_context(cafile=settings["cert"])
            handlers.append(urllib.request.HTTPSHandler(context=context))
        if "proxy" in settings:
            handlers.append(urllib.request.ProxyHandler({"https": settings["proxy"]}))
        if urllib.parse.urlsplit(url).scheme not in ("https", "file"):
            raise FetchError(f"the package index {without_secrets(url)} is neither https nor file")
        request = urllib.request.Request(bare(url), headers={"Accept": "text/html", **authorization(url)})
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT) as answer:
            data = answer.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise FetchError(f"{without_secrets(url)} cannot be read: {reason}") from error
    if len(data) > MAX_BYTES:
        raise FetchError(f"{without_secrets(url)} is larger than {MAX_BYTES} bytes")
    return data


def newest(page: str, page_url: str) -> tuple[str, str, str]:
    """Name, URL and SHA-256 of the newest wheel on an index page (PEP 503) that this Python can run."""
    links = Links()
    links.feed(page)
    best: tuple[tuple[int, ...], str, str, str] | None = None
    for href, requires in links.found:
        url, _, fragment = urllib.parse.urljoin(page_url, href).partition("#")
        name = urllib.parse.unquote(url.rpartition("/")[2])
        match = WHEEL.fullmatch(name)
        if not match or not fragment.startswith("sha256=") or not runs_here(requires):
            continue
        version = tuple(int(part) for part in match[1].split("."))
        if best is None or version > best[0]:
            best = (version, name, url, fragment.removeprefix("sha256="))
    if best is None:
        raise FetchError(f"{without_secrets(page_url)} names no wheel of pip for this Python")
    return best[1:]


class Links(HTMLParser):
    """Collects `href` and `data-requires-python` of each link on an index page that is not withdrawn."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by HTMLParser for each opening tag."""
        values = dict(attrs)
        if tag == "a" and values.get("href") and "data-yanked" not in values:
            self.found.append((values["href"] or "", values.get("data-requires-python") or ""))


def runs_here(requires: str) -> bool:
    """Whether a Requires-Python allows this Python. Lower bounds are enough: pip sets no others."""
    bounds = re.findall(r">=\s*(\d+)\.(\d+)", requires)
    return all(sys.version_info[:2] >= (int(major), int(minor)) for major, minor in bounds)


def bare(url: str) -> str:
    """The URL without user and password."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def authorization(url: str) -> dict[str, str]:
    """The Basic header for a user and password that stand in the URL, as pip reads them."""
    user, at, _ = urllib.parse.urlsplit(url).netloc.rpartition("@")
    if not at:
        return {}
    from base64 import b64encode

    return {"Authorization": "Basic " + b64encode(urllib.parse.unquote(user).encode()).decode()}


without_secrets = bare
