"""Loops that wait for ever outside of calls are told of, and no others."""

from __future__ import annotations

import pytest

from flowlang.analysis import check
from flowlang.diagnostics import Source
from flowlang.syntax import parse


def lines(text: str) -> list[int]:
    """The lines with W505."""
    parsed = parse(Source("main.flow", text))
    assert parsed.module is not None, parsed.diagnostics
    found = check(parsed.module).diagnostics
    assert not [each for each in found if each.code.startswith("E")]
    return [each.position.line for each in found if each.code == "W505"]


@pytest.mark.parametrize(
    "loop",
    [
        "loop { wait 1h }",
        "while true { wait until 5 > 4 }",
        "every 1d { log 'x' }",
        "loop { let m = wait for message\nsay m.text }",
        "loop { let a = ask('And?')\nlog a.text }",
        "if true { loop { if true { wait 1s } } }",
        "loop { loop { wait 1h\n if true { break } } }",
        "on signal 'x' { log 'heard' }\nloop { wait 1h }",
    ],
)
def test_a_loop_that_waits_for_ever_in_a_thread_is_told(loop: str) -> None:
    assert len(lines(f"route sms => main\nflow main {{\n{loop}\n}}")) == 1


@pytest.mark.parametrize(
    "loop",
    [
        "loop up to 3 { wait 1h }",
        "for x in [1] { wait 1h }",
        "loop { wait 1h\n break }",
        "loop { wait 1h\n if true { return } }",
        "loop { wait 1h\n stop }",
        "loop { wait 1h\n handoff main }",
        "loop { wait 1h\n next() }",
        "within 1h { loop { wait 1s } } else { }",
        "on signal 'x' { return }\nloop { wait 1h }",
        "work: loop { on signal 'x' { break work }\nwait 1h }",
        "stream { every 1h { log 'x' } }\nwait 1d",
        "try { loop { wait 1h\nlog \"${1 // 0}\" } } catch { log 'over' }",
        "loop { log 'spins' }",
    ],
)
def test_a_loop_that_may_end_is_not(loop: str) -> None:
    text = f"route sms => main\nflow main {{\n{loop}\n}}\nflow next {{ wait 1h\nhandoff main }}"
    assert lines(text) == []


def test_it_is_told_of_what_routes_outside_of_calls_and_starts_lead_to() -> None:
    loops = "flow main { loop { wait 1h } }"
    assert lines(f"{loops}\nroute call => main") == []
    assert lines(f"{loops}\nroute outbound call => main") == []
    assert lines(loops) == []
    assert lines(f"{loops}\nroute call => main\nroute schedule => main") == [1]
    assert lines(f"{loops}\nroute call => first\nflow first {{ start main() }}") == [1]
    assert lines(f"{loops}\nroute sms => first\nflow first {{ main() }}") == [1]
    assert lines(f"{loops}\nroute sms => first\nflow first {{ on signal 'x' {{ stop }}\nmain() }}") == []
