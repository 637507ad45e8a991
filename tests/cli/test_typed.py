"""What can be typed at the phone in the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.backends.console.typed import Do, Hint, Pause, Press, understand


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("1", Press("1")),
        ("12#", Press("12#")),
        (" 1 2 * ", Press("12*")),
        ("a", Press("A")),
        ("hold", Do("hold")),
        ("UNHOLD", Do("unhold")),
        ("hangup", Do("hangup")),
        ("?", Do("help")),
        ("wait 5s", Pause(5.0)),
        ("wait 250ms", Pause(0.25)),
        ("wait 2", Pause(2.0)),
        ("  ", None),
        ("hangpu", Hint("'hangpu' is nothing that this phone can do; did you mean hangup?")),
        (
            "xyz!",
            Hint("'xyz!' is nothing that this phone can do; keys are 0-9, * and #; help lists the rest"),
        ),
    ],
)
def test_a_line_is_keys_a_word_or_a_hint(line: str, typed: object) -> None:
    assert understand(line) == typed


@given(st.text())
def test_no_line_fails_and_no_hint_carries_control_characters(line: str) -> None:
    typed = understand(line)
    if isinstance(typed, Hint):
        assert typed.text.isprintable()
