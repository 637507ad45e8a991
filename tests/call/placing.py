"""Calls placed by sipp and heard by the RTP peer, judged when they are over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from . import sipp
from .ear import Hear, Plan, Press
from .prompts import ANSWERS, MENU
from .rtp_peer import OnEar, open_rtp_peer
from .server import Server, udp_sockets


@dataclass(frozen=True, slots=True)
class PlacedCalls:
    """What sipp saw, and how many legs were heard."""

    run: sipp.SippRun
    legs: int


def menu_plan(number: int) -> Plan:
    """Hear the menu, press a key, hear the answer to that key: the nth caller takes the nth key in turn."""
    digit = sorted(ANSWERS)[number % len(ANSWERS)]
    return (Hear(MENU), Press(digit), Hear(ANSWERS[digit]))


async def place(
    server: Server,
    folder: Path,
    scenario: str,
    plan: Plan | Callable[[int], Plan],
    *,
    on_ear: OnEar | None = None,
    **options: Any,
) -> PlacedCalls:
    """Run a scenario; `plan` is what each caller hears and does, or makes it for the nth.

    Fails unless sipp is content, every leg was heard as planned, and nothing is left. `on_ear` is told where
    each leg of the server's sends from, `options` are as for `sipp.call`.
    """
    async with open_rtp_peer(plan if callable(plan) else lambda _: plan, on_ear) as peer:
        sockets = udp_sockets()
        run = await sipp.call(scenario, sip_port=server.port, rtp_port=peer.port, folder=folder, **options)
        over = trio.current_time()
        assert run.exit_code == 0, run.errors
        assert set(peer.verdicts()) <= {"as planned"}, peer.verdicts()
        await server.nothing_left(sockets)
        assert peer.last_packet() < over, "audio went on after the end of the call"
        return PlacedCalls(run, len(peer.ears))
