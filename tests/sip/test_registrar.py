"""The registrar at a whole user agent: RFC 3261 §10.3, and its limits."""

from __future__ import annotations

import pytest

from flowlang.sip import Account, Accounts, Address, Credentials, DigestClient, Registrar, Response
from flowlang.sip.parse import parse_datagram
from flowlang.sip.registrar.registrar import MAX_CONTACTS
from tests.sip.wire import Peer, tokens

REALM = "office"
AOR = "sip:alice@office"

ALICE = Account("alice", "wonder")


class Phone:
    """A phone that registers at our agent as alice."""

    def __init__(self, account: Account = ALICE, domains: frozenset[str] = frozenset()) -> None:
        self.peer = Peer()
        accounts = Accounts([account, Account("bob", "builder")])
        self.registrar = Registrar(accounts, REALM, b"key", tokens(5), domains=domains)
        self.peer.agent.registrar = self.registrar
        self.client = DigestClient(Credentials(account.user, account.password))
        self.cseq = 0

    def send(
        self, *lines: str, to: str = AOR, call_id: str = "reg", cseq: int | None = None, password: bool = True
    ) -> Response:
        """One REGISTER with these further lines, by password where it is asked for."""
        self.cseq = self.cseq + 1 if cseq is None else cseq
        answer = self._send(lines, to, call_id)
        if answer.status == 401 and password:
            request = parse_datagram(self._text(lines, to, call_id))
            assert not isinstance(request, Response)
            header = self.client.answer(answer, request, tokens(9))
            assert header is not None
            if cseq is None:
                self.cseq += 1
            answer = self._send((*lines, ": ".join(header)), to, call_id)
        return answer

    def _text(self, lines: tuple[str, ...], to: str, call_id: str) -> bytes:
        further = "".join(f"{line}\r\n" for line in lines)
        self.branch = f"z9hG4bK{call_id}{self.cseq}{len(further)}{self.peer.now}"
        return (
            f"REGISTER sip:office SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5062;branch={self.branch}\r\n"
            f"Max-Forwards: 70\r\nFrom: <{to}>;tag=f\r\nTo: <{to}>\r\nCall-ID: {call_id}\r\n"
            f"CSeq: {self.cseq} REGISTER\r\n{further}Content-Length: 0\r\n\r\n"
        ).encode()

    def _send(self, lines: tuple[str, ...], to: str, call_id: str) -> Response:
        self.peer.receive(self._text(lines, to, call_id))
        answer = self.peer.last()
        assert isinstance(answer, Response)
        return answer

    def contacts(self) -> list[str]:
        return [each.uri for each in self.registrar.registered(AOR, self.peer.now)]


ONE, TWO = "Contact: <sip:alice@192.0.2.2:5062>", "Contact: <sip:alice@192.0.2.9>;q=0.5"


def test_a_register_without_a_password_keeps_no_state_and_gets_little() -> None:
    phone = Phone()
    answer = phone.send(ONE, password=False)
    assert answer.status == 401
    assert answer.to.tag is not None
    challenges = answer.headers["WWW-Authenticate"]
    assert [value.split("algorithm=")[1] for value in challenges] == ["SHA-256", "MD5"]
    agent = phone.peer.agent
    assert (len(agent.transactions), len(agent.timers), phone.contacts()) == (0, 0, [])
    assert len(phone.peer.sent[-1][1].data) <= 2 * len(phone._text((ONE,), AOR, "reg"))


def test_a_phone_registers_and_is_found_until_it_expires() -> None:
    phone = Phone()
    answer = phone.send(ONE, "Expires: 100")
    assert (answer.status, answer.headers["Contact"]) == (200, ["<sip:alice@192.0.2.2:5062>;expires=100"])
    found = phone.registrar.registered("sip:alice@OFFICE", phone.peer.now)
    assert (found[0].uri, found[0].source) == ("sip:alice@192.0.2.2:5062", Address("192.0.2.2", 5062))
    phone.peer.now = 100.0
    assert phone.contacts() == []


def test_the_preferred_contact_comes_first_and_a_register_without_contacts_tells_all() -> None:
    phone = Phone()
    phone.send(TWO)
    phone.send(ONE)
    assert phone.contacts() == ["sip:alice@192.0.2.2:5062", "sip:alice@192.0.2.9"]
    assert len(phone.send().headers["Contact"]) == 2


def test_expires_of_a_contact_goes_before_the_header_and_zero_takes_it_away() -> None:
    phone = Phone()
    assert "expires=200" in phone.send(f"{ONE};expires=200", "Expires: 100").headers["Contact"][0]
    assert "Contact" not in phone.send(f"{ONE};expires=0").headers
    assert phone.contacts() == []


def test_a_star_takes_all_away_and_stands_alone_with_expires_zero() -> None:
    phone = Phone()
    phone.send(ONE, TWO)
    assert phone.send("Contact: *").status == 400
    assert phone.send("Contact: *", ONE, "Expires: 0").status == 400
    assert len(phone.contacts()) == 2
    assert phone.send("Contact: *", "Expires: 0").status == 200
    assert phone.contacts() == []


def test_too_short_is_a_423_that_says_how_long_and_changes_nothing() -> None:
    phone = Phone()
    answer = phone.send(ONE, f"{TWO};expires=5")
    assert (answer.status, answer.get("Min-Expires")) == (423, "60")
    assert phone.contacts() == []


def test_an_older_request_of_the_same_call_changes_nothing() -> None:
    phone = Phone()
    phone.send(ONE, cseq=10)
    assert phone.send(f"{ONE};expires=0", cseq=9).status == 500
    assert phone.contacts() == ["sip:alice@192.0.2.2:5062"]
    assert phone.send(f"{ONE};expires=0", call_id="rebooted", cseq=1).status == 200


def test_an_account_registers_itself_alone() -> None:
    phone = Phone()
    assert phone.send(ONE, to="sip:bob@office").status == 403
    assert phone.registrar.registered("sip:bob@office", 0.0) == ()


@pytest.mark.parametrize(
    ("host", "status"), [("office", 200), ("192.0.2.1", 200), ("192.0.2.3", 404), ("elsewhere", 404)]
)
def test_a_phone_registers_in_a_domain_of_ours_or_at_the_address_that_it_reaches(
    host: str, status: int
) -> None:
    phone = Phone(domains=frozenset({"office"}))
    assert phone.send(ONE, to=f"sip:alice@{host}").status == status
    assert len(phone.contacts()) == (status == 200)


def test_there_are_so_many_contacts_and_no_more() -> None:
    phone = Phone()
    for number in range(MAX_CONTACTS):
        assert phone.send(f"Contact: <sip:alice@192.0.2.9:{6000 + number}>").status == 200
    assert phone.send(ONE).status == 403
    assert len(phone.contacts()) == MAX_CONTACTS


def test_a_contact_that_is_no_sip_uri_is_a_400() -> None:
    assert Phone().send("Contact: <tel:+14155550100>").status == 400


def test_the_headers_of_a_contacts_uri_are_kept_byte_for_byte() -> None:
    phone = Phone()
    phone.send("Contact: <sip:alice@192.0.2.2?Route=%3Csip:sip.example.com%3E>")
    assert phone.contacts() == ["sip:alice@192.0.2.2?Route=%3Csip:sip.example.com%3E"]


@pytest.mark.parametrize(
    ("user", "status"),
    [
        ("+19005551234", 403), ("19005551234", 403), ("911", 403), ("911,", 403), ("(911)", 403),
        ("+1900HOTTALK", 403), ("%2B19005551234", 403), ("17", 403), ("+14155550100", 200),
        ("14155550100", 200), ("4711", 200), ("u4nd3k2l", 200), ("alice", 200),
        ("911x", 403), ("w005352345678", 403), ("005352345678;phone-context=x", 403),
        ("+14155550100;ext=9", 403), ("alice;x", 403), ("alice?x", 403), ("4711-0x5589d1701234", 200),
    ],
)  # fmt: skip
def test_an_account_registers_no_number_but_its_own(user: str, status: int) -> None:
    phone = Phone(Account("4711", "wonder", "+14155550100"))
    answer = phone.send(f"Contact: <sip:{user}@192.0.2.2:5062>", to="sip:4711@office")
    assert answer.status == status
    assert len(phone.registrar) == (status == 200)
