"""Manners with people who write, and the table of threads, each by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.core.manners import Allowance, Arrived, Porter
from flowlang.core.opening import Opening
from flowlang.core.threads import Owner, Threads
from flowlang.model.events import CALLER_LEG, ELSEWHERE
from flowlang.model.manners import Manners
from flowlang.model.message_commands import SendMessage
from flowlang.model.values import DAY, HOUR, MINUTE, SECOND
from flowlang.store.opt_outs import OptedOut

ANN, OURS = "sms:+14155550100", "sms:+16062067563"


def came(text: str, *, automatic: bool = False, message: str = "m1") -> Arrived:
    return Arrived("sms", ANN, OURS, text, message, automatic)


@given(st.integers(1, 20), st.lists(st.integers(0, MINUTE), max_size=200))
def test_an_allowance_gives_no_more_than_it_has_and_what_came_back(most: int, pauses: list[int]) -> None:
    allowance = Allowance(most, MINUTE)
    now = taken = 0
    for pause in pauses:
        now += pause
        taken += allowance.take("x", now)
        assert taken <= most + most * now // MINUTE + 1


def test_what_is_used_up_comes_back_steadily() -> None:
    allowance = Allowance(60, MINUTE)
    assert sum(allowance.take("x", 0) for _ in range(100)) == 60
    assert [allowance.take("x", MINUTE // 60), allowance.take("x", MINUTE // 60)] == [True, False]
    assert allowance.take("y", 0)


WORDS = [
    "STOP,", "stop?", "(stop)", "\u201cStop\u201d", "stop\u2026", "STOP ALL", "stop-all",
    "\uff33\uff34\uff2f\uff30",
    "STOP\u200b", "\u200eSTOP", "S T O P", "STOP \U0001f6d1",
]  # fmt: skip


@pytest.mark.parametrize("text", ["STOP", " stop ", "Stop.", "'unsubscribe'", "QUIT!", *WORDS])
def test_a_message_that_is_an_opt_out_word_opts_out_once(text: str) -> None:
    porter = Porter()
    first, again = (porter.looks_at(came(text), 0, in_thread=True) for _ in range(2))
    assert first is not None
    assert again is not None
    assert (first.stops, bool(first.answer), again.stops, again.answer) == (True, True, True, None)
    assert porter.why_not(SendMessage("sms", ANN, "x", "k"), 0) == "opted_out"


@pytest.mark.parametrize("text", ["please stop", "STOP it", "stopp", "", "?!", "stop. it", "x" * 100_000])
def test_what_is_more_than_the_word_does_not(text: str) -> None:
    assert Porter().looks_at(came(text), 0, in_thread=True) is None


def test_an_opt_in_word_means_something_only_to_who_opted_out() -> None:
    porter = Porter()
    assert porter.looks_at(came("START"), 0, in_thread=False) is None
    porter.looks_at(came("STOP"), 0, in_thread=False)
    back = porter.looks_at(came("start"), HOUR, in_thread=False)
    assert back is not None
    assert (back.stops, bool(back.answer)) == (False, True)
    assert porter.why_not(SendMessage("sms", ANN, "x", "k"), HOUR) is None


def test_words_count_where_the_operator_says() -> None:
    porter = Porter(Manners(opt_out_channels=("email",)))
    assert porter.looks_at(came("STOP"), 0, in_thread=False) is None


def test_a_machine_starts_a_flow_and_answers_none() -> None:
    porter = Porter()
    assert porter.looks_at(came("alarm", automatic=True), 0, in_thread=False) is None
    assert porter.looks_at(came("away", automatic=True, message="m2"), 0, in_thread=True) is not None
    assert porter.why_not(SendMessage("sms", ANN, "x", "k", reply_to="m1"), 0) == "automatic"
    assert porter.why_not(SendMessage("sms", ANN, "x", "k", reply_to="m9"), 0) is None


def test_a_flow_that_began_with_a_machines_message_writes_nothing_to_where_it_came_from() -> None:
    began = Opening("one", "main", {}, 0, 1, "sms", ANN, OURS, automatic=True, reply_to="sms:+14155550111")
    porter = Porter()
    for person, why in ((ANN, "automatic"), ("sms:+14155550111", "automatic"), ("sms:+14155550122", None)):
        assert porter.why_not(SendMessage("sms", person, "x", "k"), 0, began) == why


def test_a_loop_with_a_machine_ends_however_slow_it_is_and_alarms_come_through() -> None:
    porter, rounds, now = Porter(), 0, 0
    for number in range(1_000):
        now = number * 11 * MINUTE
        assert porter.looks_at(came("x", automatic=True, message=f"m{number}"), now, in_thread=False) is None
        rounds += porter.why_not(SendMessage("sms", ANN, "x", f"k{number}"), now) is None
    assert rounds <= 20 * (1 + 11 * 1_000 // (24 * 60) + 1)
    assert porter.why_not(SendMessage("sms", ANN, "x", "k"), now + DAY) is None


def test_who_opts_out_and_in_for_ever_is_told_so_once_an_hour() -> None:
    porter = Porter()
    answers = [
        dropped.answer
        for at in range(0, 2 * HOUR, MINUTE)
        for word in ("STOP", "START")
        if (dropped := porter.looks_at(came(word), at, in_thread=False)) is not None
    ]
    assert len(answers) == 240
    assert sum(each is not None for each in answers) == 2


def test_a_machine_that_opts_out_is_told_nothing() -> None:
    dropped = Porter().looks_at(came("STOP", automatic=True), 0, in_thread=False)
    assert dropped is not None
    assert dropped.answer is None


def test_what_is_told_of_opting_out_counts_as_sent() -> None:
    porter = Porter(Manners(recipient=1, opt_out_channels=("sms",)))
    assert porter.why_not(SendMessage("sms", ANN, "x", "k"), 0) is None
    dropped = porter.looks_at(came("STOP"), 0, in_thread=False)
    assert dropped is not None
    assert dropped.answer is None


def test_a_mail_address_is_one_persons_whatever_its_case() -> None:
    porter = Porter(Manners(opt_out_channels=("email",), recipient=5))
    mails = [
        SendMessage("email", f"mailto:{each}@x.example", "x", "k") for each in ("Ann", "ann", "aNN", "ANn")
    ]
    assert [porter.why_not(each, 0) for each in mails * 2] == [None] * 5 + ["too_many"] * 3
    porter.looks_at(
        Arrived("email", "mailto:Ann@X.example", "mailto:d@c.example", "STOP", "m"), 0, in_thread=False
    )
    assert {porter.why_not(each, HOUR) for each in mails} == {"opted_out"}
    threads = Threads()
    threads.sent(SendMessage("email", "mailto:Ann@X.example", "x", "k", "mailto:Desk@c.example"), "one")
    assert threads.owner("email", "mailto:ann@x.example", "mailto:desk@c.example") is not None


def test_a_mail_that_goes_elsewhere_than_to_its_person_counts_where_it_goes() -> None:
    porter = Porter(Manners(opt_out_channels=("email",), recipient=2))
    mails = [
        SendMessage("email", f"mailto:{each}@x.example", "x", "k", deliver_to="mailto:ann@x.example")
        for each in ("bob", "cy", "dan")
    ]
    assert [porter.why_not(each, 0) for each in mails] == [None, None, "too_many"]
    for who in ("mailto:ann@x.example", "mailto:bob@x.example"):
        porter = Porter(Manners(opt_out_channels=("email",)))
        arrived = Arrived("email", who, "mailto:desk@c.example", "STOP", "m1")
        assert porter.looks_at(arrived, 0, in_thread=False) is not None
        assert porter.why_not(mails[0], 0) == "opted_out"


def test_who_opted_out_on_disk_did_so_in_every_case(tmp_path: Path) -> None:
    (tmp_path / "opted_out").write_text("+mailto:Ann@X.example\n")
    opted = OptedOut(tmp_path)
    assert "mailto:ann@x.EXAMPLE" in opted
    opted.discard("mailto:ANN@x.example")
    opted.close()
    assert "mailto:Ann@X.example" not in OptedOut(tmp_path)


def test_a_thread_that_was_stopped_is_until_nothing_came_for_a_window() -> None:
    porter = Porter(Manners(thread=20))
    window = porter.manners.thread_window
    through = [porter.looks_at(came("hi"), at * SECOND, in_thread=True) is None for at in range(10_000)]
    assert sum(through) == 20
    assert not any(through[20:])
    late = 9_999 * SECOND + window
    found = porter.looks_at(came("hi"), late - 1, in_thread=True)
    assert found is not None
    assert found.refused
    assert porter.looks_at(came("hi"), late - 1 + window, in_thread=True) is None


def test_a_slow_loop_comes_to_an_end_too() -> None:
    porter = Porter()
    times = range(0, 10_000 * 11 * SECOND, 11 * SECOND)
    assert sum(porter.looks_at(came("hi"), at, in_thread=True) is None for at in times) == 600


def test_who_pauses_may_write_for_ever() -> None:
    porter = Porter()
    window = porter.manners.thread_window
    for day in range(1_000):
        found = [porter.looks_at(came("hi"), day * 2 * window + at, in_thread=True) for at in range(50)]
        assert found == [None] * 50


def opened(activeflow: str) -> Opening:
    return Opening(activeflow, "main", {}, 0, 1, "sms", ANN, OURS)


def test_a_thread_is_whose_it_began_with_until_that_ends() -> None:
    threads = Threads()
    threads.opened(opened("one"))
    threads.sent(SendMessage("sms", ANN, "x", "k", OURS), "other")
    owner = threads.owner("sms", ANN, OURS)
    assert owner is not None
    assert (owner.activeflow, owner.leg) == ("one", CALLER_LEG)


def test_a_thread_passes_on_to_whoever_wrote_there_next_of_those_that_live() -> None:
    threads = Threads()
    threads.opened(opened("one"))
    threads.sent(SendMessage("sms", ANN, "x", "k", OURS), "third", 3)
    threads.sent(SendMessage("sms", ANN, "x", "k", OURS), "second", 2)  # replayed later, and sent before
    threads.over("one")
    assert threads.owner("sms", ANN, OURS) == Owner("second", ELSEWHERE)
    threads.over("third")
    assert threads.owner("sms", ANN, OURS) == Owner("second", ELSEWHERE)
    threads.over("second")
    assert threads.owner("sms", ANN, OURS) is None
    assert len(threads) == 0


def test_who_is_brought_back_has_his_thread_since_he_began_whatever_was_told_of_it_before() -> None:
    threads = Threads()
    threads.sent(SendMessage("sms", ANN, "x", "k", OURS), "other", 1)
    threads.sent(SendMessage("sms", ANN, "x", "k", OURS), "one", 2)  # of what waits in the outbox
    threads.opened(opened("one"))
    assert threads.owner("sms", ANN, OURS) == Owner("one", CALLER_LEG)
    threads.over("one")
    assert threads.owner("sms", ANN, OURS) == Owner("other", ELSEWHERE)
    threads.over("other")
    assert len(threads) == 0


def test_who_writes_to_somebody_has_the_thread_elsewhere() -> None:
    threads = Threads()
    threads.sent(SendMessage("sms", ANN, "x", "k"), "one")  # from the operator's default
    owner = threads.owner("sms", ANN, OURS)
    assert owner is not None
    assert (owner.activeflow, owner.leg) == ("one", ELSEWHERE)


def test_nothing_is_left_of_what_is_over() -> None:
    threads = Threads()
    for number in range(100):
        name = str(number)
        threads.opened(opened(name))
        command = SendMessage("sms", ANN, "x", "k", OURS)
        threads.sent(command, name)
        threads.named(f"m{number}", command, name)
        threads.over(name)
    assert len(threads) == 0
    assert threads.reported("sms", "m1", "delivered", None) is None


def test_reports_that_come_early_are_kept_for_whoever_named_the_message() -> None:
    threads = Threads()
    assert threads.reported("sms", "m1", "sent", None) is None
    assert threads.reported("sms", "m1", "delivered", "ok") is None
    found = threads.named("m1", SendMessage("sms", ANN, "x", "k"), "one")
    assert [(each.activeflow, each.status, each.reason) for each in found] == [
        ("one", "sent", None), ("one", "delivered", "ok"),
    ]  # fmt: skip


def test_a_carrier_reports_on_messages_of_its_own_channel_only() -> None:
    threads = Threads()
    threads.named("42", SendMessage("sms", ANN, "x", "k"), "one")
    assert threads.reported("email", "42", "failed", "forged") is None
    assert threads.knows("sms", "42")
    assert not threads.knows("email", "42")
    found = threads.reported("sms", "42", "delivered", None)
    assert found is not None
    assert found.activeflow == "one"
