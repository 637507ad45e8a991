"""The HTTP server by raw bytes: what is no HTTP, too large, too many or too slow costs that connection
alone."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing
import trustme

from flowlang.backends.border import BackendError
from flowlang.backends.http_server import HttpServer, Listen, Request, Response, WebSocket, plain
from flowlang.backends.http_server.server import most_of

UPGRADE = (
    b"Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def _echo(request: Request) -> Response:
    body = await request.read(1_000)
    return plain(413) if body is None else Response(200, body)


async def _fails(_request: Request) -> Response:
    raise RuntimeError("a mistake of ours")


async def _talks(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())


@asynccontextmanager
async def serving(listen: Listen | None = None) -> AsyncGenerator[HttpServer]:
    server = HttpServer(listen or Listen("127.0.0.1:0"))
    server.add("POST", "/echo", _echo)
    server.add("GET", "/fails", _fails)
    server.add_socket("/socket", _talks)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        yield server
        nursery.cancel_scope.cancel()


async def exchange(server: HttpServer, *parts: bytes) -> bytes:
    """What comes back until the server closes, or is silent for a moment."""
    port = int(server.url.rpartition(":")[2])
    answer = b""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        for part in parts:
            await stream.send_all(part)
        with trio.move_on_after(0.3):
            while more := await stream.receive_some():
                answer += more
    return answer


def post(body: bytes, more: bytes = b"") -> bytes:
    return b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), more, body)


async def test_requests_follow_each_other_on_one_connection() -> None:
    async with serving() as server:
        answer = await exchange(server, post(b"one") + post(b"two"), post(b"three"))
    assert [answer.count(each) for each in (b"200", b"one", b"two", b"three")] == [3, 1, 1, 1]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /fails HTTP/1.1\r\n\r\n", b"400"),  # no host (RFC 9112 §3.2)
        (b"GET /" + b"x" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
        (b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"GET /fails HTTP/1.1\r\nHost: x\r\n\r\n", b"500"),
        (post(b"x" * 1_001), b"413"),
        (post(b"zz\r\n", b"Transfer-Encoding: chunked\r\n"), b"400"),
        (post(b"x", b"Content-Length: 2\r\n"), b"400"),
        (post(b"x", b"X-A: 1\r\n folded: 2\r\n"), b"200"),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", b"400"),
        (b"GET /socket HTTP/1.1\r\n" + UPGRADE, b"101"),
        (b"POST /socket HTTP/1.1\r\n" + UPGRADE, b"404"),
        (b"GET /socket HTTP/1.0\r\n" + UPGRADE, b"404"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
)
async def test_each_request_is_answered_with_its_status(request_: bytes, status: bytes) -> None:
    async with serving() as server:
        answer = await exchange(server, request_)
        assert answer.split(b" ")[1] == status, answer[:200]
        assert b"200 " in await exchange(server, post(b"on it goes"))


async def test_who_expects_to_be_told_to_go_on_is() -> None:
    async with serving() as server:
        answer = await exchange(server, post(b"x", b"Expect: 100-continue\r\n")[:-1], b"x")
    assert answer.startswith(b"HTTP/1.1 100")
    assert b"HTTP/1.1 200" in answer


async def test_who_says_nothing_holds_up_nobody() -> None:
    async with serving() as server:
        port = int(server.url.rpartition(":")[2])
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Le")
            assert b"200 " in await exchange(server, post(b"x"))


@pytest.mark.parametrize("sent", [b"", b"GET /echo HTTP/1.1\r\nHost: x\r\n"])
async def test_who_is_slow_to_say_what_he_wants_is_let_go(
    sent: bytes, mock_clock: trio.testing.MockClock
) -> None:
    """A byte a second: ten seconds from the first one, 75 before it."""
    async with serving() as server:
        port = int(server.url.rpartition(":")[2])
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(sent)
            with pytest.raises(trio.BrokenResourceError):  # noqa: PT012
                for second in range(100):
                    await trio.testing.wait_all_tasks_blocked(0.01)
                    mock_clock.jump(1)
                    await trio.testing.wait_all_tasks_blocked(0.01)
                    if sent or second > 60:
                        await stream.send_all(b"x")
            assert second - (0 if sent else 61) in (10, 11, 12)


async def test_a_request_is_done_when_all_of_it_has_come_wherever_a_connection_breaks() -> None:
    done: list[bytes | None] = []

    async def keep(request: Request) -> Response:
        done.append(await request.read(1_000))
        return plain(202)

    whole = post(b"five5", b"Expect: 100-continue\r\n").replace(b"/echo", b"/keep")
    chunked = b"POST /keep HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive5\r\n0\r\n\r\n"
    async with serving() as server:
        server.add("POST", "/keep", keep)
        port = int(server.url.rpartition(":")[2])
        for each in (whole, chunked):
            for end in range(len(each) + 1):
                async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                    await stream.send_all(each[:end])
                await trio.testing.wait_all_tasks_blocked(0.002)
        assert [each for each in done if each is not None] == [b"five5"] * 2
        assert b" 200 " in await exchange(server, post(b"x"))
        await trio.testing.wait_all_tasks_blocked(0.02)
        assert (server._count, server._bodies.held) == (0, 0)  # pyright: ignore[reportPrivateUsage]


async def test_bodies_hold_so_much_together_and_no_more() -> None:
    async with serving() as server:
        server._bodies.most = 3_000  # pyright: ignore[reportPrivateUsage]
        port = int(server.url.rpartition(":")[2])
        streams = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(4)]
        for each in streams:
            await each.send_all(post(b"x" * 1_000)[:-100])
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert b" 503 " in await streams[3].receive_some()
        for each in streams[:3]:
            await each.send_all(b"x" * 100)
            assert b" 200 " in await each.receive_some()
        assert b" 200 " in await exchange(server, post(b"x" * 1_000))
        for each in streams:
            await each.aclose()
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert server._bodies.held == 0  # pyright: ignore[reportPrivateUsage]


async def test_one_public_address_has_only_so_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    for address, most in (
        ("127.0.0.1", 20_000),
        ("10.1.2.3", 20_000),
        ("fe80::1%eth0", 20_000),
        ("8.8.8.8", 1_000),
    ):
        assert most_of(address) == most
    monkeypatch.setattr("flowlang.backends.http_server.server.most_of", lambda _client: 3)
    async with serving() as server:
        port = int(server.url.rpartition(":")[2])
        streams = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(4)]
        assert await streams[3].receive_some() == b""
        await streams[0].aclose()
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert b"200 " in await exchange(server, post(b"x"))
        for each in streams:
            await each.aclose()


async def test_it_serves_https(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    listen = Listen("127.0.0.1:0", str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    async with serving(listen) as server:
        assert server.url.startswith("https://")
        context = ssl.create_default_context()
        authority.configure_trust(context)
        port = int(server.url.rpartition(":")[2])
        plain_stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with trio.SSLStream(plain_stream, context, server_hostname="localhost") as stream:
            await stream.send_all(post(b"hello"))
            assert b"200 " in await stream.receive_some()


async def test_two_that_want_one_path_are_told() -> None:
    server = HttpServer(Listen("127.0.0.1:0"))
    server.add("POST", "/echo", _echo)
    with pytest.raises(ValueError, match="two backends want the path /echo"):
        server.add("POST", "/echo", _echo)


async def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    async with serving() as server:
        other = HttpServer(Listen(server.url.partition("//")[2]))
        with pytest.raises(BackendError, match=r"HTTP cannot listen on .*: address already in use"):
            await other.run()
