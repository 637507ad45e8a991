"""Messages and reports on the engine reach whom they are for once each, and no machine is written back to."""

from __future__ import annotations

from pathlib import Path

import trio

from flowlang.backends.simulator import SimulatedPost
from flowlang.model.observations import Logged
from flowlang.store.sqlite import SqliteStore

from .test_on_engine import ANN, ASK, OURS, engine_with, run, settled


def test_each_step_of_a_message_is_told_once_and_in_order() -> None:
    lines: list[str] = []
    handlers = "; ".join(f'on {each} {{ log "{each}" }}' for each in ("sent", "delivered", "failed"))
    script = ASK.replace(
        '{ let name = ask("Name?"); say "Hello, ${name.text}." }', f'{{ {handlers}; say "hi"; wait 1d }}'
    )

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script) as engine:
            engine.observe(lambda seen: lines.append(seen.text) if isinstance(seen, Logged) else None)
            post.person("sms", ANN).write("hello", to=OURS)
            await settled(post)
            for status in ("delivered", "delivered", "failed", "sent", "delivered"):
                post.report("sent-1", status)
            await settled(post)

    run(main)
    assert lines == ["delivered"]


def test_a_report_is_kept_when_what_came_of_it_is_on_disk(tmp_path: Path) -> None:
    script = ASK.replace("{ let name", '{ on delivered { log "delivered" }; let name')

    async def main() -> None:
        post = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(post, script, store):
                ann = post.person("sms", ANN)
                ann.write("hi", to=OURS)
                assert await ann.wait_message() == "Name?"
                for message in ("sent-1", "sent-1", "nobodys"):
                    kept = trio.Event()
                    post.report(message, "delivered", None, kept.set)
                    assert not kept.is_set()
                    await kept.wait()
                ((_, entries, _),) = store.archive.live()
                assert sum("MessageReported" in each.given for each in entries) == 1

    trio.run(main)


def test_two_gateways_that_give_the_same_id_bring_two_messages(tmp_path: Path) -> None:
    both = OURS, "+16062067564"

    async def main() -> None:
        for again in (False, True):
            post = SimulatedPost()
            with SqliteStore(tmp_path) as store:
                async with engine_with(post, ASK.replace(f'to "{OURS}" ', ""), store):
                    ann = post.person("sms", ANN)
                    for text, message, answer in (("hi", "1", "Name?"), ("Ann", "2", "Hello, Ann.")):
                        for ours in both:
                            ann.write(text, to=ours, message=message)
                        if not again:
                            assert [await ann.wait_message() for _ in both] == [answer, answer]
                    await settled(post)
            assert (len(post.sent), post.kept) == ((0, 4) if again else (4, 4))

    trio.run(main)


def test_an_alarm_is_written_on_to_others_and_not_back_to_its_machine() -> None:
    script = """
    policy { allow email "*" }
    route email to "mailto:desk@clinic.example" => alarm
    flow alarm {
        email to: caller.address, subject: "Got it", body: "Thanks."
        email to: "ann@example.com", subject: "Alarm", body: "It burns."
    }
    """

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script):
            post.person("email", "fire@x.example").write("It burns", to="desk@clinic.example", automatic=True)
            assert await settled(post) == ["It burns."]

    run(main)
