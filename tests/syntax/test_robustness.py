"""No text makes the parser raise, and what it says about a text can always be shown."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlang.diagnostics import CODES, Source, render
from flowlang.syntax import parse
from flowlang.syntax.lexer import vocabulary

CLINIC = (Path(__file__).parent / "data" / "clinic.flow").read_text(encoding="utf-8")

SIGNS = [
    *"{}()[]\"'`$@#.,;:=<>+-*/%!&|?_\\\n\t 0\u00e9",
    '"""', "${", "=>", "->", "==", "//", "...", "?.", "+1", "5s", "/x/", "\r\n", "\x00", "\ud800",
]  # fmt: skip
WORDS = [*sorted(vocabulary().keywords), "x", "f", "say", "dial"]


def check(text: str) -> None:
    source = Source("test.flow", text)
    result = parse(source)
    assert result.module is not None or result.diagnostics
    for each in result.diagnostics:
        assert each.code in CODES
        assert 0 <= each.span.start <= each.span.end <= len(text)
        assert "\n" not in each.message
        assert render(each).count("\n") == 2
    assert all(text[start] == "#" for start, _ in result.comments)


@given(st.text(max_size=200))
@example("\ufeff")
@example('"""\\')
@example('"${')
@example("flow f { say /a\\")
def test_any_text(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(SIGNS + WORDS), max_size=60))
def test_any_tokens(pieces: list[str]) -> None:
    check("flow f {" + " ".join(pieces))
    check(" ".join(pieces))


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(CLINIC)),
            st.integers(0, 30),
            st.sampled_from([*SIGNS, *WORDS, ""]) | st.text(max_size=4),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_mutation_of_a_right_script(edits: list[tuple[int, int, str]]) -> None:
    text = CLINIC
    for at, cut, put in edits:
        text = text[:at] + put + text[at + cut :]
    check(text)


@given(st.integers(0, len(CLINIC)))
def test_any_beginning_of_a_right_script(length: int) -> None:
    check(CLINIC[:length])
