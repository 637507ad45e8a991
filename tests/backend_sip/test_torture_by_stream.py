"""The messages of RFC 4475 and RFC 5118 over TCP, at a whole backend: the answers of the tables, those of
`expected_stream.tsv` where framing by stream asks for others, and then the connection open or closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.backends.sip.connection import MESSAGE_TIME
from flowlang.sip import Account, Address
from flowlang.sip.framing import Frame, Framer
from tests.sip.test_torture import FOLDER, acceptable, rows
from tests.sip.wire import request

from .conftest import T1
from .host import FakeHost

STREAM = {row["file"]: row for row in rows("stream")}
ALIVE = request("OPTIONS", branch="z9hG4bKalive", call_id="alive", via="SIP/2.0/TCP 127.0.0.1:5062")


@asynccontextmanager
async def served(folder: Path, host: str = "127.0.0.1") -> AsyncGenerator[Address]:
    backend = SipBackend(SipSettings((host, 0), t1=T1, prompts=folder, accounts=[Account("alice", "wonder")]))
    async with trio.open_nursery() as nursery:
        await nursery.start(backend.run, FakeHost(refuse=480))
        assert backend.address is not None
        yield backend.address
        nursery.cancel_scope.cancel()


async def statuses(stream: trio.SocketStream, seconds: float) -> tuple[list[int], bool]:
    """The final answers that come within this time, and whether the stream is open behind them."""
    heard, closed = b"", False
    with trio.move_on_after(seconds):
        while data := await stream.receive_some(65_536):
            heard += data
        closed = True
    lines = [line for line in heard.split(b"\r\n") if line.startswith(b"SIP/2.0 ")]
    return [status for line in lines if (status := int(line.split(b" ")[1])) >= 200], not closed


async def judged(server: Address, data: bytes, wanted: str, connection: str) -> None:
    async with await trio.open_tcp_stream(server.host, server.port) as stream:
        await stream.send_all(data)
        found, is_open = await statuses(stream, MESSAGE_TIME + 1 if connection == "closed" else 0.2)
        assert all(acceptable(status, wanted) for status in found), found
        assert bool(found) == (wanted != "none")
        assert is_open == (connection == "open")
        if is_open:
            await stream.send_all(ALIVE)
            assert (await statuses(stream, 0.2))[0] == [200]
    async with await trio.open_tcp_stream(server.host, server.port) as another:
        await another.send_all(ALIVE)
        assert (await statuses(another, 0.2))[0] == [200]


@pytest.mark.parametrize("row", rows("rfc4475"), ids=lambda row: row["file"])
async def test_rfc_4475(row: dict[str, str], tmp_path: Path, clock: trio.abc.Clock) -> None:
    other = STREAM.get(row["file"], {})
    wanted = other.get("acceptable_final", row["acceptable_final"])
    async with served(tmp_path) as server:
        data = (FOLDER / "rfc4475" / row["file"]).read_bytes()
        await judged(server, data, wanted, other.get("connection", "open"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("row", rows("rfc5118"), ids=lambda row: row["file"])
async def test_rfc_5118(row: dict[str, str], host: str, tmp_path: Path, clock: trio.abc.Clock) -> None:
    wanted = "400" if row["expected"] == "400" else "2xx,401,403,404,407,480,481,488"
    (frame, *_) = Framer().feed((FOLDER / "rfc5118" / row["file"]).read_bytes())
    assert isinstance(frame, Frame)  # the lengths count line ends of one octet, the files have two
    async with served(tmp_path, host) as server:
        await judged(server, frame.data, wanted, "open")
