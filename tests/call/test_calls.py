"""sipp calls us, and the RTP peer judges what is heard: menus, and every way in which a call can end.

After each call, 64*T1 later, nothing of it is left: no activeflow, no timer, no port.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import accumulate
from pathlib import Path

import pytest

from .ear import Hear, HearBeginning, Press
from .placing import PlacedCalls, menu_plan
from .placing import place as place_calls
from .prompts import ANSWERS, MENU, NEWS
from .server import T1, Server
from .stray import open_stray

Place = Callable[..., Awaitable[PlacedCalls]]

STEADY = pytest.mark.parametrize("t1", [T1], ids=["steady"])
T2 = 8 * T1  # as 4 s are to 500 ms (RFC 3261, table 4)

THE_MENU = (Hear(MENU),)
CUT_SHORT = (HearBeginning(NEWS, 0.2),)
BARGE_IN = (HearBeginning(NEWS, 0.3), Press("2"), Hear(ANSWERS["2"]))


@pytest.mark.parametrize("number", [0, 1])
async def test_a_key_leads_to_the_answer_to_that_key(place: Place, server: Server, number: int) -> None:
    placed = await place("they_hang_up", menu_plan(number))
    assert placed.legs == 1
    (record,) = server.records()
    assert (record.cause, record.ended_by) == ("normal", "us")


async def test_a_key_cuts_the_prompt_short(place: Place) -> None:
    placed = await place("they_hang_up", BARGE_IN, to="barge")
    assert placed.legs == 1


async def test_the_offer_may_come_with_our_200(place: Place) -> None:
    placed = await place("late_offer", menu_plan(0))
    assert placed.legs == 1


async def test_a_stream_of_another_call_does_not_draw_the_sound_away_from_a_silent_caller(
    server: Server, tmp_path: Path
) -> None:
    async with open_stray() as stray:
        placed = await place_calls(server, tmp_path, "they_hang_up", menu_plan(0), on_ear=stray.disturb)
        assert not stray.heard()
    assert placed.legs == 1
    assert stray.sent > 20


async def test_cancel_while_ringing_ends_the_flow(place: Place, server: Server) -> None:
    placed = await place("cancel", (), to="ringing")
    assert placed.legs == 0
    assert server.logs() == ["hangup cancelled"]
    (record,) = server.records()
    assert (record.cause, record.status, record.ended_by) == ("cancelled", 487, "caller")
    assert record.answered is None


async def test_the_caller_may_hang_up_during_a_prompt(place: Place, server: Server) -> None:
    placed = await place("caller_hangs_up", CUT_SHORT, to="barge", pause_ms=500)
    assert placed.legs == 1
    (record,) = server.records()
    assert (record.cause, record.ended_by) == ("normal", "caller")


async def test_the_caller_may_hang_up_while_we_wait_for_a_key(place: Place, server: Server) -> None:
    placed = await place("caller_hangs_up", THE_MENU, pause_ms=1500)
    assert placed.legs == 1
    assert server.logs() == ["hangup normal"]
    assert [record.ended_by for record in server.records()] == ["caller"]


async def test_we_hang_up(place: Place, server: Server) -> None:
    placed = await place("they_hang_up", THE_MENU, to="news")
    assert placed.legs == 1
    assert [record.ended_by for record in server.records()] == ["us"]


@STEADY
async def test_a_lost_bye_is_sent_again(place: Place) -> None:
    placed = await place("lost_bye", THE_MENU, to="news", repeats=False)
    assert placed.run.received("BYE ") == 2


@STEADY
async def test_a_caller_that_died_is_given_up(place: Place, server: Server) -> None:
    placed = await place("dead_caller", THE_MENU, to="news")
    assert placed.legs == 1
    assert [record.ended_by for record in server.records()] == ["us"]


@STEADY
@pytest.mark.alone
async def test_a_lost_ack_ends_the_call_after_64_t1(place: Place, server: Server) -> None:
    placed = await place("lost_ack", THE_MENU, to="patient")
    answers, byes = placed.run.times("SIP/2.0 200"), placed.run.times("BYE ")
    # RFC 3261 section 13.3.1.4: T1, then twice as long each time up to T2, until 64*T1 after the first.
    due = accumulate([0, T1, 2 * T1, 4 * T1, *[T2] * 7])
    assert [each - answers[0] for each in answers] == pytest.approx(list(due), abs=0.1)
    assert byes[0] - answers[0] == pytest.approx(64 * T1, abs=0.1)
    assert server.logs() == ["hangup no_ack"]
    assert [record.cause for record in server.records()] == ["no_ack"]


@STEADY
async def test_a_lost_200_is_sent_again_until_the_ack(place: Place, server: Server) -> None:
    placed = await place("lost_200", THE_MENU, to="news")
    assert placed.run.received("SIP/2.0 200") == 4, "at 0, T1, 3*T1 and 7*T1; the ACK comes at 10*T1"
    assert [record.cause for record in server.records()] == ["normal"]


@STEADY
async def test_a_repeated_invite_is_one_call(place: Place, server: Server) -> None:
    placed = await place("repeated_invite", THE_MENU, to="ringing_news", repeats=False)
    assert placed.legs == 1
    assert placed.run.received("SIP/2.0 180") == 2
    assert len(server.records()) == 1


@STEADY
@pytest.mark.alone
async def test_400_calls_at_20_a_second_through_a_menu(place: Place, server: Server) -> None:
    placed = await place("they_hang_up", menu_plan, calls=400, rate=20)
    assert placed.legs == 400
    assert [record.cause for record in server.records()] == ["normal"] * 400
