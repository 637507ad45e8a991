"""`ask`, and the actions by which a call is answered, refused and ended. A prompt takes 2 s."""

from __future__ import annotations

import pytest

from flowlang.core import ActionOver, Activeflow, Begin, Happened, Limits, Note, Opening, Perform, StopAsked
from flowlang.model.actions import ACTIONS
from flowlang.model.commands import HangUp, Say
from flowlang.model.events import CALLER_LEG, MessageReceived, SignalReceived
from flowlang.model.observations import Logged
from flowlang.model.results import Done, Failed
from flowlang.model.values import SECOND, Outcome
from tests.core.machine import At, Run, check, compiled, hangup, hold, key, opening


def asked(arguments: str, *events: At, before: str = "") -> str:
    """What is seen of one `ask` on an answered call: its outcome, its text, and when it was over."""
    text = f"""
        flow main {{
            answer; {before}
            let r = ask("?"{arguments})
            match r {{
                text as t     => log "text ${{t.text}} ${{elapsed()}}"
                no_match as t => log "no_match ${{t.text}} ${{elapsed()}}"
                no_input      => log "no_input ${{elapsed()}}"
            }}
        }}
    """
    run = Run(compiled(text))
    run.through(events)
    assert run.seen[0] == "answer"
    assert run.seen[-1] == "end done"
    return " · ".join(run.seen[1:-1])


def keys(at: float, digits: str) -> list[At]:
    """Keys half a second apart."""
    return [key(at + number / 2, digit) for number, digit in enumerate(digits)]


# -- digits, terminator


def test_so_many_digits_end_it_and_the_first_stops_the_prompt() -> None:
    assert asked(", digits: 2", *keys(1, "47")) == "say ? · cancel · text 47 1.5s"


def test_the_terminator_ends_the_digits_and_is_not_in_the_result() -> None:
    assert asked("", *keys(3, "47#")) == "say ? · text 47 4s"


def test_another_terminator() -> None:
    assert asked(', terminator: "*"', *keys(3, "4#*")) == "say ? · text 4# 4s"


def test_no_terminator() -> None:
    assert asked(', terminator: "", timeout: 1s', *keys(2.5, "4#")) == "say ? · text 4# 4s"


def test_fewer_digits_than_wanted_are_no_match() -> None:
    assert asked(", digits: 3", *keys(3, "1#")) == "say ? · no_match 1 3.5s"


def test_fewer_digits_do_where_at_least_says_so() -> None:
    assert asked(", digits: 3, at_least: 1", *keys(3, "1#")) == "say ? · text 1 3.5s"


def test_the_terminator_alone_is_no_match() -> None:
    assert asked("", *keys(3, "#")) == "say ? · no_match  3s"


@pytest.mark.parametrize(("name", "wrong"), [("terminator", '"##"'), ("terminator", '"x"'), ("digits", "0")])
def test_a_bad_argument_that_no_checker_could_see_is_a_fault(name: str, wrong: str) -> None:
    check(f'flow main {{ let q = [1, 2]; let w = {wrong}; '
          f'try {{ match ask("?", {name}: w) {{ _ => log "no" }} }} '
          'catch e { log "${e.code}" }; log "${q[0]}" }', "value · 1 · end done")  # fmt: skip


# -- time


def test_the_timeout_runs_from_the_end_of_the_prompt() -> None:
    assert asked(", timeout: 3s") == "say ? · no_input 5s"


def test_without_a_timeout_of_its_own_it_waits_five_seconds() -> None:
    assert asked("") == "say ? · no_input 7s"


def test_the_timeout_runs_again_from_each_digit() -> None:
    assert asked(", digits: 3, timeout: 3s", key(4, "1"), key(6.5, "2")) == "say ? · no_match 12 9.5s"


def test_a_pause_ends_digits_whose_number_is_open() -> None:
    assert asked(", timeout: 3s", key(4, "1"), key(6.5, "2")) == "say ? · text 12 9.5s"


def test_a_digit_that_stops_the_prompt_starts_the_timeout() -> None:
    assert asked(", timeout: 3s", key(1, "1")) == "say ? · cancel · text 1 4s"


def test_of_a_digit_and_the_timeout_at_the_same_time_the_timeout_counts() -> None:
    assert asked(", digits: 1, timeout: 3s", key(5, "1")) == "say ? · no_input 5s"


# -- barge-in


def test_without_barge_in_the_prompt_is_heard_to_its_end() -> None:
    assert asked(", digits: 1, barge_in: false", key(1, "1")) == "say ? · text 1 2s"


def test_without_barge_in_the_timeout_runs_from_the_end_of_the_prompt() -> None:
    assert asked(", digits: 2, barge_in: false, timeout: 3s", key(1, "1")) == "say ? · no_match 1 5s"


def test_without_barge_in_further_digits_are_for_the_next() -> None:
    text = """
        flow main {
            let a = ask("a", digits: 1, barge_in: false)
            let b = ask("b", digits: 1)
            log "${a} ${b}"
        }
    """
    check(text, "answer · say a · 1 2 · end done", *keys(0.5, "12"))


# -- typed ahead


def test_digits_typed_ahead_count_and_no_prompt_is_played() -> None:
    assert asked(", digits: 2", *keys(0.5, "47"), before="wait 2s") == "text 47 2s"


def test_with_some_digits_typed_ahead_the_rest_is_waited_for_in_silence() -> None:
    assert asked(", digits: 2, timeout: 3s", key(1, "4"), key(4, "7"), before="wait 2s") == "text 47 4s"


def test_a_terminator_typed_ahead_ends_them() -> None:
    assert asked("", *keys(0.5, "47#"), before="wait 2s") == "text 47 2s"


def test_without_barge_in_digits_typed_ahead_count_and_the_prompt_is_heard() -> None:
    assert asked(", digits: 1, barge_in: false", key(1, "4"), before="wait 2s") == "say ? · text 4 4s"


def test_what_is_typed_past_the_digits_wanted_is_for_the_next() -> None:
    text = 'flow main { wait 3s; let a = ask("a", digits: 2); let b = ask("b", digits: 2); log "${a} ${b}" }'
    check(text, "answer · 12 34 · end done", *keys(0.5, "1234"))


def test_a_terminator_right_behind_the_last_digit_wanted_belongs_to_them() -> None:
    text = 'flow main { let a = ask("a", digits: 2); let b = ask("b", digits: 2); log "${a} ${b}" }'
    check(text, "answer · say a · cancel · say b · cancel · 12 34 · end done", *keys(1, "12#34"))


def test_a_terminator_later_than_that_is_an_answer() -> None:
    text = 'flow main { let a = ask("a", digits: 1); let b = ask("b", digits: 1); log "${a} ${b.text}." }'
    check(text, "answer · say a · cancel · say b · 1 . · end done", key(1, "1"), key(3.5, "#"))


def test_only_so_many_digits_are_kept() -> None:
    text = """
        flow main {
            wait 90s
            match ask("?", timeout: 1s) { text as t => log "${length(t.text)}"; _ => log "?" }
        }
    """
    check(text, "answer · 100 · end done", *keys(1, "1" * 120))


# -- retries, options, patterns


def test_it_asks_again_as_often_as_retries_say() -> None:
    assert asked(", retries: 2, timeout: 1s") == "say ? · say ? · say ? · no_input 9s"


def test_an_answer_to_a_retry_counts() -> None:
    shown = asked(", digits: 2, retries: 1, timeout: 1s", key(1, "1"), *keys(3, "22"))
    assert shown == "say ? · cancel · say ? · cancel · text 22 3.5s"


def test_the_last_outcome_counts() -> None:
    assert (
        asked(", digits: 2, retries: 1, timeout: 1s", key(1, "1")) == "say ? · cancel · say ? · no_input 5s"
    )


def test_options_are_spoken_with_their_keys_and_answered_by_them() -> None:
    shown = asked(', options: ["Monday", "Tuesday"]', key(3, "2"))
    assert shown == "say ? For Monday, press 1. For Tuesday, press 2. · text Tuesday 3s"


@pytest.mark.parametrize("digit", ["3", "0", "*"])
def test_a_key_without_an_option_is_no_match(digit: str) -> None:
    shown = asked(', options: ["Monday", "Tuesday"]', key(3, digit))
    assert shown.endswith(f"no_match {digit} 3s")


def test_ten_options_take_two_digits_or_one_and_a_pause() -> None:
    days = ", options: [" + ", ".join(f'"o{number}"' for number in range(1, 11)) + "], timeout: 2s"
    assert asked(days, *keys(3, "10")).endswith("text o10 3.5s")
    assert asked(days, key(3, "1")).endswith("text o1 5s")
    assert asked(days, *keys(3, "1#")).endswith("text o1 3.5s")


def test_a_pattern_fits_the_whole_answer() -> None:
    assert asked(", pattern: /4+/", *keys(3, "444#")) == "say ? · text 444 4.5s"
    assert asked(", pattern: /4+/", *keys(3, "4443#")) == "say ? · no_match 4443 5s"


def test_sound_files_in_place_of_a_spoken_prompt() -> None:
    assert (
        asked(', play: ["a.wav", "b.wav"], digits: 1', key(1, "1")) == "play a.wav b.wav · cancel · text 1 1s"
    )


def test_an_empty_prompt_is_silence() -> None:
    check('flow main { match ask("", timeout: 1s) { _ => log "${elapsed()}" } }', "answer · 1s · end done")


# -- beside others


def test_a_handler_takes_its_keys_before_an_ask() -> None:
    text = 'flow main { on dtmf "*" { log "star" }; let r = ask("?", digits: 2); log "${r}" }'
    check(text, "answer · say ? · cancel · star · 12 · end done", key(1, "1"), key(1.2, "*"), key(1.5, "2"))


def test_a_handler_that_asks_does_not_take_the_keys_itself() -> None:
    text = 'flow main { on dtmf { let r = ask("h", digits: 1); log "${r}" }; answer; wait 9s }'
    check(text, "answer · say h · cancel · 2 · end done", key(1, "1"), key(2, "2"))


def test_the_newest_ask_has_the_keys() -> None:
    text = """
        flow main {
            stream s { let r = ask("s", digits: 1); log "s ${r}" }
            answer
            let r = ask("m", digits: 1)
            log "m ${r}"
            join s
        }
    """
    check(text, "answer · say m · say s · cancel · s 1 · cancel · m 2 · end done", key(1, "1"), key(1.5, "2"))


def test_a_deadline_ends_an_ask_and_later_digits_are_kept() -> None:
    text = 'flow main { within 1s { let _r = ask("a") }; wait 1s; let b = ask("b", digits: 1); log "${b}" }'
    check(text, "answer · say a · cancel · 7 · end done", key(1.5, "7"))


def test_an_ask_ends_when_the_caller_leaves() -> None:
    text = 'flow main { try { let _r = ask("a"); log "no" } finally { log "f" } }'
    check(text, "answer · say a · cancel · f · end gone", hangup(1))


def test_an_ask_in_a_finally_is_gone_when_the_caller_leaves() -> None:
    text = 'flow main { try { answer } finally { let r = ask("a"); log "${r}" } }'
    check(text, "answer · say a · cancel · gone · end done", hangup(1))


def test_a_prompt_that_fails_is_a_fault_and_nothing_collects_any_more() -> None:
    script = compiled('flow main { answer; try { let _r = ask("a") } catch e { log "${e.code}" }; wait 9s }')

    run = Run(script)
    run.through(until=1)
    say = next(each for each in run.outputs[-1] if isinstance(each, Perform))
    run.feed(ActionOver(SECOND, say.action, Failed("prompt_missing", "it is not there")))
    assert run.seen == ["answer", "say a", "prompt_missing"]
    assert not run.flow.digits.collecting
    assert len(run.flow.timers) == 1


# -- answering


def test_say_play_and_ask_answer_first() -> None:
    check('flow main { say "a"; play "b.wav" }', "answer · say a · play b.wav · end done")
    check('flow main { play "b.wav"; say "a" }', "answer · play b.wav · say a · end done")


def test_early_media_is_heard_before_the_answer() -> None:
    run = Run(compiled('flow main { say "a", early: true; say "b" }'))
    assert run.through() == "say a · answer · say b · end done"
    assert [each.early for each in run.commands if isinstance(each, Say)] == [True, False]


def test_answer_twice_does_nothing_and_ring_after_it_neither() -> None:
    check('flow main { ring; answer; answer; ring; say "a" }', "ring · answer · say a · end done")


def test_two_strands_answer_once() -> None:
    check('flow main { stream s { say "s" }; say "m"; join s }', "answer · say m · say s · end done")


def test_an_answer_is_not_taken_back() -> None:
    text = 'flow main { loop { stream { break }; answer; log "no" }; say "a" }'
    check(text, "answer · say a · end done")


# -- refusing and ending


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("flow main { ring }", 480),
        ("flow main { fetch; return 1 }", 480),
        ("flow main { stop }", 603),
        ("flow main { raise 'x' }", 500),
        ("flow main { loop { } }", 500),
    ],
    ids=["end", "return", "stop", "fault", "budget"],
)
def test_an_unanswered_call_that_the_flow_leaves_is_refused(script: str, status: int) -> None:
    run = Run(compiled(script))
    run.through()
    assert run.commands[-1] == HangUp(0, status)


def test_a_stop_from_outside_refuses_too() -> None:
    run = Run(compiled("flow main { wait 9s }"))
    run.go([StopAsked(SECOND)], None)
    assert run.commands == [HangUp(0, 603)]


def test_a_call_whose_caller_has_left_is_not_hung_up() -> None:
    run = Run(compiled("flow main { wait 9s }"))
    run.through([hangup(1)])
    assert not run.commands


def test_hangup_refuses_an_unanswered_call_and_the_flow_goes_on_without_it() -> None:
    text = 'flow main { on hangup as e { log "${e.cause}" }; hangup; fetch; log "m" }'
    check(text, "hangup 603 · fetch · m · rejected · end done")


def test_reject_refuses_with_its_status_and_reason() -> None:
    text = """
        flow main { on hangup as e { log "${e.cause}" }; reject 486, reason: "busy"; fetch; f() }
        flow f { say "no" }
    """
    check(text, "reject 486 · fetch · busy · end gone")


def test_reject_on_an_answered_call_ends_it() -> None:
    check("flow main { answer; reject 486 }", "answer · hangup 603 · end done")


@pytest.mark.parametrize("status", [200, 399, 700])
def test_reject_takes_a_status_that_refuses(status: int) -> None:
    check(
        f'flow main {{ let s = {status}; try {{ reject s }} catch e {{ log "${{e.code}}" }} }}',
        "value · end done",
    )


def test_a_fault_at_the_top_lets_the_routes_else_flow_take_over() -> None:
    script = compiled("""
        flow main { on hold { log "no" }; say "a"; stream { raise "x" }; wait 9s }
        flow sorry(word) { say word; log "${caller.number}" }
    """)
    run = Run(script, begin=opening(otherwise=("sorry", {"word": "sorry"})))
    assert run.through([hold(5)]) == "answer · say a · say sorry · +14155550100 · end done"
    assert "`sorry` takes over" in run.warnings[0]
    assert run.commands[-1] == HangUp(0, 480)


def test_a_fault_in_the_else_flow_ends_the_activeflow() -> None:
    run = Run(
        compiled("flow main { raise 'a' }\nflow sorry { raise 'b' }"), begin=opening(otherwise=("sorry", {}))
    )
    run.through()
    assert run.ending is not None
    assert (run.ending.how, run.ending.text, run.ending.line) == ("fault", "b", 2)
    assert run.commands == [HangUp(0, 500)]


# -- in a thread


def _asked_in_thread(ended: str) -> list[str]:
    """What is logged where a message comes before it is known that the question `ended` so, and one after."""
    script = compiled("""
        flow main {
            wait for signal "begin"
            match ask("Name?", timeout: 1m) { text as t => log t.text; _ => log "nothing" }
        }
    """)
    sms = Opening("a1", "main", {}, 0, 1, "sms", "sms:+14155550100", "sms:+16062067563")
    flow = Activeflow(script, sms, Limits(), ACTIONS)
    outputs = flow.feed(Begin(0))

    def comes(text: str) -> None:
        message = MessageReceived(CALLER_LEG, text, None, "sms", "sms:+14155550100", text)
        outputs.extend(flow.feed(Happened(1, message)))

    comes("early")
    outputs += flow.feed(Happened(1, SignalReceived("begin", None)))
    (question,) = [each for each in outputs if isinstance(each, Perform)]
    comes("Ann")
    outputs += flow.feed(ActionOver(2, question.action, Done(Outcome(ended, {"id": "m1"}))))
    if flow.ending is None:
        comes("Ben")
    logged = [each.observation for each in outputs if isinstance(each, Note)]
    return [each.text for each in logged if isinstance(each, Logged)]


def test_what_came_before_the_question_was_out_is_no_answer() -> None:
    assert _asked_in_thread("sent") == ["Ben"]


def test_where_it_is_unknown_whether_it_went_out_what_came_since_is_an_answer() -> None:
    assert _asked_in_thread("unknown") == ["Ann"]
