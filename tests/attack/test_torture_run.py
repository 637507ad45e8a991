"""`make torture` in short: what comes as datagrams. The tables are held message by message, and by stream,
in `tests/sip` and `tests/backend_sip`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .served import serving
from .torture import CATCH_ALL, by_udp


@pytest.mark.parametrize(("rfc", "of"), [("rfc4475", 49), ("rfc5118", 12)])
async def test_each_message_is_answered_as_its_table_says_and_the_server_lives(
    tmp_path: Path, rfc: str, of: int
) -> None:
    async with serving(tmp_path, CATCH_ALL) as served:
        tally = await by_udp(served, rfc)
        assert tally.wrong == []
        assert (tally.of, tally.right, tally.alive) == (of, of, of)
        assert served.up
        assert not served.tracebacks()
