"""Scripts whose calls come back to them: they end, whichever way they are placed."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio.testing import MockClock

from flowlang.backends.sip.chains import MOST_FAMILIES, Chains
from flowlang.backends.sip.outgoing_leg import MOST_LEGS

from .office import open_office

NOTHING = 'route call to "none" => nothing\nflow nothing { hangup }'
PASSES_ON = """
policy {{ allow dial "*" }}
route call => again
flow again {{ let leg = dial("sip:20@{here}", timeout: 20s) log "over" }}
"""
STARTS = """
policy {{ allow dial "*" }}
route call => again
flow again {{ start calls() reject }}
flow calls {{ let leg = call("sip:20@{here}", flow: hello, timeout: 20s) log "over" }}
flow hello {{ say "Hello." }}
"""
PLACES = """
policy {{ allow dial "*" }}
route call => again
flow again {{ let leg = call("sip:20@{here}", flow: hello, timeout: 20s) log "over" }}
flow hello {{ say "Hello." }}
"""


@pytest.mark.parametrize("script", [PASSES_ON, STARTS, PLACES], ids=["dial", "start", "call"])
async def test_a_call_that_comes_back_finds_an_end(tmp_path: Path, clock: MockClock, script: str) -> None:
    async with open_office(NOTHING, tmp_path, accounts=[]) as office:
        text = (
            script.format(here=office.address.hostport)
            .replace(") log", ")\n log")
            .replace(") rej", ")\n rej")
        )
        office.engine.load_text(text)
        await office.call(await office.phone(), "20")
        records = await office.recorded(2 * MOST_LEGS)
        assert len(await office.logged(MOST_LEGS)) == MOST_LEGS
        refused = [each for each in records if each.status == 483]
        assert [each.direction for each in refused] == ["out"]
        await office.nothing_left()
        assert len([each for each in records if each.direction == "in"]) == MOST_LEGS


def test_only_so_many_families_are_remembered_the_newest() -> None:
    chains = Chains()
    for number in range(MOST_FAMILIES + 5):
        chains.taken(f"flow{number}", 3)
    assert chains.of("flow0.1") == 0
    assert chains.of(f"flow{MOST_FAMILIES}.1.2") == 3
    assert len(chains._families) == MOST_FAMILIES


def test_a_call_that_is_over_stands_before_none() -> None:
    chains = Chains()
    chains.placed("c1", 2)
    assert (chains.came("c1"), chains.came("c2")) == (3, 1)
    chains.over("c1")
    assert chains.came("c1") == 1
