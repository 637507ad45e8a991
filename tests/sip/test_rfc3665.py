"""RFC 3665's call flows, read from `rfc3665.txt` and played message by message to a user agent of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowlang.sip import (
    Account,
    Accounts,
    CallEnded,
    CallOffered,
    Credentials,
    DigestClient,
    Event,
    IncomingCall,
    Invitation,
    OwnAccount,
    Registrar,
    RegistrationChanged,
    Request,
    Response,
    Send,
    Settings,
    UserAgent,
)
from flowlang.sip.leg import CallLeg
from flowlang.sip.message import Message, response_to
from flowlang.sip.parse import parse_datagram
from tests.sip.wire import HERE, SDP, THERE, session, tokens

TEXT = Path(__file__).with_name("rfc3665.txt").read_text(encoding="utf-8")
FLOWS: dict[str, list[str]] = {
    title: [line for line in rest.splitlines() if line.strip()]
    for title, _, rest in (part.partition("\n") for part in TEXT.split("\n== ")[1:])
}

ROUTES = ["<sip:ss2.biloxi.example.com;lr>", "<sip:ss1.atlanta.example.com;lr>"]
CHALLENGE = (
    'Digest realm="atlanta.example.com", nonce="ea9c8e88df84f1cec4341ae6cbe5a359", qop="auth", opaque=""'
)


class Flow:
    """One user agent of ours, whose messages are taken in order, and all others of a flow in one."""

    def __init__(self) -> None:
        self.agent = UserAgent(Settings(), tokens(1))
        self.now = 0.0
        self.waiting: list[Message] = []
        self.events: list[Event] = []
        self.ours: list[Request] = []
        self.theirs: list[Request] = []
        self.last: Message | None = None
        self.tag = ""
        self.call: CallLeg | None = None
        self.media = session()
        self.logins: dict[str, DigestClient] = {}

    @property
    def incoming(self) -> IncomingCall:
        """Their call."""
        assert isinstance(self.call, IncomingCall)
        return self.call

    def play(self, line: str) -> None:
        """One line of a flow."""
        side, what, *words = line.split()
        if side == "!":
            self._act(what, words)
        elif side == "<":
            self._receive(what, words)
        elif side == ">":
            self._check(what, words)
        else:
            assert self._told() == (what, words[0]), line
        self._drain()

    def over(self) -> None:
        """Nothing was said that the flow has not."""
        assert self.waiting == []

    # What we send

    def _drain(self) -> None:
        for output in self.agent.drain():
            if isinstance(output, Send):
                self.waiting.append(parse_datagram(output.data))
            else:
                self.events.append(output)
                if isinstance(output, CallOffered):
                    self.call = output.call
                    self.call.negotiate = self.media.negotiate

    def _check(self, what: str, words: list[str]) -> None:
        assert self.waiting, f"{what} was not sent"
        message = self.waiting.pop(0)
        if isinstance(message, Request):
            assert message.method == what
            self.ours.append(message)
        else:
            assert str(message.status) == what
            self.tag = message.to.tag or self.tag
        self.last = message
        for word in words:
            assert MUST[word](self, message), f"{what} lacks {word}"

    # What they send

    def _receive(self, what: str, words: list[str]) -> None:
        if what == "REGISTER":
            message: Message = self._register(words)
        elif what.isdecimal():
            message = self._response(int(what), words)
        else:
            message = self._request(what, words)
        self.agent.receive(message.encode(), THERE, HERE, self.now)

    def _response(self, status: int, words: list[str]) -> Response:
        to = [each for each in self.ours if each.method != "ACK" and words in ([], [each.method])]
        request = (to or [each for each in self.ours if each.method != "ACK"])[-1]
        headers = [("Contact", "<sip:bob@192.0.2.2:5062>")]
        for word in words:
            if word in HAS:
                headers += HAS[word](self, status)
        body = SDP.encode() if "sdp" in words else b""
        return response_to(request, status, "theirs", headers=headers, body=body)

    def _register(self, words: list[str]) -> Request:
        number = len(self.theirs) + 1
        headers = {
            "Via": [f"SIP/2.0/UDP 192.0.2.2:5062;branch=z9hG4bK{number}"],
            "Max-Forwards": ["70"],
            "From": ["<sip:bob@biloxi.example.com>;tag=theirs"],
            "To": ["<sip:bob@biloxi.example.com>"],
            "Call-ID": ["3665"],
            "CSeq": [f"{number} REGISTER"],
        }
        request = Request("REGISTER", "sip:biloxi.example.com", headers)
        for word in words:
            if word.startswith("gives-"):
                header = self._login(word.removeprefix("gives-"), request)
                request.extend([header])
            else:
                request.extend(HAS[word](self, 0))
        self.theirs.append(request)
        return request

    def _login(self, password: str, request: Request) -> tuple[str, str]:
        """The phone's answer to the challenge that it has, now or from before."""
        client = self.logins.setdefault(password, DigestClient(Credentials("bob", password)))
        if isinstance(self.last, Response) and self.last.status == 401:
            header = client.answer(self.last, request, tokens(7))
        else:
            header = client.header(request, tokens(8))
        assert header is not None
        return header

    def _request(self, method: str, words: list[str]) -> Request:
        invites = [each for each in self.theirs if each.method == "INVITE"]
        follows = method in ("ACK", "CANCEL") and bool(invites)
        number = invites[-1].cseq.number if follows else len(self.theirs) + 1
        refused = isinstance(self.last, Response) and self.last.status >= 300
        branch = f"z9hG4bK{number}{'' if method == 'CANCEL' or refused or not follows else method}"
        theirs, ours = "<sip:bob@biloxi.example.com>;tag=theirs", "<sip:alice@atlanta.example.com>"
        if self.ours and self.ours[0].method == "INVITE":
            ours += f";tag={self.ours[0].from_.tag}"
        elif self.tag and method != "CANCEL":
            ours += f";tag={self.tag}"
        headers = {
            "Via": [f"SIP/2.0/UDP 192.0.2.2:5062;branch={branch}"],
            "Max-Forwards": ["68"],
            "From": [theirs],
            "To": [ours],
            "Call-ID": [self.ours[-1].call_id if self.ours else "3665"],
            "CSeq": [f"{number} {method}"],
            "Contact": ["<sip:bob@192.0.2.2:5062>"],
        }
        request = Request(
            method, "sip:alice@192.0.2.1:5060", headers, SDP.encode() if "sdp" in words else b""
        )
        for word in words:
            request.extend(HAS[word](self, 0))
        self.theirs.append(request)
        return request

    # What our user does

    def _act(self, what: str, words: list[str]) -> None:
        match [what, *words]:
            case ["call", *late]:
                offer = None if late else self.media.offer()
                invitation = Invitation("sip:bob@biloxi.example.com", "sip:alice@atlanta.example.com", offer)
                digest = DigestClient(
                    *(Credentials("alice", "wonder", f"{each}.example.com") for each in ("atlanta", "biloxi"))
                )
                self.ours.clear()
                self.call = self.agent.invite(invitation, THERE, HERE, self.now, digest=digest)
                self.call.negotiate = self.media.negotiate
            case ["register"]:
                bob = OwnAccount("sip:bob@biloxi.example.com", (THERE,), Credentials("bob", "zanzibar"), 3600)
                self.registration = self.agent.register(bob, HERE, self.now)
            case ["serve"]:
                accounts = Accounts([Account("bob", "password")])
                self.agent.registrar = Registrar(accounts, "biloxi.example.com", b"key", tokens(5))
            case ["leave"]:
                self.registration.stop(self.now)
            case ["ring"]:
                assert self.incoming.ring(self.now)
            case ["refuse", status]:
                assert self.incoming.reject(int(status), self.now)
            case ["answer"]:
                offer = self.incoming.offer
                described = self.media.offer() if offer is None else self.media.answer(offer)
                assert described is not None
                assert self.incoming.answer(described, self.now)
            case ["change", "address"]:
                assert self.call is not None
                assert self.call.reoffer(session("192.0.2.1", 6004).offer(), self.now)
            case ["hang", "up"]:
                assert self.call is not None
                assert self.call.hang_up(self.now)
            case ["wait", seconds]:
                until = self.now + float(seconds)
                while (at := self.agent.next_deadline()) is not None and at <= until:
                    self.now = at
                    self.agent.tick(at)
                self.now = until
                self.events += [each for each in self.agent.drain() if not isinstance(each, Send)]
            case other:
                raise AssertionError(other)

    def _told(self) -> tuple[str, str]:
        """The last that our user was told of an end."""
        for event in reversed(self.events):
            if isinstance(event, CallEnded):
                return event.cause, event.by
            if isinstance(event, RegistrationChanged):
                return event.state, str(event.status)
        return "", ""


Headers = list[tuple[str, str]]

HAS: dict[str, Callable[[Flow, int], Headers]] = {
    "sdp": lambda flow, status: [("Content-Type", "application/sdp")],
    "record-route": lambda flow, status: [("Record-Route", each) for each in ROUTES],
    "contact": lambda flow, status: [("Contact", f"{flow.ours[-1].get('Contact')};expires=3600")],
    "phone": lambda flow, status: [("Contact", "<sip:bob@192.0.2.2:5062>")],
    "laptop": lambda flow, status: [("Contact", "<sip:bob@192.0.2.3:5060>")],
    "all": lambda flow, status: [("Contact", "*")],
    "ends": lambda flow, status: [("Expires", "0")],
    "second-challenge": lambda flow, status: [
        (
            "Proxy-Authenticate",
            'Digest realm="biloxi.example.com", nonce="f84f1cec41e6cbe5aea9c8e88d359", qop="auth"',
        )
    ],
    "challenge": lambda flow, status: [
        ("WWW-Authenticate" if status == 401 else "Proxy-Authenticate", CHALLENGE)
    ],
}
"""What a message of theirs may have: its headers; `status` is 0 for a request."""


def routes_backwards(flow: Flow, message: Message) -> bool:
    """Through the proxies: in the reverse of Record-Route for who called, as it came for who was called."""
    called = bool(flow.theirs) and flow.theirs[0].method == "INVITE"
    return message.members("Route") == (ROUTES if called else ROUTES[::-1])


MUST: dict[str, Callable[[Flow, Message], bool]] = {
    "sdp": lambda flow, message: b"m=audio" in message.body,
    "no-sdp": lambda flow, message: not message.body,
    "tag": lambda flow, message: message.to.tag is not None,
    "password": lambda flow, message: "Authorization" in message.headers,
    "proxy-password": lambda flow, message: "Proxy-Authorization" in message.headers,
    "both-passwords": lambda flow, message: len(message.headers["Proxy-Authorization"]) == 2,
    "expires-0": lambda flow, message: message.get("Expires") == "0",
    "record-route": lambda flow, message: message.members("Record-Route") == ROUTES,
    "route": routes_backwards,
    "asks": lambda flow, message: "WWW-Authenticate" in message.headers,
    "no-contacts": lambda flow, message: message.contacts == [],
    "one-contact": lambda flow, message: len(message.contacts) == 1,
    "two-contacts": lambda flow, message: len(message.contacts) == 2,
    "same-branch": lambda flow, message: (
        message.via.branch == [each for each in flow.ours if each.method == "INVITE"][-1].via.branch
    ),
    **{
        method: lambda flow, message, method=method: message.cseq.method == method
        for method in ("BYE", "CANCEL", "INVITE")
    },
}
"""What a message of ours must have."""


@pytest.mark.parametrize("title", list(FLOWS))
def test_the_flow(title: str) -> None:
    flow = Flow()
    for line in FLOWS[title]:
        flow.play(line)
    flow.over()


def test_all_that_a_user_agent_has_part_in_is_there() -> None:
    sections = {title.split(" ", 1)[0] for title in FLOWS}
    assert sections == {f"2.{n}" for n in range(1, 6)} | {f"3.{n}" for n in range(1, 12)}
