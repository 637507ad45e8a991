"""The short run of `make sms-load`."""

from __future__ import annotations

import pytest

from tests.backends.smpp.load import load
from tests.backends.smpp.smsc import Smsc


@pytest.mark.parametrize("resend", [False, True])
async def test_none_goes_twice_and_none_is_lost_without_a_word(resend: bool) -> None:
    smsc = Smsc(throttle=0.02, lose=0.01)
    tally = await load(400, smsc, doubt=0.5, resend=resend)
    assert tally.names.total() == 400
    assert not tally.names["failed"]
    assert (tally.twice, tally.undelivered, tally.unmatched) == (0, 0, 0)
    assert smsc.throttled
    assert smsc.broken
    assert bool(tally.names["unknown"]) is not resend
