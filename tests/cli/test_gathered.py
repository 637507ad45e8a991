"""What a server shows is shown together: all of it, in order, soon."""

from __future__ import annotations

from io import StringIO

import trio
from trio.testing import MockClock

from flowlang.cli.gathered import Gathered
from flowlang.cli.output import Lines
from flowlang.model.observations import Logged, Observation


def showing(stream: StringIO) -> Gathered:
    shown = Gathered(Lines(stream))

    def show(observation: Observation) -> None:
        assert isinstance(observation, Logged)
        if observation.text == "wrong":
            raise ValueError("no line can be made of it")
        shown.line(observation.text)

    shown.shown_by = show
    return shown


def happened(text: str) -> Logged:
    return Logged(0, "", text, 0)


async def test_what_comes_at_once_is_written_in_order_and_together(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    stream = StringIO()
    shown = showing(stream)
    nursery.start_soon(shown.run)
    shown(happened("one"))
    shown(happened("two"))
    assert stream.getvalue() == ""
    await trio.sleep(0.001)
    assert stream.getvalue() == "one\ntwo\n"
    shown(happened("three"))
    await trio.sleep(0.05)
    assert stream.getvalue() == "one\ntwo\nthree\n"
    nursery.cancel_scope.cancel()


async def test_what_is_left_is_written_by_flush(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    stream = StringIO()
    shown = showing(stream)
    shown(happened("one"))
    shown.flush()
    shown.flush()
    assert stream.getvalue() == "one\n"
    nursery.start_soon(shown.run)
    await trio.sleep(1)
    shown(happened("two"))
    await trio.sleep(0.05)
    assert stream.getvalue() == "one\ntwo\n"
    nursery.cancel_scope.cancel()


async def test_what_cannot_be_shown_ends_the_showing_alone(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    stream = StringIO()
    shown = showing(stream)
    nursery.start_soon(shown.run)
    for text in ("one", "wrong", "two"):
        shown(happened(text))
    await trio.sleep(0.05)
    shown(happened("three"))
    await trio.sleep(0.05)
    assert stream.getvalue() == "one\n"
    nursery.cancel_scope.cancel()
