"""Text messages by an HTTP gateway: one on loopback that speaks Twilio's form, and one of another."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpcore2
import pytest
import trio

from flowlang import Engine, open_engine
from flowlang.backends.http_client import EVERYWHERE, ClientSettings, Patience
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.signatures import twilio_signature
from flowlang.backends.sms_gateway import TWILIO, Callbacks, Form, Secrets, SmsGatewayBackend
from flowlang.model.message_commands import SendMessage
from flowlang.model.observations import Logged
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from flowlang.project.project import ProjectError, open_project
from tests.backends.host import TestHost
from tests.backends.http.peer import Asked, Peer, Reply, peer

PUBLIC = "https://flow.example"
TOKEN = "12345"
OURS, ANN = "+16062067563", "+14155550100"
OTHER = Form(
    url="https://gw.example/v2",
    encoding="json",
    headers={"X-Api-Key": "{token}"},
    fields={"to": "{to}", "sender.name": "{from}", "body": "{text}", "ref": "{key}"},
    id=("messages", "0", "id"),
    callbacks=Callbacks(
        verify="bearer", source="from", to="to", text="body", id="id", report_id="message.id", status="state",
        reason="why", statuses={"done": "delivered", "lost": "failed"}, answer="ok",
    ),
)  # fmt: skip
SCRIPT = """
policy { allow sms "*" }
route sms to "+16062067563" => main
flow main {
    on delivered as d { log "delivered to ${d.to}" }
    on failed as f { log "failed ${f.reason}" }
    let name = ask("Name?")
    say "Hello, ${name.text}."
    wait 1m
}
"""


def form_at(form: Form, url: str) -> Form:
    changed = {each: getattr(form, each) for each in form.__slots__}
    place = "{account}/Messages.json" if form is TWILIO else "v2"
    return Form(**{**changed, "url": f"{url}/{place}"})


def gateway(form: Form, server: Peer, http: HttpServer | None = None) -> SmsGatewayBackend:
    return SmsGatewayBackend(
        "texts", form_at(form, server.url), source=f"sms:{OURS}", account="AC1", secrets=Secrets("12345"),
        server=http, public=PUBLIC, client=ClientSettings(EVERYWHERE, Patience(3, 0.001)),
    )  # fmt: skip


class Accepts:
    """A gateway that takes all, and names each message."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, asked: Asked) -> Reply:
        self.count += 1
        name = f"SM{self.count}"
        answer = {"sid": name} if asked.target.endswith("Messages.json") else {"messages": [{"id": name}]}
        return Reply(201, json.dumps(answer).encode())


async def send(backend: SmsGatewayBackend, text: str = "Hi", **more: Any) -> Outcome:
    results: list[Result] = []
    done = trio.Event()

    def finish(result: Result) -> None:
        results.append(result)
        done.set()

    backend.send(SendMessage("sms", f"sms:{ANN}", text, more.pop("key", "k1"), **more), finish)
    with trio.fail_after(10):
        await done.wait()
    (result,) = results
    assert isinstance(result, Done)
    assert isinstance(result.value, Outcome)
    return result.value


@asynccontextmanager
async def running(
    answer: Callable[[Asked], Reply], form: Form = TWILIO, host: TestHost | None = None
) -> AsyncGenerator[tuple[Any, Peer]]:
    async with peer(answer) as server, trio.open_nursery() as nursery:
        backend = gateway(form, server)
        await nursery.start(backend.run, host or TestHost())
        yield backend, server
        nursery.cancel_scope.cancel()


async def test_what_waits_goes_to_nobody_who_opted_out_meanwhile() -> None:
    async with running(lambda _asked: Reply(503), host=TestHost(opts_out=2)) as (backend, server):
        assert await send(backend) == Outcome("failed", {"reason": "opted_out"})
        assert len(server.asked) == 2


async def test_twilios_form_is_a_form_with_basic_authentication() -> None:
    async with running(Accepts()) as (backend, server):
        assert await send(backend, "Grüße & mehr\n+1") == Outcome("sent", {"id": "SM1"})
        (asked,) = server.asked
        assert asked.target == "/AC1/Messages.json"
        assert asked.headers["authorization"] == f"Basic {base64.b64encode(b'AC1:12345').decode()}"
        assert parse_qs(asked.body.decode(), strict_parsing=True) == {
            "To": [ANN], "From": [OURS], "Body": ["Grüße & mehr\n+1"],
        }  # fmt: skip


async def test_another_form_is_configuration() -> None:
    async with running(Accepts(), OTHER) as (backend, server):
        assert await send(backend, 'a "b" {to}', source="sms:CLINIC") == Outcome("sent", {"id": "SM1"})
        (asked,) = server.asked
        assert asked.headers["x-api-key"] == "12345"
        assert json.loads(asked.body) == {
            "to": ANN, "sender": {"name": "CLINIC"}, "body": 'a "b" {to}', "ref": "k1",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ([Reply(400, b'{"code": 21610}')], Outcome("failed", {"reason": "rejected", "detail": "21610"})),
        ([Reply(429), Reply(503), Reply(201, b'{"sid":"SM9"}')], Outcome("sent", {"id": "SM9"})),
        ([Reply(500)], Outcome("unknown")),
        ([Reply(502)], Outcome("unknown")),
        ([Reply(501)], Outcome("failed", {"reason": "unavailable", "detail": "501"})),
        ([Reply(503)] * 3, Outcome("failed", {"reason": "unavailable", "detail": "503"})),
        ([Reply(breaks=True)], Outcome("unknown")),
        ([Reply(201, b"no json")], Outcome("unknown")),
    ],
)
async def test_what_becomes_of_it_is_an_outcome(replies: list[Reply], outcome: Outcome) -> None:
    left = list(replies)
    async with running(lambda _asked: left.pop(0)) as (backend, server):
        assert await send(backend) == outcome
        assert len(server.asked) == len(replies)


@pytest.mark.parametrize("form", [TWILIO, OTHER])
async def test_half_a_character_in_any_field_costs_nothing(form: Form) -> None:
    async with running(Accepts(), form) as (backend, server):
        for key, more in (("k1", {"text": "a\ud800"}), ("k\udfff", {}), ("k3", {"source": "sms:\ud800"})):
            assert (await send(backend, key=key, **more)).name in ("sent", "failed")
        assert len(server.asked) >= 2
        assert all(b"ud800" not in each.body for each in server.asked)
        assert (await send(backend, key="k4")).name == "sent"


async def test_the_same_key_is_one_message() -> None:
    async with running(Accepts()) as (backend, server):
        assert await send(backend) == await send(backend)
        assert len(server.asked) == 1


class Talk:
    """A gateway and an engine that talk with each other."""

    def __init__(self, url: str, server: Peer, lines: list[str], pool: httpcore2.AsyncConnectionPool) -> None:
        self.server = server
        self.lines = lines
        self.news = trio.lowlevel.ParkingLot()
        self._url = url
        self._pool = pool

    async def twilio(self, which: str, fields: dict[str, str], token: str = TOKEN) -> tuple[int, bytes]:
        signature = twilio_signature(token, f"{PUBLIC}/sms/texts/{which}", fields.items())
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
        return await self.post(which, urlencode(fields).encode(), headers)

    async def post(self, which: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        with trio.fail_after(10):
            url = f"{self._url}/sms/texts/{which}"
            response = await self._pool.request("POST", url, headers=headers, content=body)
        return response.status, response.content

    async def asked(self, count: int) -> list[Asked]:
        with trio.fail_after(10):
            while len(self.server.asked) < count:
                await self.server.news.park()
        return self.server.asked

    async def logged(self, line: str) -> None:
        with trio.fail_after(10):
            while line not in self.lines:
                await self.news.park()


@asynccontextmanager
async def talking(form: Form = TWILIO) -> AsyncGenerator[tuple[Engine, Talk]]:
    lines: list[str] = []
    async with peer(Accepts()) as server, httpcore2.AsyncConnectionPool() as pool:
        http = HttpServer(Listen("127.0.0.1:0"))
        async with open_engine([gateway(form, server, http)], policy=EVERYTHING) as engine:
            engine.load_text(SCRIPT)
            await engine.listen()
            talk = Talk(http.url, server, lines, pool)

            def observe(seen: object) -> None:
                if isinstance(seen, Logged):
                    lines.append(seen.text)
                    talk.news.unpark_all()

            engine.observe(observe)
            yield engine, talk


def incoming(text: str, name: str) -> dict[str, str]:
    return {"From": ANN, "To": OURS, "Body": text, "MessageSid": name}


async def test_a_person_talks_with_a_flow_through_the_gateway() -> None:
    async with talking() as (_, talk):
        status, answer = await talk.twilio("received", incoming("hi", "in1"))
        assert (status, answer) == (200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>')
        (question,) = await talk.asked(1)
        fields = parse_qs(question.body.decode())
        assert fields["Body"] == ["Name?"]
        assert fields["StatusCallback"] == [f"{PUBLIC}/sms/texts/status"]
        assert (await talk.twilio("received", incoming("hi", "in1")))[
            0
        ] == 200  # once more, and nothing comes of it
        assert (await talk.twilio("received", incoming("Ann", "in2")))[0] == 200
        asked = await talk.asked(2)
        assert parse_qs(asked[1].body.decode())["Body"] == ["Hello, Ann."]
        report = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        assert (await talk.twilio("status", report))[0] == 200
        await talk.logged(f"delivered to sms:{ANN}")
        await talk.twilio(
            "status", {"MessageSid": "SM2", "MessageStatus": "undelivered", "ErrorCode": "30003"}
        )
        await talk.logged("failed 30003")


async def test_what_is_not_verified_means_nothing() -> None:
    async with talking() as (engine, talk):
        assert (await talk.twilio("received", incoming("hi", "in1"), "wrong"))[0] == 401
        assert (await talk.twilio("status", {"MessageSid": "SM1", "MessageStatus": "read"}, "wrong"))[
            0
        ] == 401
        assert engine.activeflows == ()


async def test_what_is_no_address_or_no_form_is_refused() -> None:
    async with talking() as (engine, talk):
        assert (await talk.twilio("received", incoming("hi", "in1") | {"From": "x@y, z"}))[0] == 400
        assert (await talk.twilio("received", incoming("hi", "in1") | {"To": "+16062067500"}))[0] == 404
        assert (await talk.post("received", b"x" * 70_000, {}))[0] == 413
        assert engine.activeflows == ()


async def test_callbacks_of_another_form_are_configuration() -> None:
    async with talking(OTHER) as (_, talk):
        headers = {"content-type": "application/json", "authorization": "Bearer 12345"}
        body = {"from": ANN, "to": OURS, "body": "hi", "id": 17}
        assert await talk.post("received", json.dumps(body).encode(), headers) == (200, b"ok")
        await talk.asked(1)
        assert (await talk.post("received", b"{}", headers | {"authorization": "Bearer x"}))[0] == 401
        state = {"message": {"id": "SM1"}, "state": "lost", "why": "gone"}
        assert (await talk.post("status", json.dumps(state).encode(), headers))[0] == 200
        await talk.logged("failed gone")


def made(folder: Path, lines: str) -> Any:
    text = (
        f'[backends.texts]\nkind = "sms_gateway"\nfrom = "+16062067563"\ntoken = {{ env = "T" }}\n{lines}\n'
    )
    (folder / "flow.toml").write_text(text, encoding="utf-8")
    return open_project(folder / "x.flow").backends(object)


TABLE = """listen = "127.0.0.1:8080"
public_url = "https://flow.example"
account = "AC1"
[backends.texts.form]
url = "https://gw.example/v2/{account}"
encoding = "json"
headers = { x-api-key = "{token}" }
fields = { to = "{to}", "sender.name" = "{from}", body = "{text}" }
id = "messages.0.id"
callbacks = { verify = "bearer", statuses = { done = "delivered" } }
"""


@pytest.mark.parametrize("lines", ['form = "twilio"\naccount = "AC1"', TABLE])
def test_settings_make_a_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    monkeypatch.setenv("T", "12345")
    (backend,) = made(tmp_path, lines)
    assert backend.outlets == {"sms"}
    assert backend.channels == ({"sms"} if "listen" in lines else frozenset())


@pytest.mark.parametrize(
    ("callbacks", "expected"),
    [
        ("{ verify = 'none' }", replace(TWILIO.callbacks, verify="none")),
        (
            "{ answer = 'ok', statuses = { done = 'delivered' } }",
            replace(
                TWILIO.callbacks,
                answer="ok",
                answer_kind=Callbacks().answer_kind,
                statuses={"done": "delivered"},
            ),
        ),
    ],
)
def test_what_a_form_leaves_unsaid_of_callbacks_is_as_twilio_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, callbacks: str, expected: Callbacks
) -> None:
    monkeypatch.setenv("T", "12345")
    (backend,) = made(tmp_path, TABLE.partition("callbacks")[0] + f"callbacks = {callbacks}")
    assert backend._form.callbacks == expected


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ('form = "nexmo"', "5:8: error E803: `form` does not read like one"),
        ('form = "twilio"\nlisten = "127.0.0.1:80"', "callbacks need the `public_url`"),
        (TABLE.replace("{text}", "{texts}"), "`{texts}` is no place in `{texts}`; there are {to}"),
        (
            TABLE.replace('"{token}"', '"{text}"'),
            "`{text}` is no place in `{text}`; there are {account}, {token}",
        ),
        (TABLE.replace("https://gw", "ftp://gw"), "is no address"),
        (TABLE.replace('verify = "bearer"', 'verify = "standard"'), "24 to 64 bytes"),
        (TABLE.replace('"delivered"', '"gone"'), '"gone" is none of the choices'),
        (
            'form = "twilio"\naccount = "AC1"\nca_file = "none.pem"',
            "none.pem as certificates of authorities: no such file or directory",
        ),
        ('form = "twilio"', "5:8: error E805: this form needs the `account` at the gateway"),
        (TABLE.replace('to = "{to}"', 'sender = "{to}"'), "`sender` cannot be a text and hold `sender.name`"),
    ],
)
def test_mistakes_in_settings_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, mistake: str
) -> None:
    monkeypatch.setenv("T", "12345")
    with pytest.raises(ProjectError) as refused:
        made(tmp_path, lines)
    assert mistake in str(refused.value)
