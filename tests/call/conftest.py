"""The server that sipp calls, an engine of its own for each test, and the placing of calls to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from .placing import PlacedCalls
from .placing import place as place_calls
from .server import SHORT_T1, Server, open_server


@pytest.fixture
def t1() -> float:
    """The server's, in seconds."""
    return SHORT_T1


@pytest.fixture
async def server(tmp_path: Path, t1: float) -> AsyncGenerator[Server]:
    async with open_server(tmp_path, t1) as server:
        yield server


@pytest.fixture
def place(server: Server, tmp_path: Path) -> Callable[..., Awaitable[PlacedCalls]]:
    """`place(scenario, plan, …)`: see `placing.place`."""
    return partial(place_calls, server, tmp_path)
