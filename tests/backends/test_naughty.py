"""Whatever a script puts into a field stays in it: no further header, recipient, field or request comes of
it.

Backends are given what the actions would refuse already: each holds by itself.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import httpcore2
import pytest
import trio

from flowlang.backends.border import Outlet
from flowlang.backends.http import HttpBackend, HttpSettings, Signing
from flowlang.backends.http_client import EVERYWHERE, ClientSettings, Patience
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.sms_gateway import TWILIO, Form, Secrets, SmsGatewayBackend
from flowlang.backends.web import Hook, WebBackend
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.results import Done, Result
from flowlang.model.values import SECOND, Value
from flowlang.testing.conformance import KitHost
from tests.backends.http.peer import Asked, Peer, Reply, peer
from tests.backends.web.browser import visitor

from .counted import Counted, Record
from .naughty import ALL

CLIENT = ClientSettings(EVERYWHERE, Patience(1, 0.001))
FIXED = {
    "host", "user-agent", "accept", "accept-encoding", "content-type", "content-length", "idempotency-key",
    "authorization", "webhook-id", "webhook-timestamp", "webhook-signature", "x-key",
}  # fmt: skip
ANN, OURS = "sms:+14155550100", "sms:+16062067563"
VISITOR = "chat:v" + "0" * 24


async def each(backend: Any, commands: Sequence[OutsideCommand]) -> list[Result]:
    """Has all done, one after the other."""
    assert isinstance(backend, Outlet)
    results: list[Result] = []
    for command in commands:
        done = trio.Event()

        def finish(result: Result, done: trio.Event = done) -> None:
            results.append(result)
            done.set()

        backend.send(command, finish)
        with trio.fail_after(10):
            await done.wait()
    return results


@asynccontextmanager
async def running(backend: Any) -> AsyncGenerator[KitHost]:
    async with trio.open_nursery() as nursery:
        host = KitHost()
        await nursery.start(backend.run, host)
        yield host
        nursery.cancel_scope.cancel()


def http(server: Peer) -> HttpBackend:
    return HttpBackend(HttpSettings(CLIENT, Signing(bytes(24))))


def count(asked: Asked, server: Peer, counted: Counted, path: str, own: str = "-") -> None:
    """What is there that does not belong there; headers that begin with `own` are the script's, one a
    request."""
    owned = [name for name in asked.names if name not in FIXED and name.startswith(own)][:1]
    counted.left += 1
    counted.headers += len([name for name in asked.names if name not in FIXED]) - len(owned)
    counted.headers += len(asked.names) - len(set(asked.names))
    counted.recipients += asked.headers["host"] != f"127.0.0.1:{server.port}"
    counted.commands += asked.method != "POST" or not asked.target.startswith(path)
    assert int(asked.headers.get("content-length", "0")) == len(asked.body)


@pytest.mark.parametrize("field", ["body", "header", "header name", "query", "path", "key", "signed"])
async def test_no_field_of_a_request_leaves_its_place(field: str, record_property: Record) -> None:
    async with peer(lambda _asked: Reply()) as server:
        commands: list[OutsideCommand] = []
        for number, text in enumerate(ALL):
            url, body, key = f"{server.url}/x", "x", f"k{number}"
            headers: dict[str, Value] = {"x-key": "1"}
            match field:
                case "body" | "signed":
                    body = text
                case "header":
                    headers = {"x-key": text}
                case "header name":
                    headers = {f"x-key{text}": "1"}
                case "query":
                    url += f"?q={text}"
                case "path":
                    url += f"/{text}"
                case _:
                    key = text
            timeout = 5 * SECOND
            commands.append(HttpRequest("POST", url, headers, body, timeout, key, field in ("signed", "key")))
        backend = http(server)
        async with running(backend):
            results = await each(backend, commands)
        assert all(isinstance(result, Done) for result in results)
        counted = Counted(len(commands), commands=max(0, len(server.asked) - len(commands)))
        for asked in server.asked:
            count(asked, server, counted, "/x", "x-key" if field == "header name" else "-")
        counted.hold(record_property, f"http {field}")
        if field in ("body", "signed"):
            assert [asked.body.decode() for asked in server.asked] == list(ALL)


@pytest.mark.parametrize("encoding", ["form", "json"])
@pytest.mark.parametrize("field", ["text", "to", "source", "key"])
async def test_no_field_of_a_text_message_leaves_its_place(
    field: str, encoding: Any, record_property: Record
) -> None:
    fields = {"To": "{to}", "From": "{from}", "Body": "{text}", "Ref": "{key}"}
    form = {name: getattr(TWILIO, name) for name in Form.__slots__}

    def read(asked: Asked) -> dict[str, str]:
        if encoding == "json":
            found: dict[str, str] = json.loads(asked.body)
            return found
        pairs = parse_qsl(asked.body.decode(), keep_blank_values=True)
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    async with peer(lambda _asked: Reply(201, b'{"sid":"S"}')) as server:
        backend = SmsGatewayBackend(
            "t", Form(**(form | {"url": f"{server.url}/x", "fields": fields, "encoding": encoding})),
            source=OURS, account="AC", secrets=Secrets("tok"), client=CLIENT,
        )  # fmt: skip
        commands: list[SendMessage] = []
        for number, text in enumerate(ALL):
            given = {"to": ANN, "text": "x", "key": f"k{number}", "source": OURS} | {field: text}
            if field == "key":
                given["key"] = f"{number} {text}"
            commands.append(
                SendMessage("sms", given["to"], given["text"], given["key"], source=given["source"] or None)
            )
        async with running(backend):
            await each(backend, commands)
        counted = Counted(len(commands), commands=max(0, len(server.asked) - len(commands)))
        for asked in server.asked:
            count(asked, server, counted, "/x")
            found = read(asked)
            counted.recipients += found.get("To", "") != commands[counted.left - 1].to.removeprefix("sms:")
            counted.commands += len(set(found) - set(fields))
        counted.hold(record_property, f"sms_gateway {encoding} {field}")
        if field != "key":  # a key that is no header's value goes nowhere
            name = {"text": "Body", "to": "To", "source": "From"}[field]
            sent = [read(asked).get(name, "") for asked in server.asked]
            wanted = [text.removeprefix("sms:") for text in ALL]
            if field == "source":
                wanted = [text or OURS.removeprefix("sms:") for text in wanted]
            assert sent == wanted


async def test_no_text_of_the_chat_leaves_its_message(record_property: Record) -> None:
    web = WebBackend(HttpServer(Listen("127.0.0.1:0")), chat="web")
    async with running(web), visitor(web.server.url, "C" * 43) as ann:
        address = (await _address(web, ann)) or VISITOR
        commands: list[OutsideCommand] = [
            SendMessage("chat", address, text, f"k{number}") for number, text in enumerate(ALL)
        ]
        await each(web, commands)
        got = [await ann.get() for _ in ALL]
    strange = sum(set(each) != {"t", "n", "text", "at"} or each["t"] != "message" for each in got)
    Counted(len(ALL), len(got), commands=strange).hold(record_property, "chat text")
    assert [message["text"] for message in got] == list(ALL)


async def _address(web: WebBackend, ann: Any) -> str | None:
    """The address of the visitor, as what he says comes in."""
    await ann.say("hi")
    assert (await ann.get())["t"] == "kept"
    assert web.chat is not None
    return next(iter(web.chat.visitors), None)


async def test_what_comes_in_makes_no_header_of_an_answer(record_property: Record) -> None:
    web = WebBackend(
        HttpServer(Listen("127.0.0.1:0")), hooks=[Hook("open", "none")], chat="web", title="a\r\nb<c>"
    )
    async with running(web) as host, httpcore2.AsyncConnectionPool() as pool:
        counted = Counted(len(ALL))
        for text in ALL:
            response = await pool.request("POST", f"{web.server.url}/hooks/open", content=text.encode())
            names = sorted(name.lower() for name, _ in response.headers)
            counted.headers += names != [b"content-length", b"content-type"]
        counted.left = len(host.came)
        assert counted.left == len(ALL)
        counted.hold(record_property, "webhook in body")
        page = await pool.request("GET", f"{web.server.url}/chat")
        assert b"b&lt;c&gt;" in page.content
