"""What comes as an `ask`, or a deadline around it, has just run out of time is kept for the next."""

from __future__ import annotations

import pytest

from flowlang.core import ActionOver, Activeflow, Begin, Happened, Limits, Note, Opening, Perform
from flowlang.model.actions import ACTIONS
from flowlang.model.events import CALLER_LEG, MessageReceived
from flowlang.model.observations import Logged
from flowlang.model.results import Done
from flowlang.model.values import SECOND, Outcome
from tests.core.machine import compiled

ASKS = [
    'ask("Name?", timeout: 3s)',
    'within 3s { ask("Name?", timeout: 1m) } else { }',
]


@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("late", [0, SECOND // 100])
def test_what_comes_in_the_input_that_ends_the_time_is_kept_for_the_next(asks: str, late: int) -> None:
    script = compiled(f"flow main {{ {asks}\nlet next = wait for message\nlog next.text }}")
    sms = Opening("a1", "main", {}, 0, 1, "sms", "sms:+14155550100", "sms:+16062067563")
    flow = Activeflow(script, sms, Limits(), dict(ACTIONS))
    (question,) = (each for each in flow.feed(Begin(0)) if isinstance(each, Perform))
    flow.feed(ActionOver(0, question.action, Done(Outcome("sent", {"id": "m1"}))))
    message = MessageReceived(CALLER_LEG, "Ann", None, "sms", "sms:+14155550100", "m2")
    outputs = flow.feed(Happened(3 * SECOND + late, message))
    logged = [each.observation for each in outputs if isinstance(each, Note)]
    assert [each.text for each in logged if isinstance(each, Logged)] == ["Ann"]
    assert flow.ending is not None
