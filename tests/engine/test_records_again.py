"""An INVITE that comes again after a crash, for it got no answer, is the same leg: it has one record."""

from __future__ import annotations

from typing import Any

import pytest

from flowlang.backends.border import Incoming
from flowlang.engine.records import AGAIN, Records
from flowlang.model.observations import CallRecorded, LegEnded

LOST: dict[str, Any] = {
    "leg": "old", "call_id": "c1", "direction": "in", "started": 1_000, "answered": 1_500, "cause": "lost",
    "source": "sip:c@d", "to": "sip:a@b",
}  # fmt: skip


def recorded(lost: dict[str, Any], at: int, call_id: str | None = "c1") -> tuple[str, int]:
    """Leg and start of the record of a call that comes in then, after these."""
    kept: list[dict[str, Any]] = []
    records = Records(kept.append)
    records.recover([lost])
    records.begin(Incoming("call", "sip:a@b", "sip:c@d", "new", call_id=call_id), at)
    ended = records.observe(LegEnded(at + 1, "new", "caller", "normal", 200))
    assert isinstance(ended, CallRecorded)
    assert {(each["leg"], each["started"]) for each in kept} == {(ended.record.leg, ended.record.started)}
    return ended.record.leg, ended.record.started


def test_it_goes_on_in_the_record_that_the_crash_closed() -> None:
    assert recorded(LOST, 2_000) == ("old", 1_000)


@pytest.mark.parametrize("other", [{"source": "sip:x@d"}, {"cause": "normal"}, {"call_id": "c2"}])
def test_another_call_has_one_of_its_own(other: dict[str, Any]) -> None:
    assert recorded(LOST | other, 2_000) == ("new", 2_000)


def test_an_id_that_is_of_this_process_alone_is_no_call_of_the_one_before() -> None:
    assert recorded(LOST | {"call_id": "new"}, 2_000, None) == ("new", 2_000)


def test_nobody_sends_it_again_for_so_long() -> None:
    assert recorded(LOST, 1_001 + AGAIN) == ("new", 1_001 + AGAIN)
