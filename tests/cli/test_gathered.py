"""Lines that are written together: all of them, in order, soon."""

from __future__ import annotations

from io import StringIO

import trio
from trio.testing import MockClock

from flowlang.cli.gathered import GatheredLines
from flowlang.cli.output import Lines


async def test_what_comes_at_once_is_written_in_order_and_together(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    stream = StringIO()
    lines = GatheredLines(Lines(stream))
    nursery.start_soon(lines.run)
    lines("one")
    lines("two")
    assert stream.getvalue() == ""
    await trio.sleep(0.001)
    assert stream.getvalue() == "one\ntwo\n"
    lines("three")
    await trio.sleep(0.05)
    assert stream.getvalue() == "one\ntwo\nthree\n"
    nursery.cancel_scope.cancel()


async def test_what_is_left_is_written_by_flush(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    stream = StringIO()
    lines = GatheredLines(Lines(stream))
    lines("one")
    lines.flush()
    lines.flush()
    assert stream.getvalue() == "one\n"
    nursery.start_soon(lines.run)
    await trio.sleep(1)
    lines("two")
    await trio.sleep(0.05)
    assert stream.getvalue() == "one\ntwo\n"
    nursery.cancel_scope.cancel()
