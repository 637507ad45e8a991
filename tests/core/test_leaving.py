"""How blocks are left, rule by rule: in called flows, loops, deadlines, handlers and streams."""

from __future__ import annotations

import pytest

from tests.core.machine import check, hold, key, ringing, seen, signal

# -- 1: a block ends by itself, or is left early


BUSY = """
    on hold { fetch; log "h" }
    stream { try { wait 99s } finally { log "s" } }
    speak
"""


@pytest.mark.parametrize(
    "block",
    [f"loop {{ {BUSY}; break }}", f"loop up to 1 {{ {BUSY}; continue }}", "f()", "g()"],
    ids=["break", "continue", "return", "end"],
)
def test_a_block_that_ends_by_itself_lets_its_handlers_finish_then_cancels_its_streams(block: str) -> None:
    text = f"""
        flow main {{ {block}; log "after" }}
        flow f {{ {BUSY}; return }}
        flow g {{ {BUSY} }}
    """
    check(text, "speak · fetch · h · s · after · end done", hold(1))


def test_a_block_left_early_cancels_its_handlers_and_streams_newest_first() -> None:
    text = """
        flow main {
            within 2s {
                stream { try { wait 99s } finally { log "a" } }
                on hold { try { fetch; log "no" } finally { log "h" } }
                stream { try { wait 99s } finally { log "b" } }
                wait 99s
            } else { log "else" }
        }
    """
    check(text, "fetch · cancel · h · b · a · else · end done", hold(1))


def test_a_block_that_ends_by_itself_takes_nothing_new() -> None:
    text = """
        flow main {
            on hold { log "outer" }
            match flow.id { _ => { on hold { log "inner"; fetch }; speak } }
            log "after"
        }
    """
    check(text, "speak · inner · fetch · outer · after · end done", hold(1), hold(3))


def test_the_handlers_of_a_block_that_ends_have_a_minute() -> None:
    text = """
        flow main { match flow.id { _ => { on hold { try { wait 99s } finally { log "f" } }; speak } }
            log "after" }
    """
    run = seen(text, hold(1), until=61)
    assert run == "speak"
    check(text, "speak · f · after · end done", hold(1))


def test_what_still_waits_after_that_minute_is_dropped() -> None:
    text = """
        flow main {
            let n = 0
            match flow.id { _ => { on hold { n = n + 1; log "${n}"; wait 40s }; speak } }
            log "after"
        }
    """
    check(text, "speak · 1 · 2 · after · end done", hold(1), hold(1), hold(1))


def test_a_return_lets_the_handlers_of_every_block_on_its_way_finish() -> None:
    text = """
        flow main { f(); log "after" }
        flow f {
            on hold { post "outer" }
            loop { on hold { fetch "inner" }; speak; return }
        }
    """
    check(text, "speak · fetch inner · post outer · after · end done", hold(1), hold(2.5))


def test_a_deadline_cuts_short_the_waiting_for_handlers() -> None:
    text = """
        flow main {
            within 4s { match flow.id { _ => { on hold { fetch; log "no" }; speak } }
                log "no" } else { log "else" }
        }
    """
    check(text, "speak · fetch · cancel · else · end done", hold(1.5))


def test_a_stream_ends_its_own_streams_first() -> None:
    text = """
        flow main {
            stream a {
                stream { try { wait 99s } finally { log "inner" } }
                try { wait 99s } finally { log "outer" }
            }
            speak
            cancel a
            log "after"
        }
    """
    check(text, "speak · outer · inner · after · end done")


def test_a_parallel_waits_for_all() -> None:
    text = 'flow main { parallel { stream { speak; log "1" }; stream { fetch; log "2" } }; log "after" }'
    check(text, "speak · fetch · 1 · 2 · after · end done")


def test_a_fault_in_one_stream_of_a_parallel_ends_the_others() -> None:
    text = """
        flow main {
            try {
                parallel { stream { post; raise "x" }; stream { try { fetch
                    log "no" } finally { log "f" } } }
            } catch e { log "caught ${e}" }
        }
    """
    check(text, "post · fetch · cancel · f · caught x · end done")


def test_a_race_that_is_left_early_ends_all_its_streams() -> None:
    text = """
        flow main {
            within 1s {
                race { stream { try { speak } finally { log "1" } }
                    stream { try { fetch } finally { log "2" } } }
            } else { log "else" }
        }
    """
    check(text, "speak · fetch · cancel · 2 · cancel · 1 · else · end done")


# -- 2: exits from handlers and streams


def test_a_break_in_a_handler_leaves_the_innermost_loop_around_the_on() -> None:
    text = 'flow main { loop { loop { on hold { break }; speak }; log "outer"; break }; log "after" }'
    check(text, "speak · cancel · outer · after · end done", hold(1))


def test_a_continue_in_a_handler_begins_the_next_round() -> None:
    text = 'flow main { for x in [1, 2] { on hold { continue }; speak x; log "end ${x}" }; log "after" }'
    check(text, "speak 1 · cancel · speak 2 · end 2 · after · end done", hold(1))


def test_a_label_names_a_loop_further_out() -> None:
    text = """
        flow main {
            o: for x in [1, 2] { loop { on hold { continue o }; speak x; log "n" } }
            log "after"
        }
    """
    check(text, "speak 1 · cancel · speak 2 · cancel · after · end done", hold(1), hold(2))


def test_a_return_in_a_handler_ends_its_flow_with_the_value() -> None:
    text = (
        'flow main { let r = f(); log "${r}" }\nflow f { loop { on dtmf as k { return k.digit }; wait 9s } }'
    )
    check(text, "7 · end done", key(1, "7"))


def test_an_exit_counts_when_the_handler_has_ended_its_finally_included() -> None:
    text = """
        flow main {
            loop { on hold { try { break } finally { log "f"; fetch; log "f2" } }; speak "a"
                speak "b"; speak "c" }
            log "after"
        }
    """
    check(text, "speak a · f · fetch · speak b · f2 · cancel · after · end done", hold(1))


def test_an_exit_of_a_handler_waits_for_the_handlers_and_streams_of_its_own_blocks() -> None:
    text = """
        flow main {
            loop {
                on hold { stream { try { wait 99s } finally { log "s" } }; on dtmf { fetch; log "d" }
                    wait 1s; break }
                wait 99s
            }
            log "after"
        }
    """
    check(text, "fetch · d · s · after · end done", hold(1), key(1.5, "1"))


def test_an_exit_from_a_stream_ends_the_main_line_at_its_action() -> None:
    text = """
        flow main { loop { stream { wait 1s; break }; f() }; log "after" }
        flow f { try { speak; log "no" } finally { log "fin" } }
    """
    check(text, "speak · cancel · fin · after · end done")


def test_a_return_from_a_stream_of_a_parallel_ends_the_flow() -> None:
    text = """
        flow main { let r = f(); log "${r}" }
        flow f { parallel { stream { wait 1s; return 5 }; stream { try { wait 99s } finally { log "f" } } } }
    """
    check(text, "f · 5 · end done")


def test_a_break_in_a_stream_of_a_race_leaves_the_loop_around() -> None:
    text = """
        flow main { loop { race { stream { wait 1s; break }; stream { wait 99s } }; log "no" }; log "after" }
    """
    check(text, "after · end done")


def test_an_exit_from_a_stream_in_a_stream_goes_all_the_way() -> None:
    text = """
        flow main {
            loop { stream { stream { wait 1s; break }; try { wait 99s } finally { log "mid" } }; wait 99s }
            log "after"
        }
    """
    check(text, "mid · after · end done")


def test_a_label_from_an_actions_own_block_cancels_the_action_and_goes_on_with_the_loop() -> None:
    text = """
        flow main { o: loop up to 2 { let r = ringup("n") { on ringing { continue o } }; log "${r}" }
            log "after" }
    """
    check(text, "ringup n · cancel · ringup n · cancel · after · end done", ringing(1), ringing(2))


def test_a_return_from_an_actions_own_block_ends_the_flow() -> None:
    text = 'flow main { let r = f(); log "${r}" }\nflow f { ringup "n" { on ringing { return 3 } } }'
    check(text, "ringup n · cancel · 3 · end done", ringing(1))


def test_a_returned_action_can_be_cancelled_by_its_handlers() -> None:
    text = 'flow main { let r = f(); log "${r}" }\nflow f { return ringup("n") { on ringing { break } } }'
    check(text, "ringup n · cancel · cancelled · end done", ringing(1))


def test_an_action_that_ends_by_itself_lets_its_handlers_finish() -> None:
    text = 'flow main { speak "a" { on hold { fetch; log "h" } }; log "after" }'
    check(text, "speak a · fetch · h · after · end done", hold(1))


def test_the_handlers_of_an_action_end_with_it() -> None:
    text = 'flow main { on hold { log "outer" }; speak "a" { on hold { log "inner" } }; speak "b" }'
    check(text, "speak a · inner · speak b · outer · end done", hold(1), hold(3))


def test_an_exit_leaves_a_block_only_once() -> None:
    text = 'flow main { loop up to 3 { on hold { continue }; speak; log "s" }; log "after" }'
    check(text, "speak · cancel · speak · cancel · speak · s · after · end done", hold(1), hold(1.5))


# -- 3: of two exits in a strand the one aimed further out wins


def test_at_equal_targets_the_first_exit_wins() -> None:
    text = """
        flow main {
            let r = f()
            log "${r}"
        }
        flow f {
            on dtmf "1" { return 1 }
            on dtmf "2" { return 2 }
            try { wait 99s } finally { fetch }
        }
    """
    check(text, "fetch · 1 · end done", key(1, "1"), key(2, "2"))


def test_an_exit_aimed_less_far_does_not_replace_one_under_way() -> None:
    text = """
        flow main {
            o: loop up to 2 {
                on dtmf "0" { break o }
                loop up to 3 { on dtmf "1" { continue }; try { wait 99s } finally { fetch } }
            }
            log "after"
        }
    """
    check(text, "fetch · after · end done", key(1, "0"), key(2, "1"))


def test_an_exit_aimed_at_a_block_already_left_does_nothing() -> None:
    text = """
        flow main {
            loop up to 2 { on hold { try { break } finally { fetch } }; speak; log "s" }
            log "after"
        }
    """
    # The first round's handler is still in its `finally` when the round ends, which then waits for it.
    check(text, "speak · fetch · s · after · end done", hold(1))


def test_a_handlers_exit_does_not_replace_a_fault_that_a_catch_further_out_is_to_have() -> None:
    text = """
        flow main {
            try { loop { on hold { break }; try { raise "x" } finally { fetch } }
                log "no" } catch e { log "caught ${e}" }
        }
    """
    check(text, "fetch · caught x · end done", hold(1))


def test_a_handlers_exit_replaces_a_fault_that_a_catch_further_in_would_have() -> None:
    text = """
        flow main {
            loop {
                on hold { break }
                try { try { raise "x" } finally { fetch } } catch e { log "no" }
            }
            log "after"
        }
    """
    check(text, "fetch · after · end done", hold(1))


def test_a_fault_of_a_handler_replaces_a_break_under_way() -> None:
    text = """
        flow main {
            try {
                on hold { raise "x" }
                loop { on dtmf { break }; try { wait 99s } finally { fetch } }
                log "no"
            } catch e { log "caught ${e}" }
        }
    """
    check(text, "fetch · caught x · end done", key(1, "1"), hold(2))


def test_a_deadline_further_out_takes_over_from_one_further_in() -> None:
    text = """
        flow main {
            within 3s {
                within 1s { try { wait 99s } finally { fetch } } else { log "no" }
            } else { log "outer" }
        }
    """
    check(text, "fetch · outer · end done")


def test_a_stop_in_the_finally_of_a_stream_that_is_cancelled_still_stops() -> None:
    text = 'flow main { stream s { try { wait 99s } finally { stop } }; speak; cancel s; log "no" }'
    check(text, "speak · end stop")


# -- 4: a finally


def test_no_handlers_exit_interrupts_a_finally() -> None:
    text = """
        flow main { loop { on hold { break }; try { speak } finally { tune; log "f" }; log "no" }
            log "after" }
    """
    check(text, "speak · tune · f · after · end done", hold(3))


def test_a_stop_in_a_finally_ends_it() -> None:
    check('flow main { try { speak } finally { stop; log "no" }; log "no" }', "speak · end stop")


def test_a_fault_in_a_finally_is_raised_if_nothing_is_under_way() -> None:
    check(
        'flow main { try { try { speak } finally { raise "x" } } catch e { log "${e}" } }',
        "speak · x · end done",
    )


def test_a_fault_in_a_finally_is_logged_if_something_is_under_way() -> None:
    text = 'flow main { try { try { raise "a" } finally { raise "b" } } catch e { log "${e}" } }'
    check(text, "a · end done")


def test_a_finally_is_cut_after_its_minute_and_what_was_under_way_goes_on() -> None:
    text = """
        flow main { loop { try { break } finally { try { wait 99s
            log "no" } finally { log "inner" } } }; log "after" }
    """
    check(text, "inner · after · end done")


def test_a_finally_in_a_finally_has_a_minute_of_its_own() -> None:
    text = """
        flow main {
            try {
                try { speak } finally { try { wait 30s } finally { wait 50s; log "inner" }; log "no" }
            } catch e { log "${e.code}" }
        }
    """
    check(text, "speak · inner · finally_limit · end done")


def test_a_catch_has_the_fault_of_a_finally_cut_short() -> None:
    text = 'flow main { try { try { speak } finally { wait 99s } } catch e { log "${e.code}" } }'
    check(text, "speak · finally_limit · end done")


def test_a_finally_of_a_catch_runs_after_it() -> None:
    text = 'flow main { try { raise "x" } catch e { log "c"; speak; log "c2" } finally { log "f" } }'
    check(text, "c · speak · c2 · f · end done")


def test_raise_alone_raises_the_caught_fault_again() -> None:
    text = """
        flow main {
            try { try { raise "x" } catch e { raise } finally { log "f" } } catch e { log "${e} ${e.line}" }
        }
    """
    check(text, "f · x 3 · end done")


def test_a_deadline_inside_a_finally_works_there() -> None:
    text = 'flow main { try { speak } finally { within 1s { wait 9s } else { log "else" }; log "f" } }'
    check(text, "speak · else · f · end done")


def test_an_exit_inside_a_finally_works_there() -> None:
    text = """
        flow main {
            try { speak } finally { loop { on hold { break }; wait 9s }; log "f"
                for x in [1, 2] { break }; log "g" }
        }
    """
    check(text, "speak · f · g · end done", hold(3))


# -- 5: a deadline


def test_a_deadline_cancels_the_action_and_drops_its_late_result() -> None:
    check('flow main { within 1s { fetch; log "no" } else { log "else" }; wait 5s; log "after" }',
          "fetch · cancel · else · after · end done")  # fmt: skip


def test_a_deadline_without_else_goes_on_behind() -> None:
    check('flow main { within 1s { fetch; log "no" }; log "after" }', "fetch · cancel · after · end done")


def test_a_block_that_ends_in_time_has_no_deadline_any_more() -> None:
    check(
        'flow main { within 3s { speak } else { log "no" }; wait 9s; log "after" }',
        "speak · after · end done",
    )


def test_a_deadline_goes_through_called_flows() -> None:
    text = """
        flow main { within 1s { f() } else { log "else" } }
        flow f { on hold { log "no" }; try { fetch } finally { log "fin" } }
    """
    check(text, "fetch · cancel · fin · else · end done", hold(2))


def test_a_deadline_in_a_handler_ends_the_handlers_block_alone() -> None:
    text = 'flow main { on hold { within 1s { fetch } else { log "else" } }; speak; speak }'
    check(text, "speak · fetch · cancel · speak · else · end done", hold(1))


# -- 6: the order within an input


def test_of_equal_deadlines_in_a_stream_and_around_it_the_outer_fires_first() -> None:
    text = """
        flow main {
            within 5s { stream { within 5s { wait 99s } else { log "inner" } }
                wait 99s } else { log "outer" }
        }
    """
    check(text, "outer · end done")


def test_a_timer_set_in_an_input_is_due_in_a_later_one() -> None:
    check('flow main { stream { log "s" }; wait 0s; log "m" }', "s · m · end done")


def test_wait_until_a_condition_is_looked_at_when_all_strands_wait() -> None:
    text = """
        flow main {
            let n = 0
            stream { wait until n == 2; log "two" }
            n = 1
            speak
            n = 2
            log "set"
            speak
        }
    """
    check(text, "speak · set · speak · two · end done")


def test_wait_until_a_time_waits_to_it() -> None:
    check('flow main { wait until now() + 2s; log "${elapsed()}" }', "2s · end done")


def test_the_oldest_ready_strand_runs_first() -> None:
    text = """
        flow main { stream { wait 1s; log "a" }; stream { wait 1s; log "b" }; wait 1s; log "m"; speak }
    """
    check(text, "m · speak · a · b · end done")


def test_every_makes_missed_ticks_one() -> None:
    text = (
        'flow main { let n = 0; within 10s { every 1s { n = n + 1; log "${n} ${elapsed()}"; wait 2500ms } } }'
    )
    check(text, "1 1s · 2 3.5s · 3 6s · 4 8.5s · end done")


# -- faults of strands


def test_a_streams_fault_is_raised_at_the_block_it_belongs_to() -> None:
    text = """
        flow main {
            try { stream { wait 1s; raise "x" }; f() } catch e { log "caught ${e}" }
            log "after"
        }
        flow f { try { wait 99s } catch e { log "no" } finally { log "fin" } }
    """
    check(text, "fin · caught x · after · end done")


def test_a_fault_of_a_stream_at_the_top_ends_the_activeflow() -> None:
    check('flow main { stream { wait 1s; raise "x" }; wait 99s }', "end raised")


def test_a_fault_in_the_condition_of_an_on_is_raised_at_the_block_that_owns_it() -> None:
    text = """
        flow main {
            on hold { log "outer" }
            try { on hold as e when e.agent.name == "x" { log "no" }
                wait 9s } catch e { log "caught ${e.code}" }
        }
    """
    check(text, "caught type · outer · end done", hold(1))


# -- signals and events


def test_a_signal_that_nobody_takes_is_kept_for_the_next_that_wants_it() -> None:
    text = 'flow main { wait 5s; on signal "paid" as s { log "paid ${s.data}" }; wait 1s; log "end" }'
    check(text, "paid 2 · end · end done", signal(1, "late", 1), signal(2, "paid", 2))


def test_a_kept_signal_is_taken_by_a_wait_for() -> None:
    text = 'flow main { wait 5s; let s = wait for signal "paid" within 1s; log "${s.name} ${elapsed()}" }'
    check(text, "paid 5s · end done", signal(1, "other"), signal(2, "paid"))


def test_a_wait_for_has_the_outcome_timeout() -> None:
    check('flow main { match wait for dtmf within 2s { timeout => log "t"; _ => log "no" } }', "t · end done")


def test_the_newest_that_matches_takes_an_event() -> None:
    text = """
        flow main {
            on dtmf { log "any" }
            match flow.id { _ => { on dtmf "1" { log "one" }; wait 3s } }
            let e = wait for dtmf "2"
            log "two"
            wait 3s
        }
    """
    check(
        text,
        "one · any · any · two · any · end done",
        key(1, "1"), key(2, "2"), key(3.5, "1"), key(4, "2"), key(5, "2"),
    )  # fmt: skip


def test_an_on_does_not_take_what_its_own_handler_emits() -> None:
    text = """
        flow main {
            on ping { log "outer" }
            match flow.id { _ => { on ping { log "inner"; emit ping; log "inner2" }; emit ping; wait 1s } }
        }
    """
    check(text, "inner · inner2 · outer · end done")
