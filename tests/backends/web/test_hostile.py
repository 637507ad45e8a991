"""Whatever a stranger sends to the chat's socket, his connection alone ends: the next visitor is served."""

from __future__ import annotations

import json
import os
import random
import struct
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio

from .browser import TOKEN, visitor
from .test_chat import serving

_HANDSHAKE = (
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


def frame(data: bytes, code: int = 1) -> bytes:
    """A frame of a client (RFC 6455 §5.2), masked with zeros."""
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
    return bytes([0x80 | code]) + length + bytes(4) + data


async def said(
    url: str, *parts: bytes, headers: tuple[bytes, ...] = _HANDSHAKE, within: float = 0.3
) -> bytes:
    """All that comes back, until the server closes or that time is over."""
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    async with await trio.open_tcp_stream(where.hostname, where.port) as stream:
        host = b"Host: " + where.netloc.encode()
        head = b"\r\n".join((b"GET /chat/socket HTTP/1.1", host, *headers, b"", b""))
        found = b""
        with trio.move_on_after(within):
            try:
                await stream.send_all(head)
                async for data in stream:
                    found += data
                    if b"\r\n\r\n" in found and parts:
                        await stream.send_all(b"".join(parts))
                        parts = ()
            except trio.BrokenResourceError:
                pass
        return found


async def is_served(url: str) -> None:
    async with visitor(url, "Z" * 43) as ann:
        await ann.say("hi")
        assert await ann.messages(1) == ["Welcome, you wrote hi."]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Sec-WebSocket-Protocol: \xff", b"400"),
        (b"X-Name: \xc3\xa9", b"101"),
        (b"Origin: http://\xe9.example", b"403"),
        (b"Origin: http://[::1", b"403"),
        (b"Origin: http://]x[", b"403"),
        (b"Sec-WebSocket-Extensions: ;;;=,", b""),
    ],
)
async def test_a_handshake_of_rubbish_is_refused_and_others_are_served(header: bytes, status: bytes) -> None:
    async with serving() as (_, url):
        assert (await said(url, headers=(*_HANDSHAKE, header))).partition(b" ")[2].startswith(status)
        await is_served(url)


@pytest.mark.parametrize("number", [2**53, 2**63, 2**70, -(2**70), True])
async def test_a_number_too_large_for_the_disk_ends_nothing(number: int) -> None:
    hello = frame(json.dumps({"t": "hello", "token": TOKEN, "last": number}).encode())
    seen = frame(json.dumps({"t": "seen", "n": number}).encode())
    async with serving() as (_, url):
        assert b'"welcome"' in await said(url, hello, seen, seen)
        await is_served(url)


async def test_no_handshake_and_no_frame_ends_more_than_its_own_connection() -> None:
    chance = random.Random(5)

    def spoilt(data: bytes) -> bytes:
        given = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            given[chance.randrange(len(given))] = chance.randrange(256)
        return bytes(given)

    async def one(url: str) -> None:
        headers, parts = _HANDSHAKE, [frame(json.dumps({"t": "hello", "token": TOKEN, "last": 1}).encode())]
        match chance.randrange(4):
            case 0:
                headers = (*_HANDSHAKE[:2], *map(spoilt, _HANDSHAKE[2:]))
            case 1:
                headers = (*_HANDSHAKE, spoilt(b"Origin: http://[::1]:80"))
            case 2:
                parts.append(spoilt(frame(b'{"t":"seen","n":99999999999999999999999}')))
            case _:
                parts.append(frame(chance.randbytes(chance.randrange(200)), chance.randrange(16)))
        await said(url, *parts, headers=headers)

    async with serving() as (_, url):
        for _ in range(8):
            async with trio.open_nursery() as nursery:
                for _ in range(40):
                    nursery.start_soon(one, url)
        await is_served(url)


@pytest.mark.parametrize("flood", [frame(b"", 9), frame(b"", 10), b"\0" + frame(b"x")[1:]])
async def test_who_sends_more_frames_than_a_person_makes_is_closed(flood: bytes) -> None:
    hello = json.dumps({"t": "hello", "token": TOKEN, "last": 0}).encode()
    begin = bytes([0x01]) + frame(b"{")[1:]  # the beginning of a text
    async with serving() as (_, url):
        begun = trio.current_time()
        await said(url, frame(hello), begin, flood * 3_000, within=20)
        assert trio.current_time() - begun < 20  # it was closed
        few = await said(url, frame(hello), begin, flood * 500)
        assert struct.pack(">H", 1008) not in few
        await is_served(url)


async def test_a_newcomer_is_one_whatever_he_says_that_he_has() -> None:
    async with serving(newcomers=2) as (_, url):
        async with visitor(url, "A" * 43) as ann:
            await ann.say("hi")
            assert await ann.messages(1) == ["Welcome, you wrote hi."]
            async with visitor(url, "B" * 43, last=1):
                pass
            hello = json.dumps({"t": "hello", "token": "C" * 43, "last": 1}).encode()
            assert struct.pack(">H", 1013) in await said(url, frame(hello))
            async with visitor(url, "A" * 43, last=0):  # a second page of hers
                pass
        async with visitor(url, "A" * 43, last=0):  # and she who comes back
            pass


async def test_what_was_said_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, url):
        await is_served(url)
        found = {
            each: (tmp_path / each).stat().st_mode & 0o777
            for each in os.listdir(tmp_path)
            if "chat.db" in each
        }
        assert found
        assert set(found.values()) == {0o600}
