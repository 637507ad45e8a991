"""Ways to reach a script: each channel simulated, and over the network with a peer of another's make.

A way is a person who writes (or calls) and is asked; what he gets as text differs from channel to channel,
what he does to the script does not.
"""

from __future__ import annotations

import json
import smtplib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import parse_qs, urlencode

import httpcore2
import trio

from flowlang.backends.border import Backend
from flowlang.backends.email import EmailBackend, Patience, Sender, Server, SmtpListener, Writer
from flowlang.backends.http_client import EVERYWHERE, ClientSettings
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.signatures import twilio_signature
from flowlang.backends.simulator import SimulatedPost, SimulatorBackend
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.backends.smpp import Account, SmppBackend
from flowlang.backends.smpp import Smsc as Where
from flowlang.backends.smpp.text import text_of
from flowlang.backends.sms_gateway import TWILIO, Form, Secrets, SmsGatewayBackend
from flowlang.backends.web import WebBackend
from flowlang.testing.softphone import Softphone, open_softphone
from flowlang.voices import ToneVoice
from tests.backends.email.smtp_peer import Mailbox, smtp_server
from tests.backends.http.peer import Asked, Reply, peer
from tests.backends.smpp.smsc import Smsc, smsc_at_work
from tests.backends.web.browser import Visitor, visitor

ANN, OURS = "+14155550100", "+16062067563"


class Person(Protocol):
    """Somebody at the other end."""

    async def begin(self) -> None:
        """Writes first, or calls."""
        ...

    async def gets(self, text: str) -> None:
        """Waits for the next that reaches him, which has this text in it."""
        ...

    async def answers(self, text: str) -> None:
        """Writes it, or presses it."""
        ...


Way = Callable[[], AbstractAsyncContextManager[tuple[Backend, Person]]]
"""Opens one: the backend for an engine, and somebody who is there once the engine listens."""


class _Called:
    """By a simulated phone."""

    def __init__(self, backend: SimulatorBackend) -> None:
        self._backend = backend

    async def begin(self) -> None:
        self._phone = self._backend.call(to=OURS, source=ANN)
        await self._phone.wait_answered()

    async def gets(self, text: str) -> None:
        await self._phone.wait_heard(text, to_the_end=True)

    async def answers(self, text: str) -> None:
        self._phone.press(text)


@asynccontextmanager
async def simulated_call() -> AsyncIterator[tuple[Backend, Person]]:
    backend = SimulatorBackend(characters_a_second=1_000)
    yield backend, _Called(backend)


class _Writes:
    """By whatever brings texts: `put` sends one, `take` waits for the next."""

    def __init__(self, put: Callable[[str], Awaitable[None]], take: Callable[[], Awaitable[str]]) -> None:
        self._put = put
        self._take = take

    async def begin(self) -> None:
        await self._put("I need a visit")

    async def gets(self, text: str) -> None:
        got = await self._take()
        assert text in got, got

    async def answers(self, text: str) -> None:
        await self._put(text)


def _simulated(channel: str, address: str, ours: str) -> Way:
    @asynccontextmanager
    async def way() -> AsyncIterator[tuple[Backend, Person]]:
        post = SimulatedPost()
        person = post.person(channel, address)

        async def put(text: str) -> None:
            person.write(text, to=ours)

        yield post, _Writes(put, person.wait_message)

    return way


class _Arrivals:
    """Texts that reach a peer, waited for one by one."""

    def __init__(self, came: Callable[[], Sequence[str]]) -> None:
        self._came = came
        self._taken = 0

    async def next(self) -> str:
        while len(self._came()) <= self._taken:
            # The peer is a thread: who asks without a pause keeps it from working.
            await trio.to_thread.run_sync(threading.Event().wait, 0.01)
        self._taken += 1
        return self._came()[self._taken - 1]


@asynccontextmanager
async def smpp() -> AsyncIterator[tuple[Backend, Person]]:
    smsc = Smsc()

    def came() -> list[str]:
        return [
            text_of(each.number("data_coding"), each.octets("short_message")) or ""
            for each in smsc.taken.values()
        ]

    async def put(text: str) -> None:
        await smsc.bound.wait()
        await smsc.write(text.encode())

    async with smsc_at_work(smsc) as port:
        where = Where("127.0.0.1", port, Account("desk", "right"), again=0.01)
        yield SmppBackend(where, OURS), _Writes(put, _Arrivals(came).next)


@asynccontextmanager
async def gateway() -> AsyncIterator[tuple[Backend, Person]]:
    got: list[str] = []
    sent = 0

    def answer(asked: Asked) -> Reply:
        got.append(parse_qs(asked.body.decode())["Body"][0])
        return Reply(201, json.dumps({"sid": f"SM{len(got)}"}).encode())

    async with peer(answer) as server:
        form = {each: getattr(TWILIO, each) for each in TWILIO.__slots__} | {"url": server.url}
        backend = SmsGatewayBackend(
            "t", Form(**form), source=f"sms:{OURS}", secrets=Secrets("t"),
            server=HttpServer(Listen("127.0.0.1:0")), public="https://f.example",
            client=ClientSettings(EVERYWHERE),
        )  # fmt: skip

        async def put(text: str) -> None:
            nonlocal sent
            sent += 1
            fields = {"From": ANN, "To": OURS, "Body": text, "MessageSid": f"in-{sent}"}
            signed = twilio_signature("t", "https://f.example/sms/t/received", fields.items())
            headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signed}
            assert backend.server is not None
            async with httpcore2.AsyncConnectionPool() as pool:
                url = f"{backend.server.url}/sms/t/received"
                response = await pool.request(
                    "POST", url, headers=headers, content=urlencode(fields).encode()
                )
            assert response.status == 200

        yield backend, _Writes(put, _Arrivals(lambda: got).next)


@asynccontextmanager
async def mail() -> AsyncIterator[tuple[Backend, Person]]:
    mailbox, sent = Mailbox(), 0
    listener = SmtpListener(["@clinic.example"], port=0, bind="127.0.0.1")

    async def put(text: str) -> None:
        nonlocal sent
        sent += 1
        made = EmailMessage()
        made["From"], made["To"], made["Message-ID"] = (
            "ann@home.example",
            "desk@clinic.example",
            f"<{sent}@h.example>",
        )
        if mailbox.envelopes:
            made["In-Reply-To"] = str(mailbox.mails[-1]["Message-ID"])
        made.set_content(f"{text}\n\nOn Friday Desk wrote:\n> Which day?")

        def send() -> None:
            with smtplib.SMTP("localhost", listener.port, timeout=10) as client:
                client.send_message(made)

        await trio.to_thread.run_sync(send)

    with smtp_server(mailbox) as port:
        sender = Sender(Server("127.0.0.1", port, "none"), patience=Patience(0.01))
        backend = EmailBackend(Writer("mailto:desk@clinic.example"), sender, [listener])
        yield backend, _Writes(put, _Arrivals(lambda: [each.get_content() for each in mailbox.mails]).next)


@asynccontextmanager
async def chat_page() -> AsyncIterator[tuple[Backend, Person]]:
    backend = WebBackend(HttpServer(Listen("127.0.0.1:0")), chat="web")
    pages: list[Visitor] = []
    sent = 0

    async def look(*, task_status: trio.TaskStatus[None]) -> None:
        async with visitor(backend.server.url) as page:
            pages.append(page)
            task_status.started()
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:

        async def put(text: str) -> None:
            nonlocal sent
            if not pages:
                await nursery.start(look)
            sent += 1
            await pages[0].say(text, f"m{sent}")

        async def take() -> str:
            return (await pages[0].messages(1))[0]

        yield backend, _Writes(put, take)
        nursery.cancel_scope.cancel()


class _Telephones:
    """By a softphone of ours, over SIP and RTP."""

    def __init__(self, phone: Softphone, backend: SipBackend) -> None:
        self._phone = phone
        self._backend = backend
        self._listens = True

    async def begin(self) -> None:
        assert self._backend.address is not None
        target = f"sip:{OURS}@127.0.0.1:{self._backend.address.port}"
        self._call = await self._phone.call(target, caller=f"<sip:{ANN}@127.0.0.1>")
        await self._call.wait_answered()

    async def gets(self, text: str) -> None:
        """Prompts run into each other and are one sound; what they say is the transcript's to tell."""
        if self._listens:
            await self._call.wait_sound()
            self._listens = False

    async def answers(self, text: str) -> None:
        self._call.press(text)
        self._listens = True


@asynccontextmanager
async def sip() -> AsyncIterator[tuple[Backend, Person]]:
    with TemporaryDirectory() as folder:
        backend = SipBackend(SipSettings(("127.0.0.1", 0), t1=0.05), voice=ToneVoice(Path(folder)))
        async with open_softphone() as phone:
            yield backend, _Telephones(phone, backend)


SIMULATED: Mapping[str, Way] = {
    "call": simulated_call,
    "sms": _simulated("sms", ANN, OURS),
    "email": _simulated("email", "ann@home.example", "desk@clinic.example"),
    "chat": _simulated("chat", "chat:ann", "web"),
}
WAYS: Mapping[str, Way] = {
    **SIMULATED,
    "sip": sip,
    "smpp": smpp,
    "gateway": gateway,
    "smtp": mail,
    "chat page": chat_page,
}
