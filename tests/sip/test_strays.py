"""Who picks up when the process that called him is gone is acknowledged, and hears a BYE from the next one;
nobody else has it send one."""

from __future__ import annotations

from flowlang.sip import Invitation, Settings, UserAgent
from flowlang.sip.message import Request, Response, response_to
from flowlang.sip.outputs import Send
from flowlang.sip.parse import parse_datagram
from flowlang.sip.strays import Strays

from .wire import HERE, LIFETIME, T1, THERE, make_agent, session

KEY = b"of this store"
PROXY = "<sip:192.0.2.9:5099;lr>"


def agent_with(key: bytes = KEY, seed: int = 2) -> UserAgent:
    agent = make_agent(seed)
    agent.strays = Strays(agent, key, 0.0)
    return agent


def sent(agent: UserAgent) -> list[Send]:
    return [each for each in agent.drain() if isinstance(each, Send)]


def lines(agent: UserAgent) -> list[str]:
    return [each.data.split(b"\r\n", 1)[0].decode() for each in sent(agent)]


def invited(key: bytes = KEY) -> Request:
    """The INVITE of a process that then ends."""
    agent = agent_with(key, seed=1)
    agent.invite(Invitation("sip:desk@192.0.2.2", "sip:me@192.0.2.1", session().offer()), THERE, HERE, 0.0)
    found = parse_datagram(sent(agent)[0].data)
    assert isinstance(found, Request)
    return found


def answer(invite: Request, status: int = 200, tag: str = "theirs") -> bytes:
    contact = (("Contact", "<sip:desk@192.0.2.2:5062>"), ("Record-Route", PROXY))
    return response_to(invite, status, tag, headers=contact).encode()


def test_an_answer_to_an_invite_of_the_process_before_is_acknowledged_and_ended() -> None:
    agent, invite = agent_with(), invited()
    agent.receive(answer(invite), THERE, HERE, 1.0)
    ack, bye = sent(agent)
    for found, method in ((ack, "ACK"), (bye, "BYE")):
        request = parse_datagram(found.data)
        assert isinstance(request, Request)
        assert (request.method, request.uri) == (method, "sip:desk@192.0.2.2:5062")
        assert (request.call_id, request.from_.tag, request.to.tag) == (
            invite.call_id, invite.from_.tag, "theirs",
        )  # fmt: skip
        assert request.headers["Route"] == [PROXY]
        assert found.destination.hostport == "192.0.2.9:5099"
    assert parse_datagram(ack.data).cseq.number == invite.cseq.number
    assert parse_datagram(bye.data).cseq.number > invite.cseq.number


def test_one_that_comes_again_is_acknowledged_again_and_has_one_bye() -> None:
    agent, invite = agent_with(), invited()
    for _ in range(3):
        agent.receive(answer(invite), THERE, HERE, 1.0)
    assert [each.split()[0] for each in lines(agent)] == ["ACK", "BYE", "ACK", "ACK"]
    agent.receive(answer(invite, tag="another"), THERE, HERE, 1.0)
    assert [each.split()[0] for each in lines(agent)] == ["ACK", "BYE"]


def test_no_other_answer_has_it_send_anything() -> None:
    agent, invite = agent_with(), invited()
    others = [
        invited(b"another store"), Request("BYE", invite.uri, {**invite.headers, "CSeq": ["1 BYE"]}),
        Request("INVITE", invite.uri, {**invite.headers, "Call-ID": ["another"]}),
        Request("INVITE", invite.uri, {**invite.headers, "Via": ["SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"]}),
        Request("INVITE", invite.uri, {**invite.headers, "Via": ["SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKé"]}),
        Request("INVITE", invite.uri, {**invite.headers, "Via": ["SIP/2.0/UDP 192.0.2.1"]}),
    ]  # fmt: skip
    for each in others:
        agent.receive(answer(each), THERE, HERE, 1.0)
    for status in (180, 302, 486):
        agent.receive(answer(invite, status), THERE, HERE, 1.0)
    make = make_agent()
    make.receive(answer(invite), THERE, HERE, 1.0)
    assert lines(agent) == lines(make) == []


def test_it_is_done_only_as_long_as_somebody_may_still_pick_up() -> None:
    agent, invite = agent_with(), invited()
    agent.receive(answer(invite), THERE, HERE, Settings(t1=T1).longest_ringing + 2 * LIFETIME)
    assert lines(agent) == []


def test_a_call_that_is_up_here_is_not_ended_by_its_own_answer() -> None:
    agent = agent_with()
    media = session()
    call = agent.invite(Invitation("sip:desk@192.0.2.2", "sip:me@192.0.2.1", media.offer()), THERE, HERE, 0.0)
    call.negotiate = media.negotiate
    invite = parse_datagram(sent(agent)[0].data)
    assert isinstance(invite, Request)
    agent.receive(answer(invite), THERE, HERE, 1.0)
    assert [each.split()[0] for each in lines(agent)] == ["ACK"]
    while (at := agent.next_deadline()) is not None and at < 2 * LIFETIME:
        agent.tick(at)
    agent.drain()
    agent.receive(answer(invite), THERE, HERE, 2 * LIFETIME)
    assert lines(agent) == []


def test_an_ack_that_is_held_goes_when_it_may_and_before_all_else() -> None:
    for act in ("acknowledge", "hang_up", "reoffer"):
        agent, media = agent_with(), session()
        call = agent.invite(
            Invitation("sip:desk@192.0.2.2", "sip:me@192.0.2.1", media.offer()), THERE, HERE, 0.0
        )
        call.holds_ack = True
        invite = parse_datagram(sent(agent)[0].data)
        assert isinstance(invite, Request)
        for _ in range(2):
            agent.receive(answer(invite), THERE, HERE, 1.0)
            assert lines(agent) == []
        match act:
            case "acknowledge":
                call.acknowledge()
                call.acknowledge()
                agent.receive(answer(invite), THERE, HERE, 1.0)
                expected = ["ACK", "ACK"]
            case "hang_up":
                call.hang_up(1.0)
                expected = ["ACK", "BYE"]
            case _:
                call.reoffer(media.offer(), 1.0)
                expected = ["ACK", "INVITE"]
        assert [each.split()[0] for each in lines(agent)] == expected


def test_the_branch_of_an_invite_is_marked_again_with_a_password() -> None:
    agent = agent_with()
    branch = agent.branch()
    marked = agent.marked(branch, "call-1")
    assert marked.startswith(branch)
    assert marked != agent.marked(branch, "call-2")
    assert isinstance(parse_datagram(answer(invited())), Response)
