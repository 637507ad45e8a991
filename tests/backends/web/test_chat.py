"""Chat by WebSocket against the real server on loopback, with the engine behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, ConnectionRejected

from flowlang import Engine, open_engine
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.web import WebBackend
from flowlang.backends.web.pages import is_ours
from flowlang.model.message_commands import SendMessage
from flowlang.model.observations import Logged
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Result
from flowlang.store.sqlite import SqliteStore

from .browser import TOKEN, Visitor, socket, visitor

SCRIPT = """
route chat to "web" => main
flow main {
    say "Welcome, you wrote ${message.text}."
    let name = ask("Your name?")
    say "Hello, ${name.text}."
}
"""


@asynccontextmanager
async def serving(
    folder: Path | None = None, script: str = SCRIPT, **more: Any
) -> AsyncGenerator[tuple[Engine, str]]:
    web = WebBackend(HttpServer(Listen("127.0.0.1:0")), chat="web", data=folder, **more)
    store = SqliteStore(folder) if folder is not None else None
    try:
        async with open_engine([web], policy=EVERYTHING, store=store) as engine:
            engine.recover()
            engine.load_text(script)
            await engine.listen()
            with trio.fail_after(20):
                yield engine, web.server.url
    finally:
        if store is not None:
            store.close()


async def test_a_page_talks_with_a_flow() -> None:
    async with serving() as (_, url), visitor(url) as ann:
        await ann.say("hi")
        assert await ann.messages(2) == ["Welcome, you wrote hi.", "Your name?"]
        await ann.say("Ann", "m2")
        assert await ann.messages(1) == ["Hello, Ann."]


async def test_what_is_said_is_kept_before_the_page_is_told_so() -> None:
    async with serving() as (_, url), visitor(url) as ann:
        await ann.say("hi")
        found = [await ann.get() for _ in range(3)]
        assert {"t": "kept", "id": "m1"} in found


async def test_what_is_said_twice_is_heard_once() -> None:
    async with serving() as (_, url), visitor(url) as ann:
        await ann.say("hi")
        await ann.say("hi")
        assert await ann.messages(2) == ["Welcome, you wrote hi.", "Your name?"]
        await ann.say("Ann", "m2")
        assert await ann.messages(1) == ["Hello, Ann."]


async def test_a_page_that_comes_back_gets_what_it_missed() -> None:
    async with serving() as (_, url):
        async with visitor(url) as ann:
            await ann.say("hi")
            first = None
            while first is None or first["t"] != "message":
                first = await ann.get()
        async with visitor(url, last=first["n"]) as ann:
            assert await ann.messages(1) == ["Your name?"]
        async with visitor(url, last=0) as ann:
            assert await ann.messages(2) == ["Welcome, you wrote hi.", "Your name?"]


async def test_a_restart_of_the_server_loses_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, url), visitor(url) as ann:
        await ann.say("hi")
        assert await ann.messages(2) == ["Welcome, you wrote hi.", "Your name?"]
    async with serving(tmp_path) as (_, url), visitor(url, last=1) as ann:
        await ann.say("hi")  # it had not heard that this was kept
        await ann.say("Ann", "m2")
        assert await ann.messages(2) == ["Your name?", "Hello, Ann."]
    async with serving(tmp_path) as (_, url), visitor(url, last=2) as ann:
        assert await ann.messages(1) == ["Hello, Ann."]


async def test_two_visitors_have_conversations_of_their_own() -> None:
    async with serving() as (_, url), visitor(url) as ann, visitor(url, "B" * 43) as ben:
        for each, name in ((ann, "Ann"), (ben, "Ben")):
            await each.say(name)
            assert await each.messages(2) == [f"Welcome, you wrote {name}.", "Your name?"]


async def test_two_pages_of_one_visitor_both_hear() -> None:
    async with serving() as (_, url), visitor(url) as one, visitor(url) as other:
        await one.say("hi")
        assert await one.messages(2) == await other.messages(2)


async def test_that_a_page_has_a_message_is_the_event_delivered() -> None:
    script = """
route chat to "web" => main
flow main {
    on delivered as d { say "You have it." }
    send "First"
    wait 1m
}
"""
    async with serving(script=script) as (_, url), visitor(url) as ann:
        await ann.say("hi")
        assert await ann.messages(1) == ["First"]
        await ann.put(t="seen", n=1)
        assert await ann.messages(1) == ["You have it."]


async def test_what_a_page_has_when_it_comes_back_is_delivered_once_though_two_pages_tell_so() -> None:
    script = """
route chat to "web" => main
flow main {
    on delivered as d { log "delivered" }
    send "First"
    wait 1m
}
"""
    lines: list[str] = []
    async with serving(script=script) as (engine, url):
        engine.observe(lambda seen: lines.append(seen.text) if isinstance(seen, Logged) else None)
        async with visitor(url) as ann:
            await ann.say("hi")
            assert await ann.messages(1) == ["First"]  # and the page breaks before it tells that
        assert lines == []
        async with visitor(url, last=1) as ann, visitor(url) as other:
            assert await other.messages(1) == ["First"]
            for each in (ann, other):
                await each.put(t="seen", n=1)
            await trio.testing.wait_all_tasks_blocked(0.05)
    assert lines == ["delivered"]


async def test_control_characters_become_spaces_and_markup_stays_text() -> None:
    async with serving() as (_, url), visitor(url) as ann:
        await ann.say("a\x00b\x1b[2Jc\u202e <b>\n&")
        assert await ann.messages(1) == ["Welcome, you wrote a b [2Jc\u202e <b>\n&."]


async def test_half_a_character_breaks_nothing() -> None:
    async with serving() as (_, url), visitor(url) as ann:
        await ann.connection.send_message('{"t":"say","id":"m1","text":"a\\ud800b"}')
        assert await ann.messages(1) == ["Welcome, you wrote a?b."]


@pytest.mark.parametrize(
    "hello",
    ["", "[]", "{}", '{"t":"hello"}', '{"t":"hello","token":"x","last":0}', '{"t":"say"}', "[" * 10_000,
     '{"t":"hello","token":"' + "A" * 43 + '","last":"0"}'],
)  # fmt: skip
async def test_a_page_that_says_no_hello_is_closed(hello: str) -> None:
    async with (
        serving() as (_, url),
        socket(url) as connection,
    ):
        await connection.send_message(hello)
        with pytest.raises(ConnectionClosed) as closed:
            await connection.get_message()
        assert closed.value.reason is not None
        assert closed.value.reason.code == 1008


@pytest.mark.parametrize("said", ["{}", '{"t":"say","id":"a b","text":"x"}', '{"t":"seen","n":"1"}'])
async def test_a_page_that_talks_nonsense_is_closed(said: str) -> None:
    async with serving() as (_, url), visitor(url) as ann:
        await ann.connection.send_message(said)
        with pytest.raises(ConnectionClosed):
            await ann.get()


async def test_another_sites_page_is_refused() -> None:
    async with serving() as (_, url):
        with pytest.RaisesGroup(ConnectionRejected):
            async with socket(url, extra_headers=[("origin", "https://evil.example")]):
                pass
        async with visitor(url, extra_headers=[("origin", url)]):
            pass


@pytest.mark.parametrize(
    ("public", "origin", "taken"),
    [
        (None, "http://a.example", True),
        (None, "https://a.example", False),
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "http://a.example", False),
        ("https://flow.example", "http://a.example", True),
        (None, "null", False),
        (None, "http://a.example/", False),
    ],
)
def test_a_page_that_was_loaded_another_way_is_refused(public: str | None, origin: str, taken: bool) -> None:
    assert is_ours({"host": "a.example", "origin": origin}, "http", public) is taken
    assert is_ours({"host": "a.example"}, "http", public)


async def test_only_so_many_pages_are_open() -> None:
    async with serving(pages=1) as (_, url), visitor(url):
        with pytest.RaisesGroup(ConnectionRejected):
            async with visitor(url):
                pass


async def test_one_visitor_has_only_so_many_pages() -> None:
    async with serving() as (_, url), AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(visitor(url))
        async with socket(url) as page:
            await page.send_message(json.dumps({"t": "hello", "token": TOKEN, "last": 0}))
            with pytest.raises(ConnectionClosed) as closed:
                await page.get_message()
        assert closed.value.reason.code == 1013  # later
        async with visitor(url, "B" * 43) as ann:
            await ann.say("hi")
            assert await ann.messages(1) == ["Welcome, you wrote hi."]


async def test_only_so_many_newcomers_come_in_a_minute() -> None:
    async with serving(newcomers=1) as (_, url):
        async with visitor(url) as ann:
            await ann.say("hi")
            assert await ann.messages(1) == ["Welcome, you wrote hi."]
        with pytest.RaisesGroup(ConnectionClosed):
            async with visitor(url, "B" * 43):
                pass
        async with visitor(url, last=3):
            pass


async def test_a_message_to_no_visitor_fails() -> None:
    web = WebBackend(HttpServer(Listen("127.0.0.1:0")), chat="web")
    got: list[Result] = []
    web.send(SendMessage("chat", "chat:ann", "x", "k1"), got.append)
    (result,) = got
    assert isinstance(result, Done)
    assert str(result.value) != ""
    assert getattr(result.value, "name", None) == "failed"


async def test_shutting_down_ends_what_pages_wait_for(tmp_path: Path) -> None:
    async with serving(tmp_path) as (engine, url), visitor(url) as ann:
        await ann.say("hi")
        assert await ann.messages(2) == ["Welcome, you wrote hi.", "Your name?"]
        await engine.shutdown()
        await ann.say("Ann", "m2")
        found: dict[str, Any] = {}
        while found.get("id") != "m2":
            found = await ann.get()
        assert found["t"] == "later"


def test_visitors_are_what_the_type_says() -> None:
    assert Visitor.__doc__
