"""We register at a trunk: a registrar of ours, or answers written by hand, at the other end."""

from __future__ import annotations

from flowlang.sip import (
    Account,
    Accounts,
    Address,
    Credentials,
    OwnAccount,
    Registrar,
    Registration,
    RegistrationChanged,
    Request,
    Send,
)
from flowlang.sip.message import Response, response_to
from flowlang.sip.parse import parse_datagram
from tests.sip.wire import HERE, T1, THERE, make_agent, tokens

FIRST, SECOND = THERE, Address("192.0.2.3", 5060)


class Line:
    """Our agent, and whoever a test lets answer; time passes from deadline to deadline."""

    def __init__(self, *servers: Address, password: str = "wonder") -> None:  # noqa: S107 - of a test
        self.agent = make_agent()
        self.now = 0.0
        self.states: list[tuple[str, int]] = []
        trunk = OwnAccount("sip:alice@office", servers or (FIRST,), Credentials("alice", password), 600)
        self.registration: Registration = self.agent.register(trunk, HERE, 0.0)

    def sent(self) -> list[tuple[Address, Request]]:
        """What went out since the last look."""
        found: list[tuple[Address, Request]] = []
        for output in self.agent.drain():
            if isinstance(output, Send):
                message = parse_datagram(output.data)
                assert isinstance(message, Request)
                found.append((output.destination, message))
            elif isinstance(output, RegistrationChanged):
                self.states.append((output.state, output.status))
        return found

    def answer(self, request: Request, status: int, *headers: tuple[str, str]) -> None:
        response = response_to(request, status, "server", headers=headers)
        self.agent.receive(response.encode(), FIRST, HERE, self.now)

    def wait(self, until: float) -> list[tuple[Address, Request]]:
        found = self.sent()
        while (at := self.agent.next_deadline()) is not None and at <= until:
            self.now = at
            self.agent.tick(at)
            found += self.sent()
        self.now = until
        return found


def test_it_registers_by_password_refreshes_and_leaves() -> None:
    line = Line()
    server = make_agent(seed=2)
    registrar = server.registrar = Registrar(
        Accounts([Account("alice", "wonder")]), "office", b"key", tokens(3)
    )

    def exchange(requests: list[tuple[Address, Request]]) -> int:
        count = 0
        while requests:
            for _, request in requests:
                count += 1
                server.receive(request.encode(), HERE, THERE, line.now)
                for output in server.drain():
                    if isinstance(output, Send):
                        line.agent.receive(output.data, THERE, HERE, line.now)
            requests = line.sent()
        return count

    assert exchange(line.sent()) == 2
    assert line.states == [("registered", 200)]
    assert registrar.registered("sip:alice@office", line.now)[0].uri == "sip:alice@192.0.2.1:5060"
    # A third before the end; the nonce is older than the server takes it, so it is asked for once more.
    assert exchange(line.wait(400.01)) == 2
    line.registration.stop(line.now)
    assert exchange(line.sent()) == 1
    assert registrar.registered("sip:alice@office", line.now) == ()
    assert line.states == [("registered", 200)]


def test_it_asks_for_as_long_as_the_server_wants() -> None:
    line = Line()
    ((_, request),) = line.sent()
    line.answer(request, 423, ("Min-Expires", "1800"))
    ((_, request),) = line.sent()
    assert request.get("Expires") == "1800"
    line.answer(request, 200)
    line.sent()
    assert line.wait(1199.0) == []
    assert len(line.wait(1201.0)) >= 1


def test_a_server_that_fails_gives_way_to_the_next_and_later_to_the_first_again() -> None:
    line = Line(FIRST, SECOND)
    ((first, request),) = line.sent()
    line.answer(request, 503)
    ((second, request),) = line.sent()
    line.answer(request, 403)
    assert line.sent() == []
    assert (first, second, line.states) == (FIRST, SECOND, [("failed", 403)])
    later = line.wait(31.0)
    assert later[0][0] == FIRST
    assert line.registration.state == "failed"


def test_a_server_that_is_silent_gives_way_too() -> None:
    line = Line(FIRST, SECOND)
    assert {where for where, _ in line.wait(64 * T1 + 1)} == {FIRST, SECOND}


def test_a_wrong_password_is_not_tried_twice() -> None:
    line = Line()
    challenge = ("WWW-Authenticate", 'Digest realm="office", nonce="1", qop="auth", algorithm=MD5')
    ((_, request),) = line.sent()
    line.answer(request, 401, challenge)
    ((_, request),) = line.sent()
    line.answer(request, 401, challenge)
    assert line.sent() == []
    assert line.states == [("failed", 401)]


def test_a_server_that_finds_every_nonce_old_is_not_followed_for_ever() -> None:
    line = Line()
    tries = 0
    while requests := line.sent():
        tries += 1
        stale = ("WWW-Authenticate", f'Digest realm="office", nonce="{tries}", stale=true, algorithm=MD5')
        line.answer(requests[0][1], 401, stale)
    assert tries == 4


def test_answers_that_nobody_asked_for_change_nothing() -> None:
    line = Line()
    ((_, request),) = line.sent()
    via = {"Via": ["SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother"]}
    forged = Response(200, "OK", request.headers | via)
    line.agent.receive(forged.encode(), FIRST, HERE, 0.0)
    line.sent()
    assert line.states == []


def test_it_follows_its_servers_to_where_they_are_now() -> None:
    line = Line(FIRST)
    ((_, request),) = line.sent()
    line.answer(request, 200, ("Contact", request.headers["Contact"][0] + ";expires=600"))
    line.registration.move_to([SECOND, FIRST], line.now)
    assert line.registration.server == FIRST  # a new order is no news
    line.registration.move_to([SECOND], line.now)
    assert line.sent() == []
    ((to, again),) = line.wait(400.0)[:1]
    assert (to, again.headers["CSeq"]) == (SECOND, ["2 REGISTER"])


def test_new_servers_are_asked_at_once_where_all_others_had_failed() -> None:
    line = Line(FIRST)
    ((_, request),) = line.sent()
    line.answer(request, 503)
    assert line.sent() == []
    line.registration.move_to([FIRST], line.now)
    assert line.sent() == []
    line.registration.move_to([SECOND], line.now)
    assert [to for to, _ in line.sent()] == [SECOND]
