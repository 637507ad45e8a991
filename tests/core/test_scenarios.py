"""How blocks are left: the scenarios of the language's design, with the order of what is seen.

`speak` 2 s, `tune` 4 s, `question` 5 s and `ringup` 20 s need the caller; `fetch` 3 s and `post` 1 s do not.
Inputs come at given seconds. A row shows an action when it starts, `cancel` when one is cancelled, what is
logged, and the end.
"""

from __future__ import annotations

from tests.core.machine import check, hangup, hold, key, ringing


def test_a_handler_runs_beside_the_main_line() -> None:
    check(
        'flow main { on hold { log "h"; post; log "h2" }; speak "a"; speak "b" }',
        "speak a · h · post · speak b · h2 · end done",
        hold(1),
    )


def test_a_block_that_ends_by_itself_lets_its_handlers_finish_what_waits() -> None:
    text = """
        flow main {
            let n = 0
            match flow.id { _ => { on hold as e { n = n + 1; log "${n}"; fetch }; speak } }
            log "after"
        }
    """
    check(text, "speak · 1 · fetch · 2 · fetch · after · end done", hold(1), hold(2))


def test_a_handler_sends_the_main_line_back_to_the_start_of_its_loop() -> None:
    text = """
        flow main {
            menu: loop up to 3 { on dtmf "*" { continue menu }; speak "m"; sub(); log "never" }
            log "out"
        }
        flow sub { try { tune "deep" } finally { log "fin"; fetch; log "fin2" } }
    """
    rounds = "speak m · tune deep · cancel · fin · fetch · fin2 · " * 2
    check(
        text,
        rounds + "speak m · tune deep · fin · fetch · fin2 · never · out · end done",
        key(3, "*"),
        key(11, "*"),
    )


def test_an_exit_goes_through_called_flows_their_finally_then_their_streams_newest_first() -> None:
    text = """
        flow main { let r = f(); log "${r}" }
        flow f { on dtmf { return 7 }; g(); log "no" }
        flow g {
            on hold { fetch }
            stream { try { wait 99s } finally { log "sfin"; fetch "s" } }
            try { speak } finally { log "gfin" }
        }
    """
    check(text, "speak · cancel · gfin · sfin · fetch s · 7 · end done", key(1, "1"))


def test_a_break_in_an_actions_own_block_cancels_the_action() -> None:
    text = 'flow main { let r = ringup("n") { on ringing { log "ring"; break } }; log "${r}" }'
    check(text, "ringup n · ring · cancel · cancelled · end done", ringing(2))


def test_of_equal_deadlines_the_outermost_counts_and_a_deadline_before_a_wait() -> None:
    text = """
        flow main { within 5s { within 5s { wait 5s; log "no" } else { log "inner" } } else { log "outer" } }
    """
    check(text, "outer · end done")


def test_a_deadline_waits_behind_a_finally() -> None:
    text = """
        flow main {
            within 5s { try { speak } finally { ringup; log "fin" }; log "no" } else { log "else" }
        }
    """
    check(text, "speak · ringup · fin · else · end done")


def test_a_finally_that_takes_longer_than_a_minute_is_a_fault() -> None:
    text = 'flow main { try { speak } catch e { log "no" } finally { wait 100s }; log "no" }'
    check(text, "speak · end finally_limit")


def test_a_fault_in_a_finally_does_not_undo_a_stop() -> None:
    check('flow main { try { try { stop } finally { raise "ff" } } catch e { log "no" } }', "end stop")


def test_a_handlers_fault_is_raised_at_the_block_that_owns_the_on() -> None:
    text = """
        flow main { try { on hold { raise "boom" }; f() } catch e { log "caught ${e}" }; log "on" }
        flow f { try { speak } catch e { log "no" } finally { log "ffin" } }
    """
    check(text, "speak · cancel · ffin · caught boom · on · end done", hold(1))


def test_the_first_stream_of_a_race_ends_the_rest() -> None:
    text = """
        flow main {
            race { stream { speak; log "1" }; stream { try { fetch; log "2" } finally { log "f2" } } }
            log "p"
        }
    """
    check(text, "speak · fetch · 1 · cancel · f2 · p · end done")


def test_while_an_inner_exit_unwinds_one_aimed_further_out_takes_over() -> None:
    text = """
        flow main {
            o: loop up to 2 {
                on dtmf "0" { break o }
                i: loop up to 3 {
                    on dtmf "1" { continue i }
                    try { ringup } finally { log "f"; wait 5s; log "f2" }
                }
            }
            log "z"
        }
    """
    check(text, "ringup · cancel · f · f2 · z · end done", key(1, "1"), key(2, "0"))


def test_when_the_caller_leaves_finally_runs_then_on_hangup() -> None:
    text = """
        flow main {
            on hangup { log "oh"; post; log "oh2" }
            try { speak; log "no" } finally { log "fin"; fetch }
            log "no"
        }
    """
    check(text, "speak · cancel · fin · fetch · oh · post · oh2 · end gone", hangup(1))


def test_after_a_dial_the_main_line_goes_on_to_its_next_call_action() -> None:
    text = """
        flow main { on hangup { log "oh" }; let r = ringup("n"); log "${r}"; post; speak; log "no" }
    """
    check(text, "ringup n · cancel · cancelled · post · oh · end gone", hangup(1))


def test_data_is_fetched_to_the_end_and_the_next_wait_ends_the_line() -> None:
    check('flow main { fetch; log "a"; wait 5s; log "no" }', "fetch · a · end gone", hangup(1))


def test_in_a_finally_a_call_action_on_the_gone_leg_has_the_outcome_gone() -> None:
    text = """
        flow main { try { fetch } finally { let r = speak("x"); log "${r}"; post }; post; speak; log "no" }
    """
    check(text, "fetch · speak x · cancel · gone · post · post · end gone", hangup(4))


def test_all_on_hangup_run_from_the_inside_out_later_written_first() -> None:
    text = """
        flow main { on hangup { log "outer" }; f(); log "no" }
        flow f { on hangup { log "inner1" }; on hangup { log "inner2" }; try { speak } finally { log "F" } }
    """
    check(text, "speak · cancel · F · inner2 · inner1 · outer · end gone", hangup(1))


def test_a_join_is_not_a_wait() -> None:
    text = """
        flow main {
            stream s { let r = ringup("a"); log "${r}"; post }
            join s
            log "j"
            speak
        }
    """
    check(text, "ringup a · cancel · cancelled · post · j · end gone", hangup(3))


def test_every_ticks_until_its_deadline() -> None:
    text = 'flow main { within 35s { every 10s { log "t"; speak } } else { log "e" } }'
    check(text, "t · speak · t · speak · t · speak · e · end done")
