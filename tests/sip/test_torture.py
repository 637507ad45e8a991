"""The messages of RFC 4475 and RFC 5118 do at the stack what their tables say."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flowlang.sip import Address, CallOffered, Response, Send, SipSyntaxError
from flowlang.sip.headers import parse_via
from flowlang.sip.message import Request
from flowlang.sip.parse import parse_datagram
from tests.sip.wire import HERE, SDP, THERE, make_agent, request

FOLDER = Path(__file__).parent / "torture"


def rows(table: str) -> list[dict[str, str]]:
    with (FOLDER / f"expected_{table}.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def answers(data: bytes) -> list[Response]:
    """All that the stack says to `data`, a call that comes up being rejected with 480; it stays alive."""
    agent = make_agent()
    agent.receive(data, THERE, HERE, 0.0)
    heard: list[Response] = []
    while outputs := agent.drain():
        for output in outputs:
            if isinstance(output, CallOffered):
                output.call.reject(480, 0.0)
            elif isinstance(output, Send):
                heard.append(read(output.data))
    agent.receive(request("OPTIONS", branch="z9hG4bKalive", call_id="alive"), THERE, HERE, 0.0)
    assert any(isinstance(o, Send) and o.data.startswith(b"SIP/2.0 200 ") for o in agent.drain())
    return heard


def read(data: bytes) -> Response:
    """A response. That to a malformed request echoes what was malformed, so only its status can be read."""
    try:
        message = parse_datagram(data)
    except SipSyntaxError:
        return Response(int(data.split(b" ")[1]), "", {})
    assert isinstance(message, Response)
    return message


def acceptable(status: int, wanted: str) -> bool:
    return any(w == str(status) or (w.endswith("xx") and w[0] == str(status)[0]) for w in wanted.split(","))


@pytest.mark.parametrize("row", rows("rfc4475"), ids=lambda row: row["file"])
def test_rfc_4475(row: dict[str, str]) -> None:
    heard = answers((FOLDER / "rfc4475" / row["file"]).read_bytes())
    if row["acceptable_final"] == "none":
        assert heard == []
        return
    finals = [response.status for response in heard if response.status >= 200]
    assert finals
    assert all(acceptable(status, row["acceptable_final"]) for status in finals)


@pytest.mark.parametrize("row", rows("rfc5118"), ids=lambda row: row["file"])
def test_rfc_5118(row: dict[str, str]) -> None:
    finals = [r.status for r in answers((FOLDER / "rfc5118" / row["file"]).read_bytes()) if r.status >= 200]
    assert finals
    assert (400 in finals) == (row["expected"] == "400")


def sole(name: str) -> Response:
    return answers((FOLDER / "rfc4475" / f"{name}.dat").read_bytes())[-1]


def parsed(name: str, folder: str = "rfc4475") -> Request:
    path = FOLDER / folder / name
    message = parse_datagram((path if path.exists() else path.with_suffix(".dat")).read_bytes())
    assert isinstance(message, Request)
    return message


def test_a_tortuous_invite_reads_as_meant() -> None:
    message = parsed("wsinv")
    assert message.cseq == (9, "INVITE")
    assert message.max_forwards == 68
    assert len(message.members("Via")) == 3
    assert [parse_via(via).transport for via in message.members("Via")] == ["UDP", "TCP", "UDP"]
    assert message.from_.display == 'J Rosenberg \\"'
    assert message.to.tag == "1918181833n"
    assert message.contacts[0].parameters["q"] == "0.33"
    assert len(message.body) == 150


def test_escapes_are_kept_and_undone_for_comparison_only() -> None:
    message = parsed("esc01")
    assert message.target.user == "sips%3Auser%40example.com"
    assert message.target.host == "example.net"
    assert message.to.uri.user_text == "user"
    assert parsed("esc02").method == "RE%47IST%45R"


def test_escaped_nuls_stay_apart() -> None:
    users = [contact.uri.user for contact in parsed("escnull").contacts]
    assert users == ["%00", "%00%00"]


def test_odd_characters_survive_the_echo() -> None:
    response = sole("intmeth")
    assert response.status == 501
    assert response.to.display == "BEL:\a NUL:\0 DEL:\x7f"


def test_octets_behind_the_message_are_not_acted_on() -> None:
    assert {response.call_id[:6] for response in answers((FOLDER / "rfc4475/dblreq.dat").read_bytes())} == {
        "dblreq"
    }


def test_every_via_is_echoed_in_order() -> None:
    transports = [parse_via(via).transport for via in sole("transports").members("Via")]
    assert transports == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]
    assert len(sole("longreq").members("Via")) == 34


def test_a_binary_body_keeps_its_length() -> None:
    assert len(parsed("mpart01").body) == 553


def test_refusals_name_what_they_want() -> None:
    assert sole("bext01").members("Unsupported") == [
        "nothingSupportsThis",
        "nothingSupportsThisEither",
        "noProxiesSupportThis",
        "norDoAnyProxiesSupportThis",
    ]
    assert sole("invut").members("Accept")[0] == "application/sdp"
    assert "INVITE" in (sole("mpart01").get("Allow") or "")


def test_two_requests_with_a_bare_cookie_for_branch_do_not_collide() -> None:
    agent = make_agent()
    for call_id in ("one", "two"):
        agent.receive(request("OPTIONS", branch="z9hG4bK", call_id=call_id), THERE, HERE, 0.0)
    assert [o.data.split(b"Call-ID: ")[1][:3] for o in agent.drain() if isinstance(o, Send)] == [
        b"one",
        b"two",
    ]


def test_ports_and_addresses_of_ipv6_are_told_apart() -> None:
    ambiguous, plain = (
        parsed("port-ambiguous", "rfc5118").target,
        parsed("port-unambiguous", "rfc5118").target,
    )
    assert (ambiguous.host, ambiguous.port) == ("2001:db8::10:5070", None)
    assert (plain.host, plain.port) == ("2001:db8::10", 5070)
    for name in ("via-received-param-no-delim", "via-received-param-with-delim"):
        received = parsed(name, "rfc5118").via.parameters["received"]
        assert (received or "").strip("[]") == "2001:db8::9:255"


def test_nothing_is_sent_to_addresses_that_nobody_owns() -> None:
    for host in ("255.255.255.255", "224.0.0.1", "0.0.0.0"):
        agent = make_agent()
        agent.receive(request("OPTIONS"), Address(host, 5060), HERE, 0.0)
        assert agent.drain() == []
    agent = make_agent()
    agent.receive(request(body=SDP, via="SIP/2.0/UDP 239.1.1.1:5060"), THERE, HERE, 0.0)
    assert all(not isinstance(o, Send) or o.destination.host == THERE.host for o in agent.drain())
