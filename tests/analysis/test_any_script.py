"""Whatever parses can be checked: nothing is raised; what is said stands in the text, in its order, once."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from flowlang.analysis import check
from flowlang.diagnostics import Source, has_errors, render
from flowlang.syntax import parse

SCRIPTS = [
    each.read_text(encoding="utf-8")
    for each in sorted((Path(__file__).parents[1] / "diagnostics").glob("*/script.flow"))
]
LINES = sorted({line.strip() for script in SCRIPTS for line in script.splitlines() if line.strip()})
WORDS = sorted({word for line in LINES for word in re.findall(r"\w+", line)})


def parses(text: str) -> bool:
    parsed = parse(Source("script.flow", text))
    return parsed.module is not None and not parsed.diagnostics


STATEMENTS = [line for line in LINES if parses(f"flow main(n) {{ {line} }}")]


def agrees(text: str) -> None:
    parsed = parse(Source("script.flow", text))
    if parsed.module is None or parsed.diagnostics:
        return
    result = check(parsed.module, exists=lambda _path: False)
    assert (result.program is None) == has_errors(result.diagnostics)
    places = [(each.span, each.code) for each in result.diagnostics]
    assert [span.start for span, _ in places] == sorted(span.start for span, _ in places)
    assert len(set(places)) == len(places)
    for each in result.diagnostics:
        assert 0 <= each.span.start <= each.span.end <= len(text)
        assert render(each).count("\n") == 2


@given(st.sampled_from(SCRIPTS), st.data())
@settings(max_examples=150)
def test_words_of_a_script_may_be_exchanged(script: str, data: st.DataObject) -> None:
    pieces = re.split(r"(\w+)", script)
    for place in data.draw(st.lists(st.integers(0, len(pieces) // 2 - 1), max_size=4)):
        pieces[2 * place + 1] = data.draw(st.sampled_from(WORDS))
    agrees("".join(pieces))


@given(st.lists(st.sampled_from(STATEMENTS), max_size=8), st.lists(st.sampled_from(STATEMENTS), max_size=8))
@settings(max_examples=150)
def test_statements_may_stand_in_any_order(main: list[str], other: list[str]) -> None:
    def body(lines: list[str]) -> str:
        return "\n".join(lines)

    agrees(
        f"route call => main\nflow main(n) {{\n{body(main)}\nmain(n)\n}}\nflow other {{\n{body(other)}\n}}\n"
    )
