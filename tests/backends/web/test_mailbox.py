"""What is kept for visitors: a secret as ciphertext, and nothing when it is old."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from flowlang.backends.border import nothing
from flowlang.backends.web.mailbox import ChatMessage, Mailbox
from flowlang.model.plain import SealedError
from flowlang.model.secrets import Secret
from flowlang.store.keys import Keys
from flowlang.store.sealing import LastingSealer

Virtual = trio.testing.MockClock
DAY = 24 * 3600


@asynccontextmanager
async def running(
    folder: Path, keys: str | None = "keys", now: Callable[[], int] = lambda: 0
) -> AsyncGenerator[Mailbox]:
    """One at work."""
    sealing = None if keys is None else LastingSealer(Keys(folder / keys, "a"))
    mailbox = Mailbox(folder / "data", nothing_of, sealing)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mailbox.run, now)
        yield mailbox
        await mailbox.settle()
        nursery.cancel_scope.cancel()


def nothing_of(_message: ChatMessage) -> None:
    """Nobody has a page open."""


def texts(mailbox: Mailbox) -> list[str]:
    return [each.text for each in mailbox.since("chat:v1", 0)]


async def test_a_secret_is_ciphertext_and_comes_back_as_it_was(tmp_path: Path) -> None:
    async with running(tmp_path) as mailbox:
        mailbox.add("chat:v1", "a", '{"$sealed": "no secret"}', 1, nothing)
        mailbox.add("chat:v1", "b", Secret("the pin is 47110815"), 1, nothing)
    assert all(b"47110815" not in each.read_bytes() for each in (tmp_path / "data").iterdir())
    async with running(tmp_path) as mailbox:
        assert texts(mailbox) == ['{"$sealed": "no secret"}', "the pin is 47110815"]
    for keys in ("others", None):
        async with running(tmp_path, keys) as mailbox:
            assert texts(mailbox) == ['{"$sealed": "no secret"}']


async def test_without_a_key_a_file_takes_no_secret(tmp_path: Path) -> None:
    async with running(tmp_path, None) as mailbox:
        with pytest.raises(SealedError):
            mailbox.add("chat:v1", "a", Secret("4711"), 1, nothing)
        mailbox.add("chat:v1", "b", "no secret", 1, nothing)


async def test_what_is_a_week_old_goes_though_nothing_is_said(tmp_path: Path, mock_clock: Virtual) -> None:
    now = 0  # and a clock that waits for the thread that writes, as one that jumps by itself does not
    async with running(tmp_path, now=lambda: now) as mailbox:
        mailbox.add("chat:v1", "a", "goes at once", 0, nothing)
        for day, left in ((6, ["goes at once"]), (8, [])):
            now = day * DAY
            await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(7200)
            await trio.testing.wait_all_tasks_blocked()
            await mailbox.settle()
            assert texts(mailbox) == left
    assert all(b"goes at once" not in each.read_bytes() for each in (tmp_path / "data").glob("*.db"))
