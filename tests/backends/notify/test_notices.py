"""Notices by apprise, to a service of another's form on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trio

from flowlang.backends.notify import KIND, NotifyBackend, Service, service
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from tests.backends.host import TestHost
from tests.backends.making import make, mistake

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise", "ignore:'imghdr'")


@dataclass
class Peer:
    """What it was posted, and what it answers."""

    status: int = 200
    posted: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def json_service(peer: Peer) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            peer.posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            peer.heads.append(dict(self.headers))
            self.send_response(peer.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        made = service(f"json://127.0.0.1:{server.server_port}/")
        assert made is not None
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def told(made: Service, *commands: SendMessage) -> list[Result]:
    backend = NotifyBackend({"default": made})
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        with trio.fail_after(20):
            for each in commands:
                backend.send(each, results.append)
            await backend.settle()
        nursery.cancel_scope.cancel()
    return results


def notice(
    text: str = "It burns.", title: str | None = "Fire", to: str = "default", key: str = "af1/1"
) -> SendMessage:
    return SendMessage("notify", to, text, key, None, title)


async def test_a_notice_reaches_the_service_once() -> None:
    peer = Peer()
    with json_service(peer) as made:
        results = await told(made, notice("Grüße\n🌞"), notice("Grüße\n🌞"))
    assert results == [Done(Outcome("sent", {"id": "af1/1"}))] * 2
    (posted,) = peer.posted
    assert (posted["title"], posted["message"]) == ("Fire", "Grüße\n🌞")


async def test_what_apprise_calls_a_failure_may_have_gone_out() -> None:
    peer = Peer(status=500)
    with json_service(peer) as made:
        assert await told(made, notice()) == [Done(Outcome("unknown"))]


async def test_what_apprise_does_not_try_has_failed() -> None:
    class Refuses:
        def notify(self, body: str, title: str = "", **more: Any) -> bool | None:
            raise TypeError(body, title, more)

    (result,) = await told(Refuses(), notice())
    assert isinstance(result, Done)
    assert isinstance(result.value, Outcome)
    assert (result.value.name, result.value.fields["reason"]) == ("failed", "rejected")


@pytest.mark.parametrize("title", ["a\r\nX-Evil: 1", "a\n", "\0", "a\u2028b", "a\ud800"])
async def test_a_title_is_one_line(title: str) -> None:
    peer = Peer()
    with json_service(peer) as made:
        (result,) = await told(made, notice(title=title))
    assert isinstance(result, Failed)
    assert not peer.posted


async def test_a_service_that_nobody_named_is_told() -> None:
    with json_service(Peer()) as made:
        (result,) = await told(made, notice(to="other"))
    assert result == Failed("address", "`flow.toml` names no service `other` to notify")


def test_it_is_made_of_flow_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS", "json://127.0.0.1:9/")
    assert make(KIND, 'services.default = { env = "ALERTS" }', tmp_path).outlets == {"notify"}
    monkeypatch.setenv("ALERTS", "nonsense://")
    assert mistake(KIND, 'services.default = { env = "ALERTS" }', tmp_path) == (
        "apprise knows no service by this address", ("services", "default"),
    )  # fmt: skip
