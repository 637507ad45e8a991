"""What each statement of a test does and when it is met."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flowlang.core import Limits
from flowlang.diagnostics import Source
from flowlang.model.test_calls import TEST_CALLS
from flowlang.script_files import MAX_BYTES
from flowlang.testing import NotCompiledError, run_tests
from flowlang.testing.coming_in import COMING_IN
from flowlang.testing.run import Surroundings, run_source
from tests.flow_test.testing import failure, passes, run

MENU = """
route call to "100" => main
flow main {
    let choice = ask("Press 1 or 2, then pound.", timeout: 5s)
    say "You pressed ${choice}."
    wait 4h
    say "Goodbye."
}
"""
CALL = 'let alice = call(to: "100")'


def main(*lines: str) -> str:
    return 'route call to "100" => main\nflow main {\n' + "\n".join(lines) + "\n}\n"


def test_a_call_of_four_hours_is_over_at_once() -> None:
    lasted = passes(MENU, CALL, 'expect alice hears "Goodbye"', "expect stopped")
    assert lasted > 4 * 3600_000


def test_what_is_heard_counts_from_its_beginning() -> None:
    assert passes(MENU, CALL, 'expect alice hears "Press 1"') == 0


def test_a_key_stops_the_prompt_and_the_prompt_was_heard() -> None:
    assert passes(MENU, CALL, 'alice presses "12#"', 'expect alice hears "Press"') == 400


def test_keys_are_pressed_one_after_the_other() -> None:
    assert passes(MENU, CALL, 'alice presses "1234#"', 'expect alice hears "pressed 1234"') == 800


def test_an_expectation_looks_behind_the_end_of_the_last() -> None:
    script = main('say "one two"', 'say "two one"')
    one, two = 'expect alice hears "one"', 'expect alice hears "two"'
    passes(script, CALL, one, two, 'expect alice hears "two one"')
    failed = failure(script, CALL, 'expect alice hears "two"', 'expect alice hears "one two"')
    assert failed.message == 'alice did not hear "one two": the call is over: hung up'


def test_a_regex_is_searched() -> None:
    passes(MENU, CALL, 'alice presses "42#"', r"expect alice hears /PRESSED \d+/i")


def test_the_beginning_of_a_regex_is_the_beginning_of_the_text() -> None:
    script = main('say "one two"')
    failure(script, CALL, 'expect alice hears "one "', "expect alice hears /^two/")


def test_waiting_and_after_let_time_pass() -> None:
    assert passes(MENU, CALL, "alice waits 2s", "after 1m", 'expect alice hears "no_input"') == 62_000


def test_the_clock_is_set_before_anything_comes_in() -> None:
    script = main('say "${now()}"')
    at = 'at "2026-07-01 10:00 Europe/London"'
    passes(script, at, CALL, 'expect alice hears "2026-07-01 09:00:00 UTC"')


def test_without_a_word_it_is_monday_morning() -> None:
    passes(main('say "${now()}"'), CALL, 'expect alice hears "2026-01-05 10:00:00 UTC"')


def test_the_clock_goes_on_to_a_later_time_and_never_back() -> None:
    passes(MENU, CALL, 'at "2026-01-05 15:00"', 'expect alice hears "Goodbye"')
    assert "go back" in failure(MENU, CALL, 'at "2026-01-05 09:00"', "expect stopped").message


@pytest.mark.parametrize(
    ("time", "why"),
    [
        ("tomorrow", "is no time; write it as"),
        ("2026-02-30 10:00", "is no time: day is out of range"),
        ("2026-01-01 10:00 Mars/Base", "there is no time zone Mars/Base"),
        ("2026-01-01 10:00 ../../etc/passwd", "is no time; write it as"),
        ("2026-03-29 01:30 Europe/London", "clocks go forward past it"),
    ],
)
def test_a_time_that_is_none_fails_the_test(time: str, why: str) -> None:
    assert why in failure(MENU, f'at "{time}"', CALL, "expect stopped").message


def test_of_an_hour_that_clocks_pass_twice_it_is_the_first() -> None:
    script = main('say "${now()}"')
    passes(script, 'at "2026-10-25 01:30 Europe/London"', CALL, 'expect alice hears "00:30:00 UTC"')


def test_a_caller_holds_and_hangs_up() -> None:
    script = main(
        "answer",
        'on hold { log "held" }',
        'on unhold { log "back" }',
        'on hangup { log "left" }',
        "wait 1h",
    )
    acts = ("alice holds", "alice unholds", "alice hangs up", "expect stopped")
    told = failure(script, CALL, *acts, 'expect alice hears "x"')
    assert [each.what for each in told.seen if each.who == "main"] == [
        'logs "held"',
        'logs "back"',
        'logs "left"',
        "ends with its caller",
    ]


def test_what_a_caller_cannot_do_fails_the_test() -> None:
    silent = main("wait 1h")
    assert failure(silent, CALL, 'alice presses "1"').message == "alice: the call is not answered yet"
    assert "there is no key 'x'" in failure(MENU, CALL, 'alice presses "x"').message
    gone = failure(MENU, CALL, "alice hangs up", 'alice presses "1"', "expect stopped")
    assert gone.message == "alice: the call is over"


def test_a_call_that_no_route_takes_fails_the_test() -> None:
    why = failure(MENU, 'let alice = call(to: "101")', "expect stopped").message
    assert why == "no route takes this: line 2: `to` is sip:101@localhost, not 100"


def test_a_name_is_shown_to_the_script() -> None:
    script = main('say "Hello ${caller.name} of ${caller.number}."')
    named = 'let alice = call(to: "100", from: +14155550111, name: "Alice")'
    passes(script, named, 'expect alice hears "Hello Alice of +14155550111."')


def test_several_parties_live_beside_each_other() -> None:
    passes(
        MENU,
        CALL,
        'let bob = call(to: "100")',
        'bob presses "2#"',
        'alice presses "1#"',
        'expect bob hears "pressed 2"',
        'expect alice hears "pressed 1"',
        "expect stopped",
    )


def test_functions_and_texts_are_worked_out() -> None:
    script = MENU + 'const ONE = "1"\nfunc with_pound(keys) = "${keys}#"\n'
    passes(
        script,
        CALL,
        "let keys = with_pound(ONE)",
        "alice presses keys",
        'expect alice hears "pressed ${upper(ONE)}"',
    )


def test_a_fault_in_a_tests_own_value_fails_it() -> None:
    script = MENU + "func first(xs) = xs[0]\n"
    assert failure(script, CALL, "expect alice hears first([])").message.startswith("fault `")


def test_flows_without_a_caller_are_started_and_signalled() -> None:
    script = """
flow job(n) {
    on signal "paid" as e { raise "paid ${e.data} ${n}" }
    wait 1d
}
"""
    job = "let _job = start job(3)"
    passes(script, job, 'signal("paid", 5)', "expect fault raised", "expect stopped")
    assert passes(script, job, "expect stopped") == 86_400_000


def test_flows_that_a_flow_starts_run_too() -> None:
    later = 'flow later(d) { wait d; raise "late" }\n'
    script = main("start later(1h)", 'say "ok"') + later
    passes(script, CALL, "expect stopped", "expect fault raised")


def test_stopped_waits_for_all_that_the_test_began() -> None:
    failed = failure(main("answer", "wait for signal"), CALL, "expect stopped")
    assert failed.message == "the flow `main` still runs, and nothing more happens"
    assert "nothing has come in" in failure(MENU, "expect stopped").message


def test_a_fault_that_nobody_expects_fails_the_test() -> None:
    script = main('say "Hello."', 'raise "broken"')
    failed = failure(script, CALL, 'expect alice hears "Hello"', "expect stopped")
    assert failed.message == "`main` ended with the fault `raised` at x.flow:4: broken"
    passes(script, CALL, "expect fault raised", "expect stopped")


def test_a_fault_that_an_else_takes_over_from_may_be_expected() -> None:
    flows = 'flow main { raise "broken" }\nflow sorry { say "Sorry." }\n'
    script = 'route call to "100" => main else sorry\n' + flows
    passes(script, CALL, 'expect alice hears "Sorry"')
    passes(script, CALL, "expect fault raised", 'expect alice hears "Sorry"')


def test_a_fault_is_expected_once() -> None:
    failed = failure(main('raise "broken"'), CALL, "expect fault raised", "expect fault raised")
    assert failed.message == "the fault `raised` did not come: there was none"
    other = failure(main('raise "broken"'), CALL, "expect fault budget")
    assert other.message == "the fault `budget` did not come: there was `raised`"


def test_a_fault_can_be_injected() -> None:
    script = main('try { say "Hello." } catch e { say "Once more: ${e.code}." }')
    passes(script, 'fail("say", code: "tts_down")', CALL, 'expect alice hears "Once more: tts_down"')


def test_a_script_that_spins_ends_by_its_budget() -> None:
    passes(main("answer", "loop { }"), CALL, "expect fault budget", "expect stopped")


@pytest.mark.parametrize("body", ["start main()", "wait 1s; start main(); start main()"])
def test_flows_that_start_flows_without_end_fail_the_test(body: str) -> None:
    failed = failure(f"flow main {{ {body} }}\n", "let _id = start main()", "after 1d", "expect stopped")
    assert failed.message == "more than 1000 activeflows were started in one test"


def test_a_script_that_logs_without_end_fills_no_memory() -> None:
    script = main("answer", 'loop { log "x" }') + f'test "it" {{ {CALL}; expect alice hears "x" }}'
    few = Surroundings(limits=Limits(steps_per_input=4_000_000))
    (result,) = run_source(Source("x.flow", script), few).results
    assert result.failure is not None
    assert 10_000 <= len(result.failure.seen) < 10_100


def test_an_expectation_gives_up_after_thirty_days() -> None:
    script = main("answer", "loop { wait 1d }")
    failed = failure(script, CALL, 'expect alice hears "never"')
    assert failed.message == 'alice did not hear "never": nothing more happens within 30 days'
    assert failed.at - failed.began <= 30 * 86_400_000_000


def test_equal_tests_run_equally() -> None:
    script = main('say "${random(1, 1000000)}"', "wait 1s", 'say "${random()}"')
    one, other = (failure(script, CALL, 'expect alice hears "never"') for _ in range(2))
    assert one.seen == other.seen
    assert one.at == other.at


def test_each_test_has_a_world_of_its_own() -> None:
    report = run_source(
        Source(
            "x.flow",
            MENU + 'test "a" { let a = call(to: "100")\n expect stopped }\n'
            'test "b" { let a = call(to: "100")\n expect a hears "Press" }\n',
        )
    )
    assert [each.passed for each in report.results] == [True, True]
    assert report.results[1].lasted == 0


def test_a_script_with_mistakes_is_not_run() -> None:
    with pytest.raises(NotCompiledError, match="E201: nobody is called `bob`"):
        run(MENU, "bob hangs up", "expect stopped")
    with pytest.raises(NotCompiledError, match="E606"):
        run("const X = 1 / 0\n" + MENU, CALL, "expect stopped")


def test_what_modules_have_is_at_hand(tmp_path: Path) -> None:
    (tmp_path / "greet.flow").write_text(
        'func hello(name) = "Hello ${name}"\n'
        'flow welcome(name) {\n let c = ask("Hi ${name}", timeout: 1s)\n raise "no ${c}"\n}\n'
    )
    main = tmp_path / "main.flow"
    main.write_text(
        'use "./greet"\nroute call to "100" => main\nflow main {\n say greet.hello("Al")\n}\n'
        'test "a" { let a = call(to: "100")\n expect a hears greet.hello("Al")\n'
        ' let _id = start greet.welcome("Al")\n expect fault no_caller }\n'
        'test "b" { let _id = start greet.welcome("Al")\n expect stopped }\n'
    )
    good, bad = run_tests(main, coverage=True).results
    assert good.passed
    assert bad.failure is not None
    assert "at greet.flow:3: `ask` needs a caller" in bad.failure.message.replace(f"{tmp_path}/", "")


def test_hosts_run_tests_in_one_call() -> None:
    report = run_tests(text=MENU + 'test "a" { let a = call(to: "100")\n expect stopped }\n')
    assert report.passed
    assert [each.title for each in report.results] == ["a"]


def test_those_beside_a_script_are_run_with_it(tmp_path: Path) -> None:
    (tmp_path / "desk.flow").write_text(MENU, encoding="utf-8")
    beside = 'test "beside" { let a = call(to: "100")\n expect stopped }\n'
    (tmp_path / "desk_test.flow").write_text(beside, encoding="utf-8")
    assert [each.title for each in run_tests(tmp_path / "desk.flow").results] == ["beside"]


def test_what_tests_can_call_is_declared_and_done() -> None:
    assert TEST_CALLS.keys() == COMING_IN.keys()


def test_nothing_of_it_needs_trio() -> None:
    code = "import sys, flowlang.testing.run; sys.exit('trio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_route_by_trunk_takes_what_comes_by_it() -> None:
    routes = 'route call via ["carrier", "branch"] => known\nroute call => unknown\n'
    script = f'{routes}flow known {{ say "Known." }}\nflow unknown {{ say "Unknown." }}'
    heard_by = {'"branch"': "Known", '"carrier"': "Known", '"x"': "Unknown", "none": "Unknown"}
    for via, heard in heard_by.items():
        passes(script, f'let ann = call(to: "100", via: {via})', f'expect ann hears "{heard}"')


def test_a_file_that_is_no_text_or_too_large_is_an_error_with_its_place(tmp_path: Path) -> None:
    script = tmp_path / "x.flow"
    script.write_bytes(b'flow main { say "gr\xfc\xdf" }\n')
    with pytest.raises(NotCompiledError, match=r"x\.flow:1:20: error E101: this is not UTF-8 text") as raised:
        run_tests(script)
    assert [each.code for each in raised.value.diagnostics] == ["E101"]
    script.write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(NotCompiledError, match="E107: this is larger than 4 MiB"):
        run_tests(script)


def test_either_a_file_or_a_text_is_tested() -> None:
    with pytest.raises(TypeError, match="either the path of a script or its text"):
        run_tests()
