"""What holds for messages holds after a restart: none comes twice, and nothing answers a machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trio
import trio.testing

from flowlang.backends.border import Finish, Incoming, nothing
from flowlang.backends.simulator import SimulatedPost
from flowlang.model.message_commands import OutsideCommand
from flowlang.model.observations import Logged
from flowlang.model.values import DAY
from flowlang.store.opt_outs import OptedOut
from flowlang.store.sqlite import SqliteStore

from .test_on_engine import ANN, ASK, OURS, engine_with

AWAY = 'route email to "mailto:desk@clinic.example" => main\nflow main { wait for signal "on"; say "Noted." }'


async def test_a_message_does_not_come_twice_though_its_activeflow_ended_before_the_restart(
    tmp_path: Path,
) -> None:
    for number in range(3):
        post = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(post, ASK, store) as engine:
                ann = post.person("sms", ANN)
                for count, text in enumerate(("hi", "Ann")):
                    ann.write(text, to=OURS, message=f"m{count}")
                    while len(post.sent) <= count and number == 0:
                        await trio.testing.wait_all_tasks_blocked(0.01)
                while engine.activeflows or post.kept < 2:  # who sends again is told so again
                    await trio.testing.wait_all_tasks_blocked(0.01)
                assert [each.text for each in post.sent] == ([] if number else ["Name?", "Hello, Ann."])


async def test_a_webhook_does_not_come_twice_either(tmp_path: Path) -> None:
    script = 'route webhook to "/orders" => main\nflow main { log "ordered" }'
    lines: list[str] = []
    for _ in range(2):
        post = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(post, script, store) as engine:
                engine.observe(lambda seen: lines.append(seen.text) if isinstance(seen, Logged) else None)
                kept = trio.Event()
                data = {"id": "w1", "data": None, "text": "", "headers": {}}
                hook = Incoming("webhook", "/orders", "https://shop.example", engine.new_id(), data=data)
                assert engine._switchboard.receive(hook, kept.set) is None  # pyright: ignore[reportPrivateUsage]
                await kept.wait()
                while engine.activeflows:
                    await trio.testing.wait_all_tasks_blocked(0.01)
    assert lines == ["ordered"]


async def test_after_a_week_it_is_forgotten_that_a_message_was_here(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        for at, message in ((1 * DAY, "old"), (9 * DAY, "\ud800 new")):
            store.keep_seen("sms", message, at)
            store.keep_seen("sms", message, at)
        store.commit()
        store.prune(0, 0, 9 * DAY - 7 * DAY)
        store.commit()
        assert not store.archive.seen("sms", "old")
        assert store.archive.seen("sms", "\ud800 new")
        assert not store.archive.seen("email", "\ud800 new")


async def test_nothing_answers_a_machine_after_a_restart_or_parking(tmp_path: Path) -> None:
    post = SimulatedPost()
    with SqliteStore(tmp_path) as store:
        async with engine_with(post, AWAY, store) as engine:
            ann = post.person("email", "ann@example.com")
            ann.write("I am away", to="desk@clinic.example", message="a1", automatic=True)
            while post.kept < 1:
                await trio.testing.wait_all_tasks_blocked(0.01)
            (activeflow,) = engine.activeflows
    again = SimulatedPost()
    with SqliteStore(tmp_path) as store:
        async with engine_with(again, None, store) as engine:
            assert engine.signal(activeflow, "on")
            while engine.activeflows:
                await trio.testing.wait_all_tasks_blocked(0.01)
            assert again.sent == []


async def test_who_opted_out_is_told_so_although_the_carrier_was_away_and_the_process_ended(
    tmp_path: Path,
) -> None:
    class Away(SimulatedPost):
        """Its carrier takes nothing."""

        def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
            return nothing

    away, back = Away(), SimulatedPost()
    with SqliteStore(tmp_path) as store:
        async with engine_with(away, ASK, store, opted_out=OptedOut(tmp_path)):
            away.person("sms", ANN).write("STOP", to=OURS)
            while not away.kept:
                await trio.testing.wait_all_tasks_blocked(0.01)
    for _ in range(2):  # and once only
        with SqliteStore(tmp_path) as store:
            async with engine_with(back, ASK, store, opted_out=OptedOut(tmp_path)):
                await trio.testing.wait_all_tasks_blocked(0.01)
        assert ["no more messages" in each.text for each in back.sent] == [True]


async def test_a_report_that_was_told_before_a_restart_is_told_no_second_time(tmp_path: Path) -> None:
    script = ASK.replace("{ let name", '{ on delivered { log "delivered" }; let name')
    told: list[str] = []
    for again in (False, True):
        post = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(post, None if again else script, store) as engine:
                engine.observe(lambda seen: told.append(seen.text) if isinstance(seen, Logged) else None)
                if not again:
                    ann = post.person("sms", ANN)
                    ann.write("hi", to=OURS)
                    assert await ann.wait_message() == "Name?"
                kept = trio.Event()
                post.report("sent-1", "delivered", None, kept.set)
                await kept.wait()
                await trio.testing.wait_all_tasks_blocked(0.01)
    assert told == ["delivered"]
