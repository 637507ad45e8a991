"""One script, one transcript, whatever the channel: simulated, and over the network with the peers there."""

from __future__ import annotations

import pytest

from .conversation import TRANSCRIPT, transcript_of
from .ways import WAYS


@pytest.mark.parametrize("name", WAYS)
async def test_a_script_runs_alike_on_every_channel(name: str) -> None:
    assert await transcript_of(WAYS[name]) == TRANSCRIPT
