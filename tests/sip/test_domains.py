"""Users of one name in two domains are two accounts of the registrar."""

from __future__ import annotations

import pytest

from flowlang.sip import Account, Accounts, Address, Credentials, DigestClient, Registrar, Response
from flowlang.sip.parse import parse_datagram
from tests.sip.wire import Peer, tokens

HERE = Account("alice", "wonder")
THERE = Account("alice@b.example", "other")
DOMAINS = frozenset({"a.example", "b.example"})


def registrar(domains: frozenset[str] = DOMAINS, realm: str = "a.example") -> tuple[Peer, Registrar]:
    peer = Peer()
    made = Registrar(Accounts([HERE, THERE]), realm, b"key", tokens(5), domains=domains)
    peer.agent.registrar = made
    return peer, made


def register(peer: Peer, account: Account, to: str) -> int:
    """The status of a REGISTER for that address by that account's password."""

    def text(cseq: int, *lines: str) -> bytes:
        return (
            f"REGISTER sip:a.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5062;branch=z9hG4bK{to}{cseq}\r\n"
            f"Max-Forwards: 70\r\nFrom: <{to}>;tag=f\r\nTo: <{to}>\r\nCall-ID: {account.user}{to}\r\n"
            f"CSeq: {cseq} REGISTER\r\nContact: <sip:phone@192.0.2.2>;expires=600\r\n"
            + "".join(f"{each}\r\n" for each in lines)
            + "Content-Length: 0\r\n\r\n"
        ).encode()

    peer.receive(text(1))
    challenge = peer.last()
    request = parse_datagram(text(2))
    assert isinstance(challenge, Response)
    assert not isinstance(request, Response)
    header = DigestClient(Credentials(account.user, account.password)).answer(challenge, request, tokens(9))
    assert header is not None
    peer.receive(text(2, ": ".join(header)))
    answer = peer.last()
    assert isinstance(answer, Response)
    return answer.status


@pytest.mark.parametrize(
    ("account", "to", "status"),
    [
        (HERE, "sip:alice@a.example", 200),
        (THERE, "sip:alice@B.example", 200),
        (HERE, "sip:alice@b.example", 403),
        (THERE, "sip:alice@a.example", 403),
        (THERE, "sip:alice%40b.example@a.example", 403),
        (THERE, "sip:alice@c.example", 404),
    ],
)
def test_each_registers_in_its_own_domain_alone(account: Account, to: str, status: int) -> None:
    peer, made = registrar()
    assert register(peer, account, to) == status
    assert len(made) == (status == 200)


def test_each_has_its_own_phones() -> None:
    peer, made = registrar()
    register(peer, THERE, "sip:alice@b.example")
    assert made.registered("sip:alice@a.example", 0.0) == ()
    (contact,) = made.registered("sip:alice@B.EXAMPLE", 0.0)
    assert contact.source == Address("192.0.2.2", 5062)
    assert made.hosts_of("alice@b.example", 0.0) == ["192.0.2.2"]
    assert made.hosts_of("alice", 0.0) == []


def test_the_realm_is_a_domain_of_ours_where_domains_are_named() -> None:
    peer, made = registrar(frozenset({"b.example"}), realm="office")
    assert register(peer, HERE, "sip:alice@office") == 200
    assert len(made.registered("sip:alice@office", 0.0)) == 1
