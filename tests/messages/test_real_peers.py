"""The same script and the same transcript with real peers on loopback: a gateway over HTTP for text
messages, a WebSocket for the chat."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlencode

import httpcore2
import pytest
import trio

from flowlang import open_engine
from flowlang.backends.http_client import EVERYWHERE, ClientSettings
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.signatures import twilio_signature
from flowlang.backends.sms_gateway import TWILIO, Form, Secrets, SmsGatewayBackend
from flowlang.backends.web import WebBackend
from flowlang.model.policy import EVERYTHING
from tests.backends.http.peer import Asked, Reply, peer
from tests.backends.web.browser import visitor
from tests.messages.test_one_transcript import CONVERSATIONS, OURS, PERSON, SCRIPT, in_test

PUBLIC = "https://flow.example"

Say = Callable[[str], Awaitable[None]]
Get = Callable[[], Awaitable[str]]


@asynccontextmanager
async def by_gateway() -> AsyncGenerator[tuple[Say, Get]]:
    """A phone behind a gateway that speaks Twilio's form."""
    send, receive = trio.open_memory_channel[str](100)

    def answer(asked: Asked) -> Reply:
        send.send_nowait(parse_qs(asked.body.decode(), keep_blank_values=True)["Body"][0])
        return Reply(201, json.dumps({"sid": "SM1"}).encode())

    form = {name: getattr(TWILIO, name) for name in Form.__slots__}
    http = HttpServer(Listen("127.0.0.1:0"))
    async with peer(answer) as server, httpcore2.AsyncConnectionPool() as pool:
        backend = SmsGatewayBackend(
            "t", Form(**(form | {"url": server.url})), source=f"sms:{OURS['sms']}", secrets=Secrets("t"),
            server=http, public=PUBLIC, client=ClientSettings(EVERYWHERE),
        )  # fmt: skip
        count = 0

        async def say(text: str) -> None:
            nonlocal count
            count += 1
            await backend.settle()  # nobody answers a text before the gateway has answered for it
            fields = {"From": PERSON["sms"], "To": OURS["sms"], "Body": text, "MessageSid": f"in-{count}"}
            signature = twilio_signature("t", f"{PUBLIC}/sms/t/received", fields.items())
            headers = {
                "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature,
            }  # fmt: skip
            url = f"{http.url}/sms/t/received"
            assert (
                await pool.request("POST", url, headers=headers, content=urlencode(fields).encode())
            ).status == 200

        async with open_engine([backend], policy=EVERYTHING) as engine:
            engine.load_text(SCRIPT_OF["sms"])
            await engine.listen()
            yield say, receive.receive


@asynccontextmanager
async def by_page() -> AsyncGenerator[tuple[Say, Get]]:
    """A page of the chat."""
    web = WebBackend(HttpServer(Listen("127.0.0.1:0")), chat="web")
    async with open_engine([web], policy=EVERYTHING) as engine:
        engine.load_text(SCRIPT_OF["chat"])
        await engine.listen()
        async with visitor(web.server.url) as ann:
            count = 0

            async def say(text: str) -> None:
                nonlocal count
                count += 1
                await ann.say(text, f"m{count}")

            async def get() -> str:
                (text,) = await ann.messages(1)
                return text

            yield say, get


SCRIPT_OF = {
    channel: "\n".join(
        line for line in SCRIPT.splitlines() if not line.startswith("route") or f"route {channel} " in line
    )
    for channel in OURS
}
PEERS = {"sms": by_gateway, "chat": by_page}


@pytest.mark.parametrize("channel", PEERS)
@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_a_conversation_with_a_real_peer_reads_the_same(channel: str, name: str) -> None:
    expected = in_test(channel, CONVERSATIONS[name])
    seen: list[str] = []
    async with PEERS[channel]() as (say, get):
        with trio.fail_after(20):
            for line in expected:
                what, _, text = line.partition(" ")
                if what == "sends":
                    await say(text[1:-1])
                    seen.append(line)
                else:
                    seen.append(f'gets "{await get()}"')
    assert seen == expected
