"""When a server looks for garbage that holds itself."""

from __future__ import annotations

import gc
from collections.abc import Generator
from weakref import ref

import pytest
import trio
import trio.testing

from flowlang.cli.collecting import collect_when_quiet


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def by_itself() -> Generator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("quiet", "worth", "found"), [(True, 0, True), (False, 0, False), (True, 10**9, False)]
)
async def test_it_is_looked_for_while_nobody_hears_it_and_where_there_is_enough(
    quiet: bool, worth: int, found: bool, autojump_clock: trio.testing.MockClock
) -> None:
    lost = ref(Ring())
    with trio.move_on_after(25):
        await collect_when_quiet(lambda: quiet, worth)
    assert (lost() is None) is found
