"""The engine in a host's trio program: loading, starting, host actions, watching, the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

import flowlang
from flowlang.backends.border import Finish, Host, Incoming, Refusal
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.actions import Action, OutcomeType, Parameter
from flowlang.model.commands import Answer, BackendCommand, HangUp, Reject, Ring, Say
from flowlang.model.observations import CallRecorded, FlowEnded, FlowStarted, Logged, Observation, Refused
from flowlang.model.values import Duration, Outcome

FROM, TO = "+14155550100", "+16062067563"


def logged(watched: list[Observation]) -> list[str]:
    return [each.text for each in watched if isinstance(each, Logged)]


async def test_a_flow_without_a_caller_gives_what_it_returns(autojump_clock: trio.testing.MockClock) -> None:
    async with flowlang.open_engine() as engine:
        engine.load_text("flow add(a, b = 2) { wait 1h; return a + b }")
        ending = await engine.start("add", 40).ended()
    assert (ending.how, ending.value) == ("done", 42)


async def test_two_engines_in_one_program_share_nothing(autojump_clock: trio.testing.MockClock) -> None:
    first, second = SimulatorBackend(), SimulatorBackend()
    async with flowlang.open_engine([first]) as one, flowlang.open_engine([second]) as two:
        one.load_text('route call => a\nflow a { say "from one"\nwait 1h }')
        two.load_text('route call => a\nflow a { say "from two" }')
        seen_by_one: list[Observation] = []
        one.observe(seen_by_one.append)
        await one.listen()
        await two.listen()
        phone_one, phone_two = first.call(source=FROM, to=TO), second.call(source=FROM, to=TO)
        await phone_one.wait_heard("from one")
        await phone_two.wait_ended()
        assert [each.what for each in phone_two.heard] == ["from two"]
        assert len(one.activeflows) == 1
        assert two.activeflows == ()
        started = [each.activeflow for each in seen_by_one if isinstance(each, FlowStarted)]
        assert tuple(started) == one.activeflows


async def test_what_the_hosts_own_code_raises_reaches_it_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with flowlang.open_engine():
            raise KeyError("mine")


async def test_leaving_the_engine_ends_what_runs_at_once() -> None:
    async with flowlang.open_engine() as engine:
        engine.load_text("flow forever { loop { wait 1h } }")
        engine.start("forever")


def ticking(step: float) -> Callable[[], float]:
    """A processor clock on which each look costs `step` seconds."""
    ticks = itertools.count()
    return lambda: next(ticks) * step


async def test_an_activeflow_that_spins_does_not_hold_up_another() -> None:
    watched: list[Observation] = []
    limits = flowlang.Limits(steps_per_input=1_000_000)
    async with flowlang.open_engine(limits=limits, processor_time=ticking(0.001)) as engine:
        engine.load_text('flow spin { loop { } }\nflow brief { log "a" }')
        engine.observe(watched.append)
        spinning = engine.start("spin")
        other = engine.start("brief")
        await other.ended()
        ended = await spinning.ended()
    order = [each.flow for each in watched if isinstance(each, FlowEnded)]
    assert order == ["brief", "spin"]
    assert (ended.how, ended.code, ended.line) == ("fault", "budget", 1)


FIND = Action(
    "find_patient",
    "Looks a patient up.",
    (Parameter("number", ("text",), "the number", by_place=True),),
    (OutcomeType("found", ("name",), "there is one"), OutcomeType("unknown", (), "there is none")),
)


async def run_host(returned: Any, script: str, *, action: Action = FIND) -> tuple[flowlang.Ending, list[str]]:
    watched: list[Observation] = []

    async def find_patient(number: str) -> Any:
        await trio.sleep(2)
        if isinstance(returned, Exception):
            raise returned
        return returned

    async with flowlang.open_engine() as engine:
        engine.add_action(action, find_patient)
        engine.load_text(script)
        engine.observe(watched.append)
        ending = await engine.start("main").ended()
        assert engine.timers == 0
    return ending, logged(watched)


MATCH = """flow main {
    match find_patient("+14155550100") {
        found as f => log "it is ${f.name} after ${elapsed()}"
        unknown    => log "nobody"
    }
}"""


async def test_a_host_action_gives_one_of_its_outcomes(autojump_clock: trio.testing.MockClock) -> None:
    ending, lines = await run_host(Outcome("found", {"name": "Ada"}), MATCH)
    assert (ending.how, lines) == ("done", ["it is Ada after 2s"])


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (Outcome("other"), "gave none of its outcomes found, unknown"),
        (object(), "object is no type that the language has"),
        (2**70, "an integer has at most 64 bits"),
        (ValueError("boom"), "failed: ValueError"),
    ],
)
async def test_a_host_action_that_goes_wrong_is_a_fault_and_not_more(
    autojump_clock: trio.testing.MockClock, returned: Any, text: str
) -> None:
    ending, _ = await run_host(returned, MATCH)
    assert ending.how == "fault"
    assert text in str(ending.text)
    assert ending.line == 2


async def test_a_deadline_cancels_a_host_action(autojump_clock: trio.testing.MockClock) -> None:
    script = 'flow main { within 1s { find_patient("x") } else { log "too late after ${elapsed()}" } }'
    ending, lines = await run_host(None, script)
    assert (ending.how, lines) == ("done", ["too late after 1s"])


async def test_python_data_comes_in_as_values(autojump_clock: trio.testing.MockClock) -> None:
    from datetime import timedelta

    action = Action("find_patient", "…", (Parameter("number", ("text",), "…", by_place=True),))
    data = {"list": [1, 2.5, "x"], "wait": timedelta(minutes=1)}
    script = 'flow main { let d = find_patient("x")\nlog "${d.list} ${d.wait}" }'
    _, lines = await run_host(data, script, action=action)
    assert lines == ['[1, 2.5, "x"] 1m']


async def test_a_started_flow_is_an_activeflow_of_its_own(autojump_clock: trio.testing.MockClock) -> None:
    watched: list[Observation] = []
    async with flowlang.open_engine() as engine:
        engine.load_text(
            """
            flow a { let id = start b(1); log "started ${id}" }
            flow b(n, m = 2) { wait 1s; log "${n} ${m}" }
            """
        )
        engine.observe(watched.append)
        run = engine.start("a")
        await run.ended()
        (child,) = engine.activeflows
        child_run = engine.run_of(child)
        assert child_run is not None
        await child_run.ended()
    assert logged(watched) == [f"started {child}", "1 2"]
    assert child == f"{run.id}.1"


async def test_signals_reach_a_handler_and_are_kept_until_there_is_one(
    autojump_clock: trio.testing.MockClock,
) -> None:
    watched: list[Observation] = []
    async with flowlang.open_engine() as engine:
        engine.load_text('flow a { wait 1m\non signal "paid" as s { log "paid ${s.data.sum}" }\nwait 1m }')
        engine.observe(watched.append)
        run = engine.start("a")
        assert engine.signal(run.id, "paid", {"sum": 12})
        await run.ended()
        assert not engine.signal(run.id, "paid")
    assert logged(watched) == ["paid 12"]


async def test_an_observer_that_raises_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Observation) -> None:
        raise RuntimeError("mine")

    async with flowlang.open_engine() as engine:
        engine.load_text('flow a { log "x" }')
        engine.observe(broken)
        assert (await engine.start("a").ended()).how == "done"
    assert caplog.text.count("an observer failed") == 1


async def test_a_polite_end_hangs_up_and_refuses_new_calls(autojump_clock: trio.testing.MockClock) -> None:
    watched: list[Observation] = []
    backend = SimulatorBackend()
    async with flowlang.open_engine([backend]) as engine:
        engine.load_text('route call => a\nflow a { answer\ntry { wait 1h } finally { log "bye"\nwait 2s } }')
        engine.observe(watched.append)
        await engine.listen()
        phone = backend.call(source=FROM, to=TO)
        await phone.wait_answered()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(engine.shutdown)
            await trio.testing.wait_all_tasks_blocked()
            late = backend.call(source=FROM, to=TO)
            await late.wait_ended()
        await phone.wait_ended()
        assert engine.activeflows == ()
    assert logged(watched) == ["bye"]
    assert [each.status for each in watched if isinstance(each, Refused)] == [503]
    records = [each.record for each in watched if isinstance(each, CallRecorded)]
    assert sorted((each.ended_by, each.flow) for each in records if each.flow) == [("us", "a")]


async def test_the_best_route_of_all_scripts_takes_a_call(autojump_clock: trio.testing.MockClock) -> None:
    backend = SimulatorBackend()
    async with flowlang.open_engine([backend]) as engine:
        engine.load_text('route call => a\nflow a { say "first" }')
        engine.load_text(f'route call to {TO} priority 60 => b\nflow b {{ say "urgent" }}')
        await engine.listen()
        phone = backend.call(source=FROM, to=TO)
        await phone.wait_ended()
    assert [each.what for each in phone.heard] == ["urgent"]


async def test_a_call_that_no_route_takes_is_refused_with_the_reasons() -> None:
    watched: list[Observation] = []
    backend = SimulatorBackend()
    async with flowlang.open_engine([backend]) as engine:
        engine.load_text("route call to +19995550000 => a\nroute call when false => a\nflow a { answer }")
        engine.observe(watched.append)
        await engine.listen()
        phone = backend.call(source=FROM, to=TO)
        await phone.wait_ended()
    (refused,) = [each for each in watched if isinstance(each, Refused)]
    assert refused.status == 404
    assert "line 1: `to` is" in refused.why
    assert "line 2: `when` does not hold" in refused.why


class _Mute(SimulatorBackend):
    """A backend that cannot play."""

    commands = frozenset({Answer.name, HangUp.name, Reject.name, Ring.name, Say.name})


async def test_a_route_that_needs_more_than_the_backend_can_do_is_refused_at_load() -> None:
    async with flowlang.open_engine([_Mute()]) as engine:
        with pytest.raises(flowlang.ScriptError, match="`a` may `play`, which no call backend here can do"):
            engine.load_text('route call => a\nflow a { play "x.wav" }')
        engine.load_text('route call => a\nflow a { say "x" }')


async def test_unknown_flows_and_wrong_arguments_are_told_in_one_line() -> None:
    async with flowlang.open_engine() as engine:
        engine.load_text("flow desk(a) { }")
        with pytest.raises(flowlang.UnknownFlowError, match="did you mean `desk`"):
            engine.start("dsek")
        with pytest.raises(flowlang.ArgumentsError, match="needs a"):
            engine.start("desk")
        with pytest.raises(flowlang.ArgumentsError, match="takes 1 arguments, not 2"):
            engine.start("desk", 1, 2)


async def test_a_script_that_does_not_compile_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.flow").write_text("flow a { }")
    (tmp_path / "b.flow").write_text("flow b { sya }")
    async with flowlang.open_engine() as engine:
        with pytest.raises(flowlang.ScriptError) as raised:
            engine.load(tmp_path)
        assert raised.value.diagnostics[0].near == "say"
        assert engine.scripts == ()
        with pytest.raises(flowlang.ScriptError, match="cannot be worked out"):
            engine.load_text("const A = 1 // 0\nflow a { log text(A) }")


async def test_a_fault_of_ours_costs_one_activeflow_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, autojump_clock: trio.testing.MockClock
) -> None:
    from flowlang.core import Activeflow
    from flowlang.core.inputs import Input, TimePassed
    from flowlang.core.outputs import Output

    feed = Activeflow.feed

    def broken(self: Activeflow, given: Input) -> list[Output]:
        if isinstance(given, TimePassed) and self.opening.flow == "bad":
            raise ZeroDivisionError("ours")
        return feed(self, given)

    monkeypatch.setattr(Activeflow, "feed", broken)
    async with flowlang.open_engine() as engine:
        engine.load_text("flow bad { wait 1s }\nflow good { wait 2s\nreturn 1 }")
        bad, good = engine.start("bad"), engine.start("good")
        ended = await bad.ended()
        assert (ended.how, ended.code) == ("fault", "internal")
        assert (await good.ended()).value == 1
    assert "ZeroDivisionError" in caplog.text


async def test_durations_are_values() -> None:
    async with flowlang.open_engine() as engine:
        engine.load_text("flow a { return 1m + 30s }")
        assert (await engine.start("a").ended()).value == Duration(90_000_000)


class _Silent:
    """A backend that offers a call and tells nothing of it any more."""

    name = "silent"
    channels = frozenset({"call"})
    commands = frozenset({"answer"})

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        taken = host.offer(Incoming("call", TO, FROM, "leg-1", call_id="a@b"), self)
        assert not isinstance(taken, Refusal)
        with pytest.raises(ValueError, match="offered twice"):
            host.offer(Incoming("call", TO, FROM, "leg-1"), self)
        task_status.started("nowhere")
        await trio.sleep_forever()

    async def settle(self) -> None: ...

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        return lambda: None

    def release(self) -> None: ...


async def test_a_leg_whose_end_no_backend_tells_has_its_record_at_the_end() -> None:
    watched: list[Observation] = []
    async with flowlang.open_engine([_Silent()]) as engine:
        engine.load_text("route call => a\nflow a { answer }")
        engine.observe(watched.append)
        await engine.listen()
    (record,) = [each.record for each in watched if isinstance(each, CallRecorded)]
    assert (record.leg, record.call_id, record.flow) == ("leg-1", "a@b", "a")
    assert (record.ended_by, record.cause, record.status) == ("network", "lost", None)


@pytest.mark.parametrize("milliseconds", [1001, 1009, 4097, 28_563])
async def test_every_duration_ends_on_a_virtual_clock(
    autojump_clock: trio.testing.MockClock, milliseconds: int
) -> None:
    async with flowlang.open_engine() as engine:
        engine.load_text(f"flow a {{ wait {milliseconds}ms; return elapsed() }}")
        assert (await engine.start("a").ended()).value == Duration(milliseconds * 1000)


async def test_nothing_is_started_while_the_engine_shuts_down(autojump_clock: trio.testing.MockClock) -> None:
    watched: list[Observation] = []
    async with flowlang.open_engine() as engine:
        engine.load_text("flow a { try { wait 1h } finally { start b() } }\nflow b { wait 1h }")
        engine.observe(watched.append)
        engine.start("a")
        await trio.testing.wait_all_tasks_blocked()
        await engine.shutdown()
        assert engine.activeflows == ()
        with pytest.raises(flowlang.EngineClosedError):
            engine.start("b")
    assert logged(watched) == ["`b` is not started: the engine is shutting down"]


async def test_who_waits_for_an_end_that_does_not_come_is_told() -> None:
    runs: list[flowlang.Run] = []
    async with trio.open_nursery() as nursery:

        async def wait() -> None:
            with pytest.raises(flowlang.EngineClosedError):
                await runs[0].ended()

        async with flowlang.open_engine() as engine:
            engine.load_text("flow a { wait 1h }")
            runs.append(engine.start("a"))
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(flowlang.EngineClosedError):
            engine.start("a")


async def test_a_flow_that_starts_itself_again_and_again_is_bounded(
    autojump_clock: trio.testing.MockClock,
) -> None:
    watched: list[Observation] = []
    async with flowlang.open_engine(limits=flowlang.Limits(family=20)) as engine:
        engine.load_text("flow a { start a(); start a(); wait 1h }")
        engine.observe(watched.append)
        engine.start("a")
        await trio.testing.wait_all_tasks_blocked()
        assert len(engine.activeflows) == 20
    assert "20 activeflows that" in logged(watched)[0]


async def test_an_observer_may_end_itself_and_raise(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Observation) -> None:
        end()
        raise RuntimeError("mine")

    async with flowlang.open_engine() as engine:
        engine.load_text("flow a { }")
        end = engine.observe(broken)
        assert (await engine.start("a").ended()).how == "done"


@pytest.mark.parametrize("given", [object(), float("nan"), float("inf"), "\ud800", 2**64])
async def test_what_is_no_value_of_the_language_is_not_taken(given: Any) -> None:
    async with flowlang.open_engine() as engine:
        engine.load_text("flow a(x) { wait 1h }")
        with pytest.raises(flowlang.ArgumentsError, match="`x`: "):
            engine.start("a", given)
        run = engine.start("a", 1)
        with pytest.raises(flowlang.ArgumentsError):
            engine.signal(run.id, "paid", given)
