"""Which of our answers the SMSC has for certain: those that went before what it answers."""

from __future__ import annotations

from flowlang.backends.smpp.pdu import Framer, Pdu, encode
from flowlang.backends.smpp.session import Account, Event, Known, Session, Timers


def bound() -> Session:
    session = Session(Account("desk"), Timers(silence=30.0), 0.0)
    session.receive(encode(Pdu("bind_transceiver_resp", 1)), 0.0)
    session.output.clear()
    return session


def known(events: list[Event]) -> list[tuple[str, ...]]:
    return [each.names for each in events if isinstance(each, Known)]


def test_an_answer_to_what_was_submitted_behind_them_tells() -> None:
    session = bound()
    session.answer(7, 0, "first")
    one = session.submit({"destination_addr": "1"}, {}, 0.0)
    session.answer(8, 0, "second")
    session.answer(9, 0, "third")
    two = session.submit({"destination_addr": "1"}, {}, 0.0)
    session.answer(10, 0, "fourth")
    later = session.receive(encode(Pdu("submit_sm_resp", two, 0, {"message_id": "b"})), 1.0)
    assert known(later) == [("first", "second", "third")]
    assert known(session.receive(encode(Pdu("submit_sm_resp", one, 0, {"message_id": "a"})), 1.0)) == []


def test_an_answer_to_whether_it_is_there_tells() -> None:
    session = bound()
    session.answer(7, 0, "first")
    session.tick(40.0)
    (asked,) = [each for each in Framer().feed(bytes(session.output)) if each.command == "enquire_link"]
    session.answer(8, 0, "second")
    answer = encode(Pdu("enquire_link_resp", asked.sequence))
    assert known(session.receive(answer, 41.0)) == [("first",)]
    assert known(session.receive(answer, 42.0)) == []
