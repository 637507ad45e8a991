"""Each wait in each place ends with the caller; what `tests/language/caller_leaves` shows one by one."""

from __future__ import annotations

import pytest

from tests.core.machine import Run, check, compiled, hangup, opening


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


def test_a_flow_without_a_caller_has_no_leg_to_speak_to() -> None:
    run = Run(
        compiled('flow main { try { speak } catch e { log "${e.code}" } }'), begin=opening(channel=None)
    )
    assert run.through() == "no_caller · end done"
