"""The short run of `make mail-load`."""

from __future__ import annotations

from tests.backends.email.load import Moody, load


async def test_none_goes_twice_and_none_is_lost_without_a_word() -> None:
    mailbox = Moody(busy=0.1, breaks=0.05)
    tally = await load(100, mailbox)
    assert tally.names.total() == 100
    assert not tally.names["failed"]
    assert (tally.twice, tally.lost) == (0, 0)
    assert mailbox.times_busy
    assert mailbox.times_broken == tally.names["unknown"] > 0
