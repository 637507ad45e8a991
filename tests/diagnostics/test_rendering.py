"""What a diagnostic shows of long lines and long names stays short."""

from __future__ import annotations

import pytest

from flowlang import analysis
from flowlang.diagnostics import Diagnostic, Source, Span, render
from flowlang.syntax import parse

LONG = "a" * 500_000


def shown(text: str) -> list[str]:
    """All diagnostics of a script, as people read them."""
    parsed = parse(Source("main.flow", text))
    found = parsed.diagnostics
    if parsed.module is not None:
        found += analysis.check(parsed.module).diagnostics
    return [render(each) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        f"flow main {{ {LONG} }}",
        f"flow main {{ log {LONG} }}",
        f"flow main {{ log '{LONG}' }}",
        f"flow main {{ log 'a' '{LONG}' }}",
        f"flow {LONG} {{ }}\nflow {LONG} {{ }}",
        f'use "./{LONG[:9_000]}"',
        f"route {LONG} => main",
        f"flow main {{ caller.{LONG}() }}",
        f"flow main {{ wait 5{LONG} }}",
        f"flow main {{ let x = {LONG.replace('a', '9')} }}",
        f"flow main {{ play '../{LONG[:9_000]}' }}",
        "flow main { say " + "1 + " * 90 + "'a'" + " " * 50_000 + "}",
    ],
)
def test_a_long_line_or_name_does_not_flood_the_screen(text: str) -> None:
    found = shown(text)
    assert found
    assert all(len(each) < 1_000 and each.count("^") <= 160 for each in found)


def test_carets_below_what_goes_on_past_the_shown_part_are_few() -> None:
    diagnostic = Diagnostic("E101", Source("a", "x" * 5_000), Span(0, 5_000), "no")
    assert render(diagnostic).splitlines()[1:] == ["    " + "x" * 160 + "…", "    " + "^" * 40]


def test_carets_stand_below_the_place_also_in_the_middle_of_a_long_line() -> None:
    diagnostic = Diagnostic("E101", Source("a", "x" * 3_000 + "y!" + "x" * 3_000), Span(3_000, 3_002), "no")
    line, carets = render(diagnostic).splitlines()[1:]
    assert line[carets.index("^") :].startswith("y!")
    assert carets.count("^") == 2
