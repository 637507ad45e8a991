"""Threads on the engine: a person's next message reaches the activeflow that is open, also after a crash."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from flowlang import Engine, open_engine
from flowlang.backends.border import Finish, Host
from flowlang.backends.simulator import SimulatedPost
from flowlang.core.manners import OptOuts
from flowlang.model.manners import Manners
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.observations import Logged, Refused
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done
from flowlang.model.values import Outcome
from flowlang.store.opt_outs import OptedOut
from flowlang.store.sqlite import SqliteStore

ASK = """
policy { allow sms "*" }
route sms to "+16062067563" => main
flow main { let name = ask("Name?"); say "Hello, ${name.text}." }
"""
OURS = "+16062067563"
ANN = "+14155550100"


@asynccontextmanager
async def engine_with(
    post: SimulatedPost, script: str | None, store: SqliteStore | None = None, **more: Any
) -> AsyncGenerator[Engine]:
    async with open_engine([post], policy=EVERYTHING, store=store, **more) as engine:
        engine.recover()
        if script is not None:
            engine.load_text(script)
        await engine.listen()
        yield engine


def run(main: Callable[[], Any]) -> None:
    trio.run(main, clock=MockClock(autojump_threshold=0))


async def settled(post: SimulatedPost) -> list[str]:
    await wait_all_tasks_blocked()
    return [each.text for each in post.sent]


def test_after_recovery_the_next_message_reaches_the_activeflow_that_asked(tmp_path: Path) -> None:
    async def main() -> None:
        post = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(post, ASK, store):
                ann = post.person("sms", ANN)
                ann.write("hi", to=OURS, message="m1")
                assert await ann.wait_message() == "Name?"
                assert post.kept == 1
        again = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(again, None, store):  # with no script, and so no route
                ann = again.person("sms", ANN)
                ann.write("hi", to=OURS, message="m1")  # the gateway had not heard that it was kept
                ann.write("Ann", to=OURS, message="m2")
                assert await ann.wait_message() == "Hello, Ann."
                assert again.kept == 2

    trio.run(main)


CALLS = """
policy { allow sms "*" }
flow main(to) {
    sms to: to, text: "Will you come?", from: "+16062067563"
    match wait for message within 2d {
        message as m => log "said ${m.text} ${m.channel}"
        timeout      => log "silent"
    }
    on delivered as d { log "delivered to ${d.to}" }
    wait 1d
}
"""


def test_after_recovery_the_answer_and_the_report_reach_who_wrote(tmp_path: Path) -> None:
    async def main() -> None:
        post = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(post, CALLS, store) as engine:
                ann = post.person("sms", ANN)
                engine.start("main", to=ANN)
                assert await ann.wait_message() == "Will you come?"
        again = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with engine_with(again, None, store) as engine:
                said, logged = trio.open_memory_channel[str](100)
                engine.observe(lambda seen: said.send_nowait(seen.text) if isinstance(seen, Logged) else None)
                again.person("sms", ANN).write("yes", to=OURS)
                assert await logged.receive() == "said yes sms"
                again.report("sent-1", "delivered")
                assert await logged.receive() == f"delivered to sms:{ANN}"

    trio.run(main)


def test_a_report_that_is_quicker_than_the_answer_of_the_gateway_is_not_lost() -> None:
    lines: list[str] = []
    script = CALLS.replace("    match wait", '    on delivered { log "early" }\n    match wait')

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script) as engine:
            engine.observe(lambda seen: lines.append(str(getattr(seen, "text", ""))))
            post.report("sent-1", "delivered")
            engine.start("main", to=ANN)
            await settled(post)

    run(main)
    assert "early" in lines


class _Mails:
    """A backend for mails alone."""

    name = "mails"
    channels = outlets = frozenset({"email"})
    commands: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.host: Host | None = None

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        self.host = host
        task_status.started("mails")
        await trio.sleep_forever()

    async def settle(self) -> None:
        """Nothing is under way."""

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        raise AssertionError(command)


def test_a_report_on_a_mail_is_none_on_a_text_whatever_it_is_called() -> None:
    lines: list[str] = []

    async def main() -> None:
        post, mails = SimulatedPost(), _Mails()
        async with open_engine([mails, post], policy=EVERYTHING) as engine:
            engine.load_text(CALLS)
            await engine.listen()
            engine.observe(lambda seen: lines.append(seen.text) if isinstance(seen, Logged) else None)
            engine.start("main", to=ANN)
            await settled(post)
            post.person("sms", ANN).write("yes", to=OURS)
            assert mails.host is not None
            mails.host.report("sent-1", "delivered")
            await settled(post)
            assert lines == ["said yes sms"]
            post.report("sent-1", "delivered")
            await settled(post)

    run(main)
    assert lines == ["said yes sms", f"delivered to sms:{ANN}"]


def test_a_message_that_comes_as_the_activeflow_ends_starts_the_next() -> None:
    script = f'route sms to "{OURS}" => main\nflow main {{ log "wrote ${{message.text}}" }}'
    lines: list[str] = []

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script) as engine:
            engine.observe(lambda seen: lines.append(seen.text) if isinstance(seen, Logged) else None)
            ann = post.person("sms", ANN)
            ann.write("one", to=OURS)
            ann.write("two", to=OURS)
            await settled(post)
            assert post.kept == 2

    run(main)
    assert lines == ["wrote one", "wrote two"]


def test_what_no_route_takes_is_refused_and_may_come_again() -> None:
    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, ASK) as engine:
            ann = post.person("sms", ANN)
            ann.write("hi", to="+16062067500", message="m1")
            assert ann.refused is not None
            assert ann.refused.status == 404
            assert post.kept == 0
            await engine.shutdown()
            ann.write("hi", to=OURS, message="m1")
            assert ann.refused is not None
            assert ann.refused.status == 503

    run(main)


def test_a_message_that_comes_twice_is_taken_once() -> None:
    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, ASK):
            ann = post.person("sms", ANN)
            for text, message in (("hi", "m1"), ("hi", "m1"), ("Ann", "m2"), ("Ann", "m2")):
                ann.write(text, to=OURS, message=message)
                await settled(post)
            assert await settled(post) == ["Name?", "Hello, Ann."]
            assert post.kept == 4

    run(main)


def test_stop_ends_an_activeflow_on_every_channel() -> None:
    ours = {"sms": OURS, "chat": "web", "email": "mailto:desk@clinic.example"}
    people = {"sms": ANN, "chat": "chat:ann", "email": "ann@example.com"}
    routes = "\n".join(f'route {channel} to "{each}" => main' for channel, each in ours.items())
    script = f'{routes}\nflow main {{ on message "bye" {{ say "Bye."; stop }}; wait 30d }}'

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script) as engine:
            for channel, address in ours.items():
                person = post.person(channel, people[channel])
                person.write("hi", to=address)
                await settled(post)
                assert len(engine.activeflows) == 1
                person.write("bye", to=address)
                await settled(post)
                assert engine.activeflows == ()

    run(main)


def test_opt_out_is_honoured_before_any_flow_and_outlives_the_process(tmp_path: Path) -> None:
    script = ASK + '\nflow tell(to) { let m = sms(to: to, text: "News"); return "${m.name}" }'.replace(
        'return "${m.name}"', 'match m { failed as f => return f.reason; _ => return "sent" }'
    )

    async def tell(engine: Engine) -> object:
        return (await engine.start("tell", to=ANN).ended()).value

    async def main() -> None:
        post = SimulatedPost()
        opted: OptOuts = OptedOut(tmp_path)
        async with engine_with(post, script, opted_out=opted) as engine:
            ann = post.person("sms", ANN)
            ann.write("hi", to=OURS)
            await settled(post)
            ann.write(" stop. ", to=OURS)
            ann.write("STOP", to=OURS)
            texts = await settled(post)
            assert texts[0] == "Name?"
            assert len(texts) == 2
            assert "no more messages" in texts[1]
            assert engine.activeflows == ()
            assert await tell(engine) == "opted_out"
        again = SimulatedPost()
        async with engine_with(again, script, opted_out=OptedOut(tmp_path)) as engine:
            assert await tell(engine) == "opted_out"
            again.person("sms", ANN).write("start", to=OURS)
            assert await tell(engine) == "sent"
        assert f"sms:{ANN}" not in OptedOut(tmp_path)

    run(main)


def test_what_a_backend_kept_waiting_goes_to_nobody_who_opted_out_and_the_confirmation_does() -> None:
    class Slow(SimulatedPost):
        """Asks once more before it sends, as one does whose carrier was away."""

        def __init__(self) -> None:
            super().__init__()
            self.late: list[Callable[[], None]] = []

        async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
            self.host = host
            await super().run(host, task_status=task_status)

        def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
            assert isinstance(command, SendMessage)

            def now() -> None:
                why_not = self.host.why_not(command)
                if why_not is None:
                    SimulatedPost.send(self, command, finish)
                else:
                    finish(Done(Outcome("failed", {"reason": why_not})))

            self.late.append(now)
            return lambda: None

    script = ASK + '\nflow tell(to) { sms(to: to, text: "News") }'

    async def main() -> None:
        post = Slow()
        async with engine_with(post, script) as engine:
            told = engine.start("tell", to=ANN)
            await wait_all_tasks_blocked()
            post.person("sms", ANN).write("STOP", to=OURS)
            await wait_all_tasks_blocked()
            for each in post.late:
                each()
            assert (await told.ended()).how == "stop"
            assert ["no more messages" in each for each in await settled(post)] == [True]

    run(main)


def test_words_of_opting_out_are_the_operators() -> None:
    async def main() -> None:
        post = SimulatedPost()
        manners = Manners(opt_out=("halt",), opt_out_text="")
        async with engine_with(post, ASK, manners=manners):
            ann = post.person("sms", ANN)
            for text in ("hi", "stop", "hi", "Halt!"):
                ann.write(text, to=OURS)
                await settled(post)
            assert await settled(post) == ["Name?", "Hello, stop.", "Name?"]

    run(main)


def test_what_a_machine_sent_is_answered_by_nobody() -> None:
    seen: list[Refused] = []
    script = ASK.replace("sms", "email").replace('"+16062067563"', '"mailto:desk@clinic.example"')

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script) as engine:
            engine.observe(lambda each: seen.append(each) if isinstance(each, Refused) else None)
            ann = post.person("email", "ann@example.com")
            ann.write(
                "I am away", to="desk@clinic.example", automatic=True
            )  # it may start a flow, unanswered
            assert await settled(post) == []
            ann.write("hi", to="desk@clinic.example")
            await settled(post)
            ann.write("I am away", to="desk@clinic.example", automatic=True)
            ann.write("Ann", to="desk@clinic.example")
            assert await settled(post) == ["Name?", "Hello, Ann."]

    run(main)
    assert [each.why for each in seen] == ["a machine answered by itself"]


def test_two_machines_that_answer_each_other_come_to_an_end() -> None:
    script = ASK.replace(
        'let name = ask("Name?"); say "Hello, ${name.text}."', 'on message { say "Thanks." }; wait 9d'
    )

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script, manners=Manners(thread=20, recipient=1_000)) as engine:
            machine = post.person("sms", ANN)
            machine.write("Thanks.", to=OURS)
            for _ in range(200):
                machine.write("Thanks.", to=OURS)
                await settled(post)
            assert len(post.sent) == 19
            assert engine.activeflows == ()
            assert post.kept == 20  # of what came over the limit nobody is told that it was kept
            assert machine.refused is not None

    run(main)


def test_nobody_is_flooded() -> None:
    script = """
policy { allow sms "*" }
flow main(to) {
    let lost = 0
    loop up to 100 {
        match sms(to: to, text: "x") { failed as f when f.reason == "too_many" => lost = lost + 1; _ => {} }
    }
    wait 1m
    sms to: to, text: "last"
    return lost
}
"""

    async def main() -> None:
        post = SimulatedPost()
        async with engine_with(post, script, manners=Manners(recipient=10)) as engine:
            ending = await engine.start("main", to=ANN).ended()
            assert ending.value == 90
            assert post.sent[-1].text == "last"

    run(main)


def test_a_message_that_the_gateway_leaves_unknown_is_the_scripts_to_know() -> None:
    post = SimulatedPost(lambda _command: Outcome("failed", {"reason": "rejected"}))

    async def main() -> None:
        async with engine_with(post, ASK) as engine:
            seen: list[object] = []
            engine.observe(seen.append)
            post.person("sms", ANN).write("hi", to=OURS)
            await settled(post)
            assert any(getattr(each, "code", None) == "not_sent" for each in seen)

    run(main)


def test_the_same_key_twice_is_one_message() -> None:
    post = SimulatedPost()
    got: list[object] = []
    command = SendMessage("sms", f"sms:{ANN}", "x", "key")
    post.send(command, got.append)
    post.send(command, got.append)
    assert len(post.sent) == 1
    assert got[0] == got[1]


def test_what_goes_on_after_a_crash_is_sent_when_the_backends_run(tmp_path: Path) -> None:
    script = 'policy { allow sms "*" }\nflow main { sms to: "+14155550100", text: "x"; log "done" }'

    async def main() -> None:
        dumb, sent = SimulatedPost(), trio.Event()

        def send(_command: object, _finish: object) -> Callable[[], None]:
            sent.set()  # and the process ends before it knows
            return lambda: None

        dumb.send = send  # pyright: ignore
        with SqliteStore(tmp_path) as store:
            async with engine_with(dumb, script, store) as engine:
                engine.start("main")
                await sent.wait()
        again = SimulatedPost()
        with SqliteStore(tmp_path) as store:
            async with open_engine([again], policy=EVERYTHING, store=store) as engine:
                engine.recover()
                assert again.sent == []
                ann = again.person("sms", ANN)
                await engine.listen()
                assert await ann.wait_message() == "x"

    trio.run(main)
