"""The live view: whole output for a call, and nothing of the network's that could move a cursor."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.cli.display import LiveView, Style, printable
from flowlang.cli.display.view import shown
from flowlang.diagnostics import Source
from flowlang.model.cdr import CallRecord
from flowlang.model.observations import (
    ActionEnded,
    ActionStarted,
    CallRecorded,
    EventArrived,
    FlowEnded,
    FlowStarted,
    Logged,
    Observation,
    Refused,
    SipMessageSeen,
)
from flowlang.model.values import SECOND, Duration, Outcome, Value

NOON = 1_795_262_400 * SECOND  # 2026-11-21 12:00:00 UTC
DESK = Source("flows/desk.flow", 'flow desk {\n    let c = ask("Press 1", digits: 1)\n}\n')

RECORD = CallRecord(
    leg="a",
    call_id="a",
    direction="in",
    source="sip:alice@x",
    to="sip:desk@y",
    route_line=1,
    flow="desk",
    activeflow="f",
    started=NOON,
    rang=None,
    answered=NOON + 1000,
    ended=NOON + 3_501_000,
    ended_by="caller",
    cause="normal",
    status=200,
)


def view(*observations: Observation, colour: bool = False) -> list[str]:
    lines: list[str] = []
    live = LiveView(lines.append, Style(colour), {"f": DESK}.get)
    for each in observations:
        live(each)
    return lines


def test_what_is_of_a_time_before_the_first_line_has_one_sign() -> None:
    earlier = Logged(NOON - 6_000, "f", "of before", 0, "warning")
    assert view(Refused(NOON, "call", "a", "b", 404, "no"), earlier)[-1] == "  -0.006s      of before"


def test_a_call_reads_from_top_to_bottom() -> None:
    assert view(
        SipMessageSeen(NOON, "in", "127.0.0.1:5062", "INVITE sip:desk@y SIP/2.0", "a"),
        FlowStarted(NOON + 1000, "f", "desk", "call", "sip:alice@x", "sip:desk@y", 1),
        SipMessageSeen(NOON + 2000, "out", "127.0.0.1:5062", "SIP/2.0 200 OK", "a"),
        ActionStarted(NOON + 2000, "f", 1, "ask", '"Press 1"', 2, 13),
        EventArrived(NOON + 2_000_000, "f", "dtmf", "1", 2),
        ActionEnded(NOON + 2_000_000, "f", 1, "ask", "done", Outcome("text", {"text": "1"})),
        Logged(NOON + 2_000_000, "f", "chose 1", 3),
        FlowEnded(NOON + 3_500_000, "f", "desk", "gone"),
        CallRecorded(NOON + 3_501_000, RECORD),
    ) == [
        "2026-11-21 12:00:00 UTC",
        "  +0.000s  <-- INVITE sip:desk@y SIP/2.0  127.0.0.1:5062",
        "  +0.001s  #1 call from sip:alice@x to sip:desk@y: flow desk by the route in line 1",
        "  +0.002s  --> SIP/2.0 200 OK  127.0.0.1:5062",
        '  +0.002s      desk.flow:2  let c = ask("Press 1", digits: 1)',
        "  +2.000s      dtmf 1  taken by line 2",
        '  +2.000s          ask gave text(text: "1")',
        "  +2.000s      chose 1",
        "  +3.500s  #1 desk ended, the caller has left",
        "  +3.501s  record: sip:alice@x to sip:desk@y, talked 3.5s, ended by caller: normal 200",
    ]


def test_a_fault_and_a_refusal_say_why() -> None:
    assert view(
        FlowStarted(NOON, "f", "desk", "call", None, None, None),
        ActionEnded(NOON, "f", 1, "play", "failed", "a.wav: no such file"),
        ActionEnded(NOON, "f", 2, "say", "cancelled", None),
        FlowEnded(NOON, "f", "desk", "fault", None, "prompt_missing", "a.wav: no such file", 7),
        Refused(NOON, "call", "sip:a@x", "sip:b@y", 404, "no route matches"),
    )[2:] == [
        '  +0.000s          play failed: "a.wav: no such file"',
        "  +0.000s          say cancelled",
        "  +0.000s  #1 desk failed in line 7: a.wav: no such file (prompt_missing)",
        "  +0.000s  call from sip:a@x to sip:b@y refused with 404: no route matches",
    ]


def test_lines_of_several_calls_at_once_carry_their_number() -> None:
    assert view(
        FlowStarted(NOON, "f", "desk", "call", None, None, None),
        FlowStarted(NOON, "g", "desk", "call", None, None, None),
        Logged(NOON, "g", "hello", 1),
    )[-1] == ("  +0.000s      #2 hello")


def test_what_began_before_a_restart_gets_a_number_and_its_line_too() -> None:
    assert view(
        ActionStarted(NOON, "f", 1, "ask", '"Press 1"', 2, 13),
        FlowEnded(NOON, "f", "desk", "stop"),
    )[1:] == [
        '  +0.000s      desk.flow:2  let c = ask("Press 1", digits: 1)',
        "  +0.000s  #1 desk ended by stop",
    ]


def test_the_time_begins_again_after_a_quiet_while() -> None:
    lines = view(
        SipMessageSeen(NOON, "in", "p", "OPTIONS", "a"),
        SipMessageSeen(NOON + 60 * SECOND, "in", "p", "OPTIONS", "b"),
    )
    assert lines[2:] == ["2026-11-21 12:01:00 UTC", "  +0.000s  <-- OPTIONS  p"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "true"),
        ((1, "a"), '[1, "a"]'),
        ({"a": Duration(SECOND)}, "{a: 1s}"),
        (Outcome("no_input"), "no_input"),
    ],
)
def test_values_look_as_in_a_script(value: Value, text: str) -> None:
    assert shown(value) == text


@given(st.text(max_size=300))
def test_text_from_outside_is_one_printable_line(text: str) -> None:
    shown_text = printable(text)
    assert shown_text.isprintable()
    assert len(shown_text) <= 200
    for line in view(SipMessageSeen(NOON, "in", text, text, text), Logged(NOON, "f", text, 1)):
        assert line.isprintable()


def test_colours_are_for_terminals_where_no_color_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Style.of(Terminal()).colour
    assert not Style.of(io.StringIO()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Style.of(Terminal()).colour
    assert view(SipMessageSeen(NOON, "in", "p", "OPTIONS", "a"), colour=True)[1].startswith("\x1b[2m")
