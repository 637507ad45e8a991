"""Webhooks in, by a real request on loopback."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpcore2
import pytest
import trio

from flowlang import open_engine
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.signatures import standard_headers, twilio_signature
from flowlang.backends.web import Hook, WebBackend
from flowlang.model.observations import Logged
from flowlang.model.policy import EVERYTHING
from flowlang.project.project import ProjectError, open_project

KEY = bytes(range(24))
HOOKS = (
    Hook("orders", "standard", (bytes(24), KEY)),
    Hook("texts", "twilio", token="12345", url="https://flow.example/hooks/texts"),
    Hook("open", "none"),
    Hook("unrouted", "none"),
)
SCRIPT = """
route webhook to "/orders" => main
route webhook to "/texts" => main
route webhook to "/open" => main
flow main {
    log "${flow.channel} ${caller.address != none} ${webhook.data?.a} ${webhook.text}"
}
"""


class Web:
    def __init__(self, url: str, lines: list[str], pool: httpcore2.AsyncConnectionPool) -> None:
        self.url = url
        self.lines = lines
        self._pool = pool

    async def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> int:
        given = {"content-type": "application/json"} | (headers or {})
        with trio.fail_after(10):
            response = await self._pool.request("POST", self.url + path, headers=given, content=body)
        await trio.testing.wait_all_tasks_blocked(0.01)
        return response.status


@asynccontextmanager
async def serving() -> AsyncGenerator[Web]:
    web = WebBackend(HttpServer(Listen("127.0.0.1:0")), hooks=HOOKS)
    lines: list[str] = []
    async with (
        open_engine([web], policy=EVERYTHING, wall=lambda: 1_800_000_000.0) as engine,
        httpcore2.AsyncConnectionPool() as pool,
    ):
        engine.observe(lambda seen: lines.append(seen.text) if isinstance(seen, Logged) else None)
        engine.load_text(SCRIPT)
        await engine.listen()
        yield Web(web.server.url, lines, pool)


def signed(body: bytes, message: str = "m1") -> dict[str, str]:
    return standard_headers(KEY, message, body, 1_800_000_000.0)


async def test_a_signed_webhook_starts_its_flow() -> None:
    body = b'{"a":7}'
    async with serving() as web:
        assert await web.post("/hooks/orders", body, signed(body)) == 202
        assert web.lines == ['webhook true 7 {"a":7}']


async def test_a_webhook_that_comes_again_starts_nothing_more() -> None:
    body = b'{"a":7}'
    async with serving() as web:
        for _ in range(3):
            assert await web.post("/hooks/orders", body, signed(body)) == 202
        assert len(web.lines) == 1
        assert await web.post("/hooks/orders", body, signed(body, "m2")) == 202
        assert len(web.lines) == 2


@pytest.mark.parametrize(
    "headers",
    [{}, {"webhook-id": "m2"}, {"webhook-timestamp": "1799990000"}, {"webhook-signature": "v1,AAAA"}],
)
async def test_what_is_not_verified_starts_nothing(headers: dict[str, str]) -> None:
    async with serving() as web:
        given = signed(b"{}") | headers if headers else {}
        assert await web.post("/hooks/orders", b"{}", given) == 401
        assert await web.post("/hooks/texts", b"{}", given) == 401
        assert web.lines == []


async def test_a_form_in_twilios_form_is_verified_as_its_sender_writes_the_address() -> None:
    form = [("a", "hi"), ("From", "+14158675309")]
    kind = {"content-type": "application/x-www-form-urlencoded"}
    async with serving() as web:
        signature = twilio_signature("12345", "https://flow.example/hooks/texts?x=1", form)
        headers = kind | {"x-twilio-signature": signature}
        assert await web.post("/hooks/texts?x=1", urlencode(form).encode(), headers) == 202
        assert await web.post("/hooks/texts?x=2", urlencode(form).encode(), headers) == 401
        assert web.lines == ["webhook true hi a=hi&From=%2B14158675309"]


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a":1000000}' + b"&a=b" * 1001, 400),
        (b"&", 401),
        (b"", 401),
        (b"a=1000000", 401),
    ],
)
async def test_a_form_does_not_stand_in_for_the_body_that_was_signed(body: bytes, status: int) -> None:
    query = f"bodySHA256={sha256(b'{}').hexdigest()}"
    signature = twilio_signature("12345", f"https://flow.example/hooks/texts?{query}")
    async with serving() as web:
        headers = {"x-twilio-signature": signature}
        assert await web.post(f"/hooks/texts?{query}", body, FORM | headers) == status
        assert await web.post(f"/hooks/texts?{query}", b"{}", headers) == 202
        bare = {"x-twilio-signature": twilio_signature("12345", "https://flow.example/hooks/texts")}
        assert await web.post("/hooks/texts", b"&", FORM | bare) == 401
        assert len(web.lines) == 1


async def test_one_in_twilios_form_that_comes_again_starts_nothing_more() -> None:
    form = [("a", "hi")]
    signature = twilio_signature("12345", "https://flow.example/hooks/texts", form)
    async with serving() as web:
        headers = FORM | {"x-twilio-signature": signature, "i-twilio-idempotency-token": "0f1e"}
        for _ in range(2):
            assert await web.post("/hooks/texts", urlencode(form).encode(), headers) == 202
        assert len(web.lines) == 1


async def test_an_open_one_takes_anything_and_no_route_is_told() -> None:
    async with serving() as web:
        assert await web.post("/hooks/open", b"no json \xff") == 202
        assert await web.post("/hooks/unrouted", b"{}") == 404
        assert await web.post("/hooks/none", b"{}") == 404
        assert web.lines == ["webhook true none no json \N{REPLACEMENT CHARACTER}"]


async def test_what_is_too_large_is_refused() -> None:
    async with serving() as web:
        assert await web.post("/hooks/open", b"x" * 300_000) == 413


def made(folder: Path, lines: str) -> Any:
    (folder / "flow.toml").write_text(f'[backends.web]\nkind = "web"\n{lines}\n', encoding="utf-8")
    return open_project(folder / "x.flow").backends(object)


def test_settings_make_hooks_and_a_chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    (web,) = made(
        tmp_path,
        'listen = "127.0.0.1:8080"\n[backends.web.hooks.orders]\nverify = "standard"\n'
        'secret = { env = "S" }\n'
        '[backends.web.chat]\ntitle = "Chat"\norigins = ["https://a.example"]',
    )
    assert web.channels == {"webhook", "chat"}
    assert web.outlets == {"chat"}


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ('listen = "127.0.0.1:80"', "1:1: error E805: it serves nothing"),
        ('listen = "x"', "3:10: error E803: `listen` does not read like one"),
        ('listen = "127.0.0.1:80"\nhooks = { a = { verify = "standard" } }', "needs a `secret`"),
        (
            'listen = "127.0.0.1:80"\nhooks = { a = { verify = "standard", secret = { env = "S" } } }',
            "24 to 64 bytes",
        ),
        ('listen = "127.0.0.1:99999"\nchat = {}', "3:10: error E803: `listen` does not read like one"),
        (
            'listen = "nowhere.invalid:80"\nchat = {}',
            "3:10: error E805: `nowhere.invalid` is no address of this",
        ),
        (
            'listen = "127.0.0.1:80"\nchat = {}\ncertificate = "flow.toml"\nkey = "flow.toml"',
            "flow.toml:5:15: error E805",
        ),
        ('listen = "127.0.0.1:80"\nchat = {}\ncertificate = "c.pem"', "`certificate` needs `key` beside it"),
        (
            'listen = "127.0.0.1:80"\nchat = { origins = ["https://a.example; script-src *"] }',
            "does not read like one",
        ),
    ],
)
def test_mistakes_in_settings_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, mistake: str
) -> None:
    monkeypatch.setenv("S", "short")
    with pytest.raises(ProjectError) as refused:
        made(tmp_path, lines)
    assert mistake in str(refused.value)
