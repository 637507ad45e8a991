"""The verdict of the kill test sees what it is for: each kind of wrong record, what is lost, what is open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .call_records import SECOND, judged
from .ledger import CONFIRMATION, Ledger
from .phones import SeenCall, calls_in
from .verdict import lost_of

NOW = 1_800_000_000.0
IN = SeenCall("c1", "+14155100001", "in", NOW + 1, ended=NOW + 3)
OUT = SeenCall("c2", "+14155400001", "out", NOW + 1, ended=NOW + 3)


def record(call: SeenCall, **more: Any) -> dict[str, Any]:
    """As it should be."""
    found = {
        "leg": f"leg-{call.call_id}", "call_id": call.call_id, "direction": call.direction, "to": "",
        "started": at(0), "rang": None, "answered": at(1), "ended": at(3), "cause": "normal", "held": 0,
    }  # fmt: skip
    return found | more


def nameless(call: SeenCall, **more: Any) -> dict[str, Any]:
    """One of a call that was placed, of whose answer the service never heard."""
    leg = f"leg-{call.call_id}"
    to = f"sip:{call.number}@127.0.0.1:5060"
    return record(call, leg=leg, call_id=leg, to=to, answered=None, cause="lost") | more


def at(seconds: float) -> int:
    return round((NOW + seconds) * SECOND)


def wrong(records: list[dict[str, Any]], *calls: SeenCall, kills: tuple[float, ...] = ()) -> dict[str, int]:
    """What is not 0 of it."""
    found = judged(records, calls, kills)
    return {name: found[name] for name in found if name.startswith("cdr_") and found[name]}


def test_records_that_are_as_the_phones_saw_it_are_right() -> None:
    held = replace(IN, held=NOW + 1.5, resumed=NOW + 2)
    assert wrong([record(IN), record(OUT)], IN, OUT) == {}
    assert wrong([record(IN, held=SECOND // 2)], held) == {}


def test_a_call_without_a_record_is_missing_whatever_other_records_there_are() -> None:
    other = replace(OUT, number="+14155400002")
    assert wrong([nameless(other)], OUT)["cdr_missing"] == 1
    assert wrong([nameless(OUT, started=at(20))], OUT)["cdr_missing"] == 1  # it began behind the answer
    assert wrong([nameless(OUT)], IN)["cdr_missing"] == 1
    assert wrong([record(IN, direction="out")], IN)["cdr_missing"] == 1


def test_a_record_without_a_name_pays_for_one_call_of_its_number() -> None:
    again = replace(OUT, call_id="c3")
    found = wrong([nameless(OUT)], OUT, again)
    assert (found["cdr_missing"], found["cdr_by_number"]) == (1, 1)


def test_an_answer_that_no_record_has_is_wrong_but_of_who_picked_up_behind_a_kill() -> None:
    late = replace(OUT, ended=NOW + 1.01)
    assert wrong([nameless(OUT)], late, kills=(NOW + 0.5,)).get("cdr_wrong") is None
    assert wrong([nameless(OUT)], late, kills=(NOW + 1.1,))["cdr_not_answered"] == 1
    assert wrong([nameless(OUT)], OUT, kills=(NOW + 0.5,))["cdr_not_answered"] == 1  # they talked
    assert wrong([record(IN, answered=None)], IN, kills=(NOW + 0.5,))["cdr_not_answered"] == 1


@pytest.mark.parametrize(
    "times",
    [
        {"answered": at(20), "ended": at(23)},
        {"ended": at(20)},
        {"ended": at(0.5)},
        {"started": at(2)},
        {"held": SECOND},
        {"held": -1},
        {"cause": "lost", "ended": at(20)},
    ],
)
def test_times_that_no_phone_saw_are_wrong(times: dict[str, Any]) -> None:
    assert wrong([record(IN, **times)], IN)["cdr_untimely"] == 1


def test_a_hold_that_is_not_in_the_record_is_wrong() -> None:
    held = replace(IN, held=NOW + 1.5, resumed=NOW + 2)
    assert wrong([record(IN)], held)["cdr_untimely"] == 1


def test_what_is_twice_there_or_open_is_wrong() -> None:
    assert wrong([record(IN), record(IN, leg="another")], IN)["cdr_doubled"] == 1
    assert wrong([record(IN, ended=None)], IN)["cdr_open"] == 1
    assert wrong([record(IN, cause=None)], IN)["cdr_open"] == 1


def test_a_log_of_a_phone_tells_of_answered_calls() -> None:
    lines = [
        "answered c1 +14155100001 2026-11-21\t22:07:47.519325\t1795298867.519325",
        "ended c1 +14155100001 2026-11-21\t22:07:48.000000\t1795298868.000000",
        "ended c2 +14155100002 2026-11-21\t22:07:48.000000\t1795298868.000000",
        "answered c3",  # it was killed as it wrote
    ]
    (found,) = calls_in(lines, "in")
    assert (found.call_id, found.answered, found.ended) == ("c1", 1795298867.519325, 1795298868.0)


def test_what_is_acknowledged_and_neither_seen_nor_in_the_outbox_is_lost() -> None:
    ledger = Ledger()
    ledger.give("o1")
    mail, told = ("mail", "paid o1"), ("webhook", "paid o1")
    ledger.want("o1", mail, told)
    assert lost_of(ledger, {}) == ([], ["mail paid o1", "webhook paid o1"])  # nobody said that it is taken
    ledger.took("o1")
    assert lost_of(ledger, {mail: "open"}) == (["webhook paid o1"], [])
    ledger.was_told({"what": "paid o1"})
    assert lost_of(ledger, {}) == (["mail paid o1"], [])
    ledger.came(mail)
    assert lost_of(ledger, {}) == ([], [])
    assert ledger.open("o") == 0


def test_a_talk_whose_last_answer_was_not_taken_waits_and_is_not_lost() -> None:
    ledger = Ledger()
    for each in ("c1", "c1-answer-1"):
        ledger.give(each)
    ledger.answers["c1"] = {1: "c1-answer-1"}
    ledger.want("c1", ("webhook", "told c1"))
    ledger.took("c1")
    assert lost_of(ledger, {}) == ([], ["webhook told c1"])
    ledger.took("c1-answer-1")
    assert lost_of(ledger, {}) == (["webhook told c1"], [])


def test_what_is_in_the_outbox_is_known_by_what_its_peer_sees() -> None:
    ledger = Ledger(names={"+14150000001": "s1"})
    sms = {"channel": "sms", "to": "sms:+14150000001"}
    assert ledger.mark_of(sms | {"text": "done s1"}) == ("sms", "done s1")
    assert ledger.mark_of(sms | {"text": f"{CONFIRMATION} from us."}) == ("sms", "stopped s1")
    assert ledger.mark_of({"channel": "email", "subject": "half c1"}) == ("mail", "half c1")
    assert ledger.mark_of({"url": "", "body": '{"what": "told c1"}'}) == ("webhook", "told c1")


def test_a_webhook_under_a_second_key_is_done_twice() -> None:
    ledger = Ledger()
    for _ in range(2):
        ledger.was_told({"what": "told c1"})
    assert ledger.twice == 1
