"""Receipts of messages of several parts, early, late and after a restart; and what nobody knows."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from flowlang.backends.smpp.deliveries import Deliveries, Report
from flowlang.backends.smpp.outgoing import Message, Outgoing, Patience
from flowlang.backends.smpp.pdu import Pdu
from flowlang.backends.smpp.receipts import Ids, Receipt, receipt_of
from flowlang.backends.smpp.text import parts_of
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome

PATIENCE = Patience(give_up=20.0, doubt=5.0)


def receipt(message_id: str, status: str = "delivered", reason: str | None = None) -> Receipt:
    return Receipt(message_id, status, reason, "14155550100", None)


def submitted(out: Outgoing, text: str = "long " * 50, parts: int = 2) -> list[Result]:
    """A message of which that many parts are on the wire, by the sequences 0, 1, …"""
    results: list[Result] = []
    out.add(Message("k", "+14155550100", "Clinic", parts_of(text, 7), results.append, 0.0))
    for sequence in range(parts):
        send = out.next(0.0)
        assert send is not None
        out.submitted(send, sequence)
    return results


def test_receipts_that_are_before_the_answers_wait_for_them() -> None:
    out = Outgoing(PATIENCE, Random(1))
    submitted(out)
    assert out.receipt(receipt("a"), 1.0) == []
    assert out.receipt(receipt("b", "failed", "expired"), 1.0) == []
    assert out.tick(1.0) == []
    assert out.answered(0, 0, "a", 2.0) == []
    assert out.answered(1, 0, "b", 2.0) == [Report("a", "failed", "expired")]
    assert out.next_deadline() == float("inf")


def test_it_is_delivered_with_the_last_part() -> None:
    out = Outgoing(PATIENCE, Random(1))
    submitted(out)
    assert out.receipt(receipt("a"), 1.0) == []
    assert [*out.answered(0, 0, "a", 2.0), *out.answered(1, 0, "b", 2.0)] == []
    assert out.receipt(receipt("a"), 3.0) == []
    assert out.receipt(receipt("b"), 3.0) == [Report("a", "delivered", None)]
    assert out.receipt(receipt("b", "failed"), 3.0) == []


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_a_receipt_that_is_repeated_tells_the_same_until_that_is_kept(status: str) -> None:
    out = Outgoing(PATIENCE, Random(1))
    submitted(out, "short", 1)
    out.answered(0, 0, "a", 1.0)
    first, again = (out.receipt(receipt("a", status), at)[0] for at in (2.0, 3.0))
    assert first is again
    for each in (first, again):
        out.kept(each)
        assert out.receipt(receipt("a", status), 4.0) == []


def test_a_receipt_of_another_message_waits_no_longer_than_a_doubt() -> None:
    out = Outgoing(PATIENCE, Random(1))
    submitted(out)
    assert out.receipt(receipt("old"), 1.0) == []
    assert out.next_deadline() == 6.0
    assert out.tick(6.0) == [Report("old", "delivered", None)]
    assert out.receipt(receipt("older"), 7.0) == []
    out.answered(0, 0, "a", 8.0)
    out.answered(1, 0, "b", 8.0)
    assert out.tick(8.0) == [Report("older", "delivered", None)]


def test_after_a_restart_its_parts_are_still_its(tmp_path: Path) -> None:
    path = tmp_path / "data" / "one.out"
    out = Outgoing(PATIENCE, Random(1), None, Deliveries(path))
    submitted(out)
    out.answered(0, 0, "a", 1.0)
    out.answered(1, 0, "b", 1.0)
    with path.open("ab") as file:
        file.write(b'["x", "failed"]\n[[]]\n[[1]]\n{}\n\xff')  # damage
    second = Outgoing(PATIENCE, Random(1), None, Deliveries(path))
    assert second.receipt(receipt("b"), 2.0) == []
    third = Outgoing(PATIENCE, Random(1), None, Deliveries(path))
    assert third.receipt(receipt("a", "failed", "expired"), 3.0) == [Report("a", "failed", "expired")]
    assert third.receipt(receipt("c"), 3.0) == [Report("c", "delivered", None)]


def test_what_the_engine_did_not_keep_is_told_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "one.out"
    Deliveries(path).expect(("a", "b"))
    assert Deliveries(path).told("a", "delivered", None) == []
    for _ in range(2):
        made = Deliveries(path)
        (report,) = made.told("b", "delivered", None)
        assert report == Report("a", "delivered", None)
    made.kept(report)
    assert Deliveries(path).told("b", "delivered", None) == []


def test_a_message_of_which_a_part_was_taken_is_unknown_where_the_rest_waits_too_long() -> None:
    out = Outgoing(PATIENCE, Random(1))
    results = submitted(out, parts=1)
    out.answered(0, 0, "a", 1.0)
    out.tick(20.0)
    assert results == [Done(Outcome("unknown"))]


def test_a_system_error_is_unknown() -> None:
    out = Outgoing(PATIENCE, Random(1))
    results = submitted(out, "short", parts=1)
    out.answered(0, 0x08, "", 1.0)
    assert results == [Done(Outcome("unknown"))]
    assert out.next(100.0) is None


@pytest.mark.parametrize(
    ("how", "answer", "told"),
    [("decimal", "1A2B", "6699"), ("decimal", "00001a2b", "0000006699"), ("hex", "6699", "1A2B")],
)
def test_ids_may_be_in_another_base_in_receipts(how: str, answer: str, told: str) -> None:
    ids = Ids(how)  # type: ignore[arg-type]
    text = Pdu("deliver_sm", 1, 0, {"esm_class": 4, "short_message": f"id:{told} stat:DELIVRD".encode()})
    beside = Pdu("deliver_sm", 1, 0, {"esm_class": 4}, {0x001E: answer.encode(), 0x0427: b"\x02"})
    for each in (text, beside):
        found = receipt_of(each, ids)
        assert found is not None
        assert found.message_id == ids.of_answer(answer)
    assert ids.of_receipt("no-number") == ids.of_answer("no-number") == "no-number"
