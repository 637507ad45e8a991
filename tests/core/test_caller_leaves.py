"""What the caller's leaving ends, what it lets go on, and what runs because of it."""

from __future__ import annotations

import pytest

from tests.core.machine import Run, check, compiled, hangup, hold, key, opening, signal

# -- every strand outside a `finally` ends at its current or next call action, `wait` or `wait for`


@pytest.mark.parametrize(
    ("waiting", "shown"),
    [
        ("speak", "speak · cancel · "),
        ("wait 9s", ""),
        ("wait until now() + 9s", ""),
        ("wait until flow.id == 'x'", ""),
        ("let e = wait for dtmf; log '${e}'", ""),
        ("let e = wait for dtmf within 9s; log '${e}'", ""),
        ("every 9s { log 'no' }", ""),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "{}; log 'no'",
        "f(); log 'no'",
        "loop {{ {}; log 'no' }}",
        "within 1h {{ {}; log 'no' }} else {{ log 'no' }}",
        "parallel {{ stream {{ {}; log 'no' }} }}; speak; log 'no'",
        "race {{ stream {{ {}; log 'no' }} }}; speak; log 'no'",
        "stream s {{ {}; log 'no' }}; join s; speak; log 'no'",
        "try {{ {}; log 'no' }} catch e {{ log 'no' }}; log 'no'",
    ],
)
def test_a_strand_ends_at_its_current_wait(place: str, waiting: str, shown: str) -> None:
    text = f"""
        flow main {{ {place.format(waiting)} }}
        flow f {{ {waiting}; log 'no' }}
    """
    check(text, f"{shown}end gone", hangup(1))


@pytest.mark.parametrize("next_call", ["speak", "wait 1s", "let e = wait for dtmf; log '${e}'", "ringup 'n'"])
def test_a_strand_that_fetches_goes_on_to_its_next_wait(next_call: str) -> None:
    check(
        f"flow main {{ fetch; log 'a'; post; {next_call}; log 'no' }}",
        "fetch · a · post · end gone",
        hangup(1),
    )


def test_wait_for_hangup_is_satisfied() -> None:
    text = 'flow main { let e = wait for hangup; log "${e.cause}"; post; speak; log "no" }'
    check(text, "normal · post · end gone", hangup(1))


def test_wait_for_hangup_is_satisfied_when_the_caller_has_left_before() -> None:
    check(
        'flow main { fetch; let e = wait for hangup; log "${e.cause}" }',
        "fetch · normal · end done",
        hangup(1),
    )


def test_a_join_is_not_a_wait_and_a_parallel_neither() -> None:
    text = 'flow main { parallel { stream { fetch; log "1" }; stream { post; log "2" } }; log "after" }'
    check(text, "fetch · post · 2 · 1 · after · end done", hangup(0.5))


def test_the_handlers_of_a_line_that_goes_on_take_events() -> None:
    text = 'flow main { on signal { log "s" }; fetch; log "a" }'
    check(text, "fetch · s · a · end done", hangup(1), signal(2, "x"))


def test_a_running_handler_may_finish_its_messages_and_data() -> None:
    text = 'flow main { on hold { fetch; post; log "h" }; speak }'
    check(text, "speak · fetch · cancel · post · h · end gone", hold(1), hangup(1.5))


def test_a_running_handler_ends_at_its_next_call_action() -> None:
    text = 'flow main { on hold { fetch; log "h"; speak; log "no" }; speak }'
    check(text, "speak · fetch · cancel · h · end gone", hold(1), hangup(1.5))


def test_a_running_handler_has_a_minute() -> None:
    text = 'flow main { on hold { loop { fetch } }; on hangup { log "oh ${elapsed()}" }; speak }'
    run = Run(compiled(text))
    run.through([hold(1), hangup(1.5)])
    assert run.seen[-3:] == ["cancel", "oh 61.5s", "end gone"]


def test_a_handler_that_runs_does_not_begin_its_next_event() -> None:
    text = 'flow main { on hold { fetch; log "h" }; speak }'
    check(text, "speak · fetch · cancel · h · end gone", hold(1), hold(1.2), hangup(1.5))


def test_the_exit_of_a_handler_that_finishes_leads_nowhere() -> None:
    text = 'flow main { loop { on hold { fetch; break }; speak }; log "no" }'
    check(text, "speak · fetch · cancel · end gone", hold(1), hangup(1.5))


def test_the_fault_of_a_handler_that_finishes_is_logged() -> None:
    text = 'flow main { try { on hold { fetch; raise "x" }; speak } catch e { log "no" } }'
    check(text, "speak · fetch · cancel · end gone", hold(1), hangup(1.5))


def test_a_stream_that_fetches_goes_on_as_long_as_its_block() -> None:
    text = 'flow main { stream { fetch; log "s" }; post; post; post; log "m" }'
    check(text, "post · fetch · post · post · s · m · end done", hangup(0.5))


def test_a_stream_is_cancelled_when_its_block_is_left() -> None:
    text = 'flow main { stream { try { fetch; log "no" } finally { post "s" } }; speak }'
    check(text, "speak · fetch · cancel · cancel · post s · end gone", hangup(1))


# -- `on hangup`


def test_on_hangup_runs_when_a_block_is_left_by_itself() -> None:
    text = """
        flow main { f(); log "m" }
        flow f { on hangup as e { log "oh ${e.cause}" }; fetch }
    """
    check(text, "fetch · oh normal · m · end done", hangup(1))


def test_on_hangup_does_not_run_while_the_caller_is_there() -> None:
    check(
        'flow main { f(); log "m" }\nflow f { on hangup { log "no" }; fetch }',
        "fetch · m · end done",
        hangup(9),
    )


def test_on_hangup_runs_when_a_block_is_left_by_a_deadline_or_an_exit() -> None:
    text = """
        flow main {
            within 2s { on hangup { log "1" }; fetch } else { log "else" }
            loop { on hangup { log "2" }; fetch; break }
        }
    """
    check(text, "fetch · cancel · 1 · else · fetch · end done", hangup(1))


def test_on_hangup_begun_after_the_leaving_does_not_run() -> None:
    check('flow main { fetch; on hangup { log "no" }; post }', "fetch · post · end done", hangup(1))


def test_on_hangup_comes_after_handlers_and_streams_and_before_the_enclosing_finally() -> None:
    text = """
        flow main {
            try {
                match flow.id {
                    _ => {
                        on hangup { log "oh" }
                        on hold { fetch; log "h" }
                        stream { try { wait 99s } finally { log "s" } }
                        speak
                    }
                }
            } finally { log "f" }
        }
    """
    check(text, "speak · fetch · cancel · s · h · oh · f · end gone", hold(0.5), hangup(1))


def test_an_on_hangup_has_a_minute() -> None:
    text = """
        flow main { on hangup { log "1" }
            on hangup { try { wait 99s } finally { log "2 ${elapsed()}" } }; speak }
    """
    check(text, "speak · cancel · 2 61s · 1 · end gone", hangup(1))


def test_a_fault_in_an_on_hangup_is_logged_and_the_next_runs() -> None:
    text = 'flow main { try { on hangup { log "1" }; on hangup { raise "x" }; speak } catch e { log "no" } }'
    check(text, "speak · cancel · 1 · end gone", hangup(1))


@pytest.mark.parametrize(
    "way_out",
    ["break", "return", "stop", "stream { break }; post", "stream { stop }; post", "stream { return }; post"],
)
def test_no_exit_leads_out_of_an_on_hangup(way_out: str) -> None:
    text = f"""
        flow main {{ loop {{ on hangup {{ log "oh"; {way_out} }}; fetch; log "a"; break }}; log "b"
            post; log "c" }}
    """
    posts = "post · " if "post" in way_out else ""
    check(text, f"fetch · a · oh · {posts}b · post · c · end done", hangup(1))


def test_waits_messages_and_data_work_in_an_on_hangup_and_a_call_action_is_gone() -> None:
    text = """
        flow main {
            on hangup {
                wait 1s
                fetch
                calls("x")
                log "${elapsed()}"
                parallel { stream { wait 1s; post }; stream { calls("y") } }
            }
            speak
        }
        flow calls(word) { let r = speak(word); log "${r}" }
    """
    check(text, "speak · cancel · fetch · gone · 5s · gone · post · end gone", hangup(1))


def test_an_on_hangup_with_a_condition_that_fails_is_passed_over() -> None:
    text = """
        flow main {
            on hangup { log "1" }
            on hangup as e when e.cause == "lost" { log "no" }
            on hangup as e when e.cause.x == 1 { log "no" }
            speak
        }
    """
    check(text, "speak · cancel · 1 · end gone", hangup(1))


# -- `finally`


def test_in_a_finally_waits_messages_data_and_streams_work() -> None:
    text = """
        flow main {
            try { speak } finally {
                wait 1s
                stream s { wait 1s; post "s"; let r = speak("x"); log "${r}" }
                fetch
                join s
                log "f"
            }
        }
    """
    check(text, "speak · cancel · fetch · post s · gone · f · end gone", hangup(1))


def test_a_call_action_in_a_finally_that_runs_when_the_caller_leaves_has_the_outcome_gone() -> None:
    text = 'flow main { try { fetch } finally { let r = tune("x"); log "${r}" }; log "m"; speak }'
    check(text, "fetch · tune x · cancel · gone · m · end gone", hangup(4))


def test_a_wait_in_a_finally_that_runs_when_the_caller_leaves_goes_on() -> None:
    check(
        'flow main { try { fetch } finally { wait 3s; log "f" }; wait 1s }', "fetch · f · end gone", hangup(4)
    )


def test_a_catch_does_not_have_the_callers_leaving() -> None:
    check(
        'flow main { try { speak } catch e { log "no" } finally { log "f" } }',
        "speak · cancel · f · end gone",
        hangup(1),
    )


# -- exits against the leaving


def test_the_leaving_wins_over_a_break_that_unwinds() -> None:
    text = (
        'flow main { loop { on hold { break }; try { wait 99s } finally { fetch } }; post; speak; log "no" }'
    )
    check(text, "fetch · post · end gone", hold(1), hangup(2))


def test_a_break_of_a_handler_does_not_undo_the_leaving() -> None:
    text = """
        flow main { loop { on dtmf { break }; try { speak } finally { fetch } }; log "no" }
    """
    check(text, "speak · cancel · fetch · end gone", hangup(1), key(2, "1"))


def test_a_deadline_still_ends_what_goes_on() -> None:
    check(
        'flow main { within 2s { fetch } else { log "else" }; post }',
        "fetch · cancel · else · post · end done",
        hangup(1),
    )


def test_a_dial_in_progress_ends_with_its_outcome_in_a_called_flow_in_a_stream_and_in_a_handler() -> None:
    text = """
        flow main { stream { f("s") }; on hold { f("h") }; f("m") }
        flow f(who) { let r = ringup(who); log "${who} ${r}"; post who; speak; log "no" }
    """
    check(
        text,
        "ringup m · ringup s · ringup h · cancel · cancel · cancel · "
        "m cancelled · post m · s cancelled · post s · h cancelled · post h · end gone",
        hold(1), hangup(2),
    )  # fmt: skip


def test_a_dial_whose_own_handler_runs_ends_with_its_outcome() -> None:
    text = 'flow main { let r = ringup("n") { on hold { fetch; log "h" } }; log "${r}" }'
    check(text, "ringup n · fetch · cancel · h · cancelled · end done", hold(1), hangup(2))


# -- without a caller


def test_a_flow_without_a_caller_has_no_leg_to_speak_to() -> None:
    run = Run(
        compiled('flow main { try { speak } catch e { log "${e.code}" } }'), begin=opening(channel=None)
    )
    assert run.through() == "no_caller · end done"


def test_hangup_from_the_script_is_as_if_the_caller_left() -> None:
    text = """
        flow main { on hangup as e { log "oh ${e.cause}" }; answer; hangup; post; f() }
        flow f { speak; log "no" }
    """
    check(text, "answer · hangup 603 · post · oh normal · end gone")


def test_a_second_hangup_does_nothing() -> None:
    text = 'flow main { on hangup { log "oh" }; try { speak } finally { fetch } }'
    check(text, "speak · cancel · fetch · oh · end gone", hangup(1), hangup(2))
