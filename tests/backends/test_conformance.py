"""Our own backends conform; and the kit finds those that do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpcore2
import pytest
import trio

from flowlang.backends.border import Backend, Finish, Host, nothing
from flowlang.backends.http import HttpBackend, HttpSettings
from flowlang.backends.http_client import EVERYWHERE, ClientSettings
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.signatures import twilio_signature
from flowlang.backends.simulator import SimulatedPost, SimulatorBackend
from flowlang.backends.sms_gateway import TWILIO, Form, Secrets, SmsGatewayBackend
from flowlang.backends.web import Hook, WebBackend
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.results import Done
from flowlang.model.values import SECOND, Outcome
from flowlang.testing import NonconformingError, Subject, check_backend
from tests.backends.http.peer import Asked, Reply, peer
from tests.backends.web.browser import visitor

ANN, OURS = "+14155550100", "+16062067563"
BOTH = {
    "says what it is", "starts and ends", "settles", "sends each once", "twice is once",
    "waits until it runs", "cancels", "takes in", "tells who sent only what is kept", "refuses",
}  # fmt: skip
OUT = BOTH - {"takes in", "tells who sent only what is kept", "refuses"}


def sms(key: str, text: str) -> OutsideCommand:
    return SendMessage("sms", f"sms:{ANN}", text, key)


async def test_the_http_client_conforms() -> None:
    got: list[str] = []

    def answer(asked: Asked) -> Reply:
        got.append(asked.body.decode())
        return Reply(200, b"{}")

    async with peer(answer) as server:
        held = await check_backend(
            Subject(
                make=lambda: HttpBackend(HttpSettings(ClientSettings(EVERYWHERE))),
                command=lambda key, text: HttpRequest("POST", server.url, {}, text, 5 * SECOND, key),
                arrived=lambda: got,
            )
        )
    assert set(held) == OUT


async def test_the_sms_gateway_conforms() -> None:
    got: list[str] = []
    form = {each: getattr(TWILIO, each) for each in TWILIO.__slots__}

    def answer(asked: Asked) -> Reply:
        fields = parse_qs(asked.body.decode(), keep_blank_values=True)
        assert set(fields) <= {"To", "From", "Body", "StatusCallback"}
        assert (fields["To"], fields["From"]) == ([ANN], [OURS])
        got.append(fields["Body"][0])
        return Reply(201, json.dumps({"sid": f"SM{len(got)}"}).encode())

    async def bring(backend: Backend, text: str) -> bool:
        assert isinstance(backend, SmsGatewayBackend)
        assert backend.server is not None
        fields = {"From": ANN, "To": OURS, "Body": text, "MessageSid": f"in-{text[:5]}"}
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": twilio_signature("t", "https://f.example/sms/t/received", fields.items()),
        }
        async with httpcore2.AsyncConnectionPool() as pool:
            url = f"{backend.server.url}/sms/t/received"
            response = await pool.request("POST", url, headers=headers, content=urlencode(fields).encode())
        return response.status == 200

    async with peer(answer) as server:

        def make() -> SmsGatewayBackend:
            return SmsGatewayBackend(
                "t", Form(**(form | {"url": server.url})), source=f"sms:{OURS}", secrets=Secrets("t"),
                server=HttpServer(Listen("127.0.0.1:0")), public="https://f.example",
                client=ClientSettings(EVERYWHERE),
            )  # fmt: skip

        held = await check_backend(Subject(make=make, command=sms, arrived=lambda: got, bring=bring))
    assert set(held) == BOTH


def _web() -> WebBackend:
    return WebBackend(HttpServer(Listen("127.0.0.1:0")), chat="web", hooks=[Hook("open", "none")])


async def test_the_web_chat_conforms() -> None:
    async def bring(backend: Backend, text: str) -> bool:
        assert isinstance(backend, WebBackend)
        async with visitor(backend.server.url) as ann:
            await ann.say(text)
            return (await ann.get())["t"] == "kept"

    def say(key: str, text: str) -> OutsideCommand:
        return SendMessage("chat", "chat:v" + "0" * 24, text, key)

    assert set(await check_backend(Subject(make=_web, command=say, bring=bring))) == BOTH


async def test_webhooks_conform() -> None:
    async def bring(backend: Backend, text: str) -> bool:
        assert isinstance(backend, WebBackend)
        async with httpcore2.AsyncConnectionPool() as pool:
            response = await pool.request("POST", f"{backend.server.url}/hooks/open", content=text.encode())
        return response.status == 202

    assert set(await check_backend(Subject(make=_web, bring=bring))) >= BOTH - OUT


async def test_the_simulators_conform() -> None:
    posts: list[SimulatedPost] = []

    def make() -> SimulatedPost:
        posts.append(SimulatedPost())
        return posts[-1]

    held = await check_backend(
        Subject(make=make, command=sms, arrived=lambda: [each.text for each in posts[-1].sent])
    )
    assert set(held) == OUT
    assert "starts and ends" in await check_backend(Subject(make=SimulatorBackend))


class Sloppy:
    """A backend that breaks one rule."""

    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(self, rule: str, got: list[str]) -> None:
        self.name = "two\nlines" if rule == "name" else "sloppy"
        if rule == "channels":
            self.channels = frozenset({"pigeon"})
        self._known: dict[str, Done] = {}
        self._rule = rule
        self._got = got

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started("here")
        await trio.sleep_forever()

    async def settle(self) -> None:
        if self._rule == "settle":
            await trio.sleep_forever()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        assert isinstance(command, SendMessage)
        if command.key in self._known and self._rule != "twice":
            finish(self._known[command.key])
            return nothing
        self._got.append(command.text)
        if self._rule == "split" and "\n" in command.text:
            self._got.append("more")
        if self._rule == "silent":
            return nothing
        self._known[command.key] = Done(Outcome("sent", {} if self._rule == "no id" else {"id": command.key}))
        finish(self._known[command.key])
        if self._rule == "again":
            finish(Done(Outcome("sent", {"id": "other"})))
        return nothing


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("name", "its name is one line"),
        ("channels", "these are not: ['pigeon']"),
        ("settle", "`settle` returns"),
        ("split", "arrives as one message"),
        ("silent", "`finish` is called"),
        ("no id", "this is no result of it"),
        ("again", "`finish` is called once"),
        ("twice", "the same key sends nothing twice"),
    ],
)
async def test_the_kit_finds_what_is_broken(rule: str, broken: str, autojump_clock: object) -> None:
    got: list[str] = []
    with pytest.raises(NonconformingError) as found:
        await check_backend(Subject(make=lambda: Sloppy(rule, got), command=sms, arrived=lambda: got))
    assert broken in str(found.value)
