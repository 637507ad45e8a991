"""The host program of examples/embedded runs as it stands, and its action is a part of the language there."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from trio.testing import MockClock

EMBEDDED = Path(__file__).resolve().parents[2] / "examples" / "embedded"


async def test_the_service_takes_a_call_and_waits_for_an_outcome(
    autojump_clock: MockClock, capsys: pytest.CaptureFixture[str]
) -> None:
    service = runpy.run_path(str(EMBEDDED / "service.py"))
    await service["main"]()
    assert capsys.readouterr().out.splitlines() == [
        "A call:",
        "  desk ended: done, told Tuesday",
        (
            "  alice heard ['Enter the number that you gave us, then press the pound key.', "
            "'You are expected on Tuesday at half past nine.']; ended by Ended(by='us', cause='normal')"
        ),
        "A flow without a caller:",
        "  log, line 36: no appointment for 5550000",
        "  nightly ended: done, 2",
        "  2 of 3 are expected",
    ]
