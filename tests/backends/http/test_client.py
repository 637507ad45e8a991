"""The HTTP client against a server on loopback: what is sent, what is tried again, where nothing goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from flowlang import open_engine
from flowlang.backends.http import HttpBackend, HttpSettings, Signing
from flowlang.backends.http_client import ClientSettings, Patience, is_reachable, network
from flowlang.backends.signatures import standard_fault, twilio_fault
from flowlang.model.message_commands import HttpRequest
from flowlang.model.policy import Policy
from flowlang.model.results import Done, Result
from flowlang.model.values import SECOND, Outcome
from tests.backends.host import TestHost

from .peer import Answer, Asked, Reply, peer

LOOPBACK = network("127.0.0.0/8")
KEY = bytes(range(24))


def settings(**more: Any) -> HttpSettings:
    assert LOOPBACK is not None
    signing = more.pop("signing", None)
    client = {"allowed": (LOOPBACK,), "patience": Patience(3, 0.001), **more}
    return HttpSettings(ClientSettings(**client), signing)


def request(url: str, method: Any = "GET", body: str | None = None, **more: Any) -> HttpRequest:
    return HttpRequest(
        method, url, more.pop("headers", {}), body, more.pop("timeout", 5 * SECOND), "af-1", **more
    )


async def ask(backend: HttpBackend, command: HttpRequest) -> Any:
    done = trio.Event()
    found: list[Result] = []

    def finish(result: Result) -> None:
        found.append(result)
        done.set()

    backend.send(command, finish)
    await done.wait()
    (result,) = found
    assert isinstance(result, Done)
    return result.value


def against(
    answer: Answer,
    use: Callable[[HttpBackend, Any], Awaitable[None]],
    given: HttpSettings | None = None,
    **more: Any,
) -> None:
    async def main() -> None:
        async with peer(answer) as server, trio.open_nursery() as nursery:
            backend = HttpBackend(given or settings(), **more)
            await nursery.start(backend.run, TestHost(clock=lambda: 1_800_000_000 * SECOND))
            with trio.fail_after(20):
                await use(backend, server)
                await backend.settle()
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_an_answer_is_status_text_and_headers() -> None:
    def answer(_asked: Asked) -> Reply:
        return Reply(201, '{"a": "ä"}'.encode(), (("X-One", "1"), ("x-one", "2")))

    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(f"{server.url}/x?y=1", "POST", '{"b":1}', headers={"x-two": "2"}))
        assert (got["status"], got["text"], got["headers"]["x-one"]) == (201, '{"a": "ä"}', "1, 2")
        (asked,) = server.asked
        assert (asked.method, asked.target, asked.body) == ("POST", "/x?y=1", b'{"b":1}')
        assert asked.headers["idempotency-key"] == "af-1"
        assert asked.headers["x-two"] == "2"
        assert len(asked.names) == len(set(asked.names))

    against(answer, use)


def test_the_same_key_is_asked_once() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        command = request(server.url, "POST", "x")
        first = await ask(backend, command)
        assert await ask(backend, command) == first
        assert len(server.asked) == 1

    against(lambda _asked: Reply(), use)


@pytest.mark.parametrize(
    ("method", "sign", "replies", "result", "attempts"),
    [
        ("GET", False, [Reply(503), Reply(200)], 200, 2),
        ("GET", False, [Reply(502), Reply(504), Reply(200)], 200, 3),
        ("GET", False, [Reply(breaks=True), Reply(200)], 200, 2),
        ("GET", False, [Reply(503)] * 5, 503, 3),
        ("GET", False, [Reply(500)], 500, 1),
        ("GET", False, [Reply(404)], 404, 1),
        ("GET", False, [Reply(302, headers=(("location", "http://169.254.169.254/"),))], 302, 1),
        ("PUT", False, [Reply(breaks=True), Reply(200)], 200, 2),
        ("DELETE", False, [Reply(breaks=True), Reply(204)], 204, 2),
        ("POST", False, [Reply(503), Reply(200)], 200, 2),
        ("POST", False, [Reply(429, headers=(("retry-after", "0"),)), Reply(200)], 200, 2),
        ("POST", False, [Reply(502), Reply(200)], 502, 1),
        ("POST", False, [Reply(breaks=True)], "unknown", 1),
        ("POST", False, [Reply(hangs=True)], "unknown", 1),
        ("POST", True, [Reply(breaks=True), Reply(502), Reply(200)], 200, 3),
    ],
)
def test_what_may_be_sent_again_is(
    method: str, sign: bool, replies: list[Reply], result: object, attempts: int
) -> None:
    left = list(replies)

    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(server.url, method, "x", sign=sign, timeout=SECOND // 2))
        assert (got.name if isinstance(got, Outcome) else got["status"]) == result
        assert len(server.asked) == attempts

    against(lambda _asked: left.pop(0), use, settings(signing=Signing(KEY)))


def test_who_does_not_answer_in_time_is_given_up() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(server.url, timeout=SECOND // 10))
        assert got == {"reason": "timeout"}

    against(lambda _asked: Reply(hangs=True), use)


def test_nobody_there_is_a_reason() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request("http://127.0.0.1:1/", "POST", "x"))
        assert set(got) == {"reason"}

    against(lambda _asked: Reply(), use)


def test_an_answer_has_a_largest_size() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(server.url))
        assert got == {"reason": "the answer has more than 1000 bytes"}

    against(lambda _asked: Reply(body=b"x" * 1001), use, settings(most_bytes=1000))


def test_what_is_too_large_to_be_read_does_not_undo_what_was_asked() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        assert await ask(backend, request(server.url, "POST", "x")) == Outcome("unknown")
        assert len(server.asked) == 1

    against(lambda _asked: Reply(201, body=b"x" * 1001), use, settings(most_bytes=1000))


def test_a_webhook_is_signed_in_standard_form() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        await ask(backend, request(server.url, "POST", '{"a":1}', sign=True))
        (asked,) = server.asked
        assert asked.headers["webhook-id"] == "af-1"
        assert standard_fault([KEY], asked.headers, asked.body, 1_800_000_000) is None

    against(lambda _asked: Reply(), use, settings(signing=Signing(KEY)))


def test_a_webhook_is_signed_in_twilios_form() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        await ask(backend, request(f"{server.url}/h?a=1", "POST", '{"a":1}', sign=True))
        (asked,) = server.asked
        url = server.url + asked.target
        assert twilio_fault("token", url, asked.headers["x-twilio-signature"], (), asked.body) is None

    against(lambda _asked: Reply(), use, settings(signing=Signing(token="token")))


def test_a_webhook_without_a_secret_does_not_go_out() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(server.url, "POST", "x", sign=True))
        assert "no secret" in got["reason"]
        assert server.asked == []

    against(lambda _asked: Reply(), use)


def test_a_private_address_is_reached_only_where_the_operator_says_so() -> None:
    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(server.url))
        assert got == {"reason": "127.0.0.1 is at 127.0.0.1, which is no public address"}
        assert server.asked == []

    against(lambda _asked: Reply(), use, settings(allowed=()))


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(f"http://rebinds.example:{server.port}/"))
        assert got["status"] == 200
        assert asked == ["rebinds.example"]  # looked up once
        assert server.asked[0].headers["host"] == f"rebinds.example:{server.port}"

    against(lambda _asked: Reply(), use, resolve=rebinding)


def test_a_name_that_is_also_at_a_private_address_is_refused() -> None:
    async def mixed(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "169.254.169.254"]

    async def use(backend: HttpBackend, server: Any) -> None:
        got = await ask(backend, request(f"http://mixed.example:{server.port}/"))
        assert "169.254.169.254" in got["reason"]
        assert server.asked == []

    against(lambda _asked: Reply(), use, resolve=mixed)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.0.192", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1",
        "2002:a9fe:a9fe::", "::127.0.0.1", "fd00:ec2::254", "2001:0:0:0:0:0:5601:5601", "x", "",
        "168.63.129.16", "::ffff:168.63.129.16", "fec0::1", "::ffff:0:a9fe:a9fe", "::ffff:0:5db8:d822",
        "2001:4860:4860::5efe:a9fe:a9fe", "2001:4860:4860:0:200:5efe:a00:1", "4000::1", "5f00::1",
        "192.88.99.1", "64:ff9b:1::a9fe:a9fe", "64:ff9b::a83f:8110", "100.100.100.200",
        "3fff::1", "3fff:fff::1",
    ],
)  # fmt: skip
def test_addresses_that_are_nobodys_business_are_refused(address: str) -> None:
    assert not is_reachable(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "2002:5db8:d822::"]
)
def test_public_addresses_are_reached(address: str) -> None:
    assert is_reachable(address)


def test_the_operator_names_networks() -> None:
    ours = network("10.1.0.0/16")
    assert ours is not None
    assert is_reachable("10.1.2.3", [ours])
    assert is_reachable("::ffff:10.1.2.3", [ours])
    assert not is_reachable("10.2.2.3", [ours])


SCRIPT = """
policy {{ allow http "http://127.0.0.1:{port}/*" }}
flow main(path) {{
    let r = http.get("http://127.0.0.1:{port}/${{path}}", headers: {{x-key: "s"}})
    match r {{ ok as o => return o.text; failed as f => return "${{f.status}}" }}
}}
"""


def test_a_redirect_is_followed_where_both_policies_allow_it() -> None:
    def answer(asked: Asked) -> Reply:
        place = asked.target.removeprefix("/")
        if place == "end":
            return Reply(200, b"here " + asked.headers.get("x-key", "-").encode())
        targets = {
            "relative": "/end",
            "loop": "/loop",
            "elsewhere": "http://127.0.0.2/",
            "odd": "javascript:x",
        }
        return Reply(302, headers=(("location", targets[place]),))

    async def main() -> None:
        async with peer(answer) as server:
            port = server.port
            operator = Policy({"http": (f"http://127.0.0.1:{port}/*", "http://127.0.0.2/*")})
            async with open_engine([HttpBackend(settings())], policy=operator) as engine:
                await engine.listen()
                engine.load_text(SCRIPT.format(port=port).replace("x-key:", '"x-key":'))
                ended = {
                    path: await engine.start("main", path).ended()
                    for path in ("relative", "loop", "elsewhere", "odd")
                }
        assert ended["relative"].value == "here s"
        assert ended["loop"].value == "302"
        assert ended["elsewhere"].code == "policy"
        assert ended["odd"].code == "policy"

    trio.run(main)
