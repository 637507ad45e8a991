"""The longest texts that a script can have, in every field: refused at a glance, or done in a moment, for
calls wait meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import trio

from flowlang.backends.email.compose import ComposeError, Writer
from flowlang.backends.http_client import EVERYWHERE, ClientSettings, Patience
from flowlang.backends.notify import NotifyBackend
from flowlang.backends.smpp.text import TextTooLongError, parts_of
from flowlang.backends.sms_gateway import TWILIO, Secrets, SmsGatewayBackend
from flowlang.model.addresses import message_address, sender_of
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from tests.backends.host import TestHost

SIZE = 1_000_000
TEXTS = {"letters": "a" * SIZE, "signs": "日" * SIZE, "pairs": "😀" * SIZE, "words": "ä b " * (SIZE // 4),
         "lines": "\n" * SIZE}  # fmt: skip
MAIL = SendMessage("email", "mailto:ann@home.example", "Hello", "af1/1", subject="Hello")


@contextmanager
def quick(seconds: float = 0.1) -> Iterator[None]:
    """What is done inside takes no longer of the processor."""
    begun = time.thread_time()
    yield
    assert time.thread_time() - begun < seconds


@pytest.mark.parametrize("text", TEXTS)
def test_a_short_message_is_short(text: str) -> None:
    with quick(), pytest.raises(TextTooLongError, match="at most 20"):
        parts_of(TEXTS[text], 1)


@pytest.mark.parametrize("text", [*TEXTS, "digits"])
def test_an_address_is_short(text: str) -> None:
    given = TEXTS.get(text, "1" * SIZE)
    for channel in ("sms", "email", "chat"):
        for each in (
            given,
            f"+{given}",
            f"{given}@a.example",
            f"a@{given}",
            f"sms:{given}",
            f"mailto:{given}",
        ):
            with quick():
                assert message_address(channel, each) is None
                assert sender_of(channel, each) is None


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("field", ["to", "source", "subject", "reply_to", "attachments", "name"])
def test_no_header_of_a_mail_is_endless(field: str, text: str) -> None:
    given = TEXTS[text]
    writer = Writer("mailto:desk@clinic.example", given if field == "name" else "Clinic")
    more = {} if field == "name" else {field: (given,) if field == "attachments" else given}
    with quick(0.5):
        try:
            data = writer.compose(replace(MAIL, **more), 0).data
        except ComposeError:
            return
    assert len(data) < 10_000


@pytest.mark.parametrize("field", ["text", "to", "source"])
@pytest.mark.parametrize("text", TEXTS)
async def test_a_gateway_is_given_no_more_than_it_takes(field: str, text: str) -> None:
    client = ClientSettings(EVERYWHERE, Patience(1, 0.001))
    backend = SmsGatewayBackend(
        "t", replace(TWILIO, url="http://127.0.0.1:1/"), source="sms:X", account="AC", secrets=Secrets("t"),
        client=client,
    )  # fmt: skip
    command = SendMessage("sms", "sms:+14155550100", "Hi", "af1/1")
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        with quick():
            backend.send(replace(command, **{field: TEXTS[text]}), results.append)
            await backend.settle()
        nursery.cancel_scope.cancel()
    (result,) = results
    assert isinstance(result, Done)
    assert isinstance(result.value, Outcome)
    assert result.value.fields["reason"] == "too_large"


@pytest.mark.parametrize("text", TEXTS)
async def test_a_notice_is_no_book(text: str) -> None:
    class Service:
        def notify(self, body: str, title: str = "", **more: object) -> bool:
            raise AssertionError("it is told")

    backend = NotifyBackend({"default": Service()})
    results: list[Result] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, TestHost())
        with quick():
            for title, body in ((TEXTS[text], "x"), ("x", TEXTS[text])):
                command = SendMessage("notify", "default", body, f"af1/{len(title)}", subject=title)
                backend.send(command, results.append)
                await backend.settle()
        nursery.cancel_scope.cancel()
    assert len(results) == 2
    assert all(
        isinstance(each, Failed) or (isinstance(each.value, Outcome) and each.value.name == "failed")
        for each in results
    )
