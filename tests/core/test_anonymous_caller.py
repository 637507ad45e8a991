"""A caller who does not want to be shown is shown to nobody whom his call goes on to (RFC 3325 §7)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flowlang.core import Activeflow, Begin, Limits, Perform
from flowlang.core.inputs import ActionOver
from flowlang.core.journal import run_input
from flowlang.model.actions import ACTIONS
from flowlang.model.commands import PlaceCall
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done

from .machine import compiled, opening


def placed(source: str, *, anonymous: bool) -> PlaceCall:
    """The call that a script places with this as its `from`."""
    text = f"""
    policy {{ allow dial "*" }}
    flow main {{ answer; match dial(+442079460000, from: {source}) {{ _ => log "over" }} }}
    """
    began = replace(opening(), anonymous=anonymous)
    flow = Activeflow(compiled(text), began, Limits(policy=EVERYTHING), dict(ACTIONS))
    (answer,) = [each for each in run_input(flow, Begin(0)) if isinstance(each, Perform)]
    given = run_input(flow, ActionOver(0, answer.action, Done()))
    (command,) = [each.command for each in given if isinstance(each, Perform)]
    assert isinstance(command, PlaceCall)
    return command


@pytest.mark.parametrize("source", ["caller.number", "caller.address", "+14155550100"])
def test_the_number_of_an_anonymous_caller_is_not_shown_onwards(source: str) -> None:
    assert placed(source, anonymous=True).anonymous
    assert not placed(source, anonymous=False).anonymous


@pytest.mark.parametrize("source", ["call.to", "+16062067563", "none"])
def test_a_number_from_elsewhere_is_shown_as_ever(source: str) -> None:
    assert not placed(source, anonymous=True).anonymous
