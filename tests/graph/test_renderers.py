"""Mermaid and SVG: whole texts of a small flow, nothing of a script unescaped, coverage."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.diagnostics import Source
from flowlang.graph import Chart, Piece, Taken, to_mermaid, to_svg
from flowlang.graph.mermaid import escaped
from flowlang.graph.model import Branch, Choice, Item, Sided, nodes
from flowlang.testing.coverage import FileCoverage
from flowlang.testing.run import run_source
from tests.graph.drawing import EVERYTHING, chart

SVG = "{http://www.w3.org/2000/svg}"
SMALL = """## A small flow.
route call to "100" => main
flow main {
    on hold { log "held" }
    if elapsed() > 1h { say "late" } else { other() }
}
flow other { say "<hello>" }
test "it" { let a = call(to: "100")
    expect a hears "hello" }
"""
HOSTILE = r"""## `a` <b> & "c" ]] --> %%{init}%%
flow end { say "a\"] --> b; click <script>alert(1)</script> #35; style: x;#y; { } | \u{202e} \u{0} \\" }
"""


def test_mermaid_of_a_small_flow() -> None:
    lines = [line for line in to_mermaid(chart(SMALL)).splitlines() if "classDef" not in line]
    assert lines == [
        "---",
        "title: 'x.flow'",
        "---",
        "flowchart TD",
        '    subgraph g1["flow main"]',
        '        n_main_0(["main<br/>call to #34;100#34;"]):::k_start',
        '        n_main_5{{"elapsed() #62; 1h?"}}:::k_choice',
        '        n_main_3["say<br/>“late”"]:::k_action',
        '        n_main_4[["other"]]:::k_call',
        '        subgraph g2[" "]',
        '            n_main_1>"on hold"]:::k_beside',
        '            n_main_2["log<br/>“held”"]:::k_action',
        "        end",
        '        n_main_6(["end"]):::k_end',
        "    end",
        "    n_main_0 --> n_main_5",
        '    n_main_5 -->|"yes"| n_main_3',
        '    n_main_5 -->|"no"| n_main_4',
        "    n_main_5 -.-> n_main_1",
        "    n_main_1 --> n_main_2",
        "    n_main_3 --> n_main_6",
        "    n_main_4 --> n_main_6",
        "    n_main_4 -.-> n_other_0",
        '    subgraph g3["flow other"]',
        '        n_other_0(["other"]):::k_start',
        '        n_other_1["say<br/>“#60;hello#62;”"]:::k_action',
        '        n_other_2(["end"]):::k_end',
        "    end",
        "    n_other_0 --> n_other_1",
        "    n_other_1 --> n_other_2",
    ]


@given(st.text())
def test_no_text_means_anything_to_mermaid(text: str) -> None:
    bare = re.sub(r"#\d+;|<br/>", "", escaped(text))
    assert not set(bare) & set("\"'`#;<>{}[]|\\&%$*~^:@\n") - {"'"}


@pytest.mark.parametrize("draw", [to_mermaid, to_svg])
def test_equal_scripts_give_equal_pictures(draw: Callable[[Chart], str]) -> None:
    assert draw(chart(EVERYTHING)) == draw(chart(EVERYTHING))


@pytest.mark.parametrize("text", [SMALL, EVERYTHING, HOSTILE])
def test_svg_is_well_formed_and_every_node_is_there_with_its_line(text: str) -> None:
    drawn = chart(text)
    root = ElementTree.fromstring(to_svg(drawn))  # noqa: S314
    found = {each.get("id"): each.findtext(f"{SVG}title") for each in root.iter(f"{SVG}g") if each.get("id")}
    assert found == {each.id: f"line {each.line}" for flow in drawn.flows for each in nodes(flow.block)}


def test_svg_has_a_title_and_a_description_for_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(to_svg(chart(SMALL)))  # noqa: S314
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert root.findtext(f"{SVG}title") == "x.flow"
    assert root.findtext(f"{SVG}desc") == "A small flow. The flows main, other, as a diagram."


def test_svg_has_nothing_of_a_script_that_could_run_or_hide() -> None:
    text = to_svg(chart(HOSTILE))
    assert "<script" not in text
    assert "\u202e" not in text
    assert {each.tag for each in ElementTree.fromstring(text).iter()} <= {  # noqa: S314
        SVG + each
        for each in "svg title desc style defs marker path rect text g polyline polygon a".split()  # noqa: SIM905
    }


def test_a_call_leads_to_its_flow() -> None:
    root = ElementTree.fromstring(to_svg(chart(SMALL)))  # noqa: S314
    assert [each.get("href") for each in root.iter(f"{SVG}a")] == ["#other.0"]


# -- coverage


def coverage_of(text: str) -> FileCoverage:
    found = run_source(Source("x.flow", text), coverage=True).coverage
    assert found is not None
    return found


def taken(text: str) -> Taken:
    found = coverage_of(text)
    return {Piece(each.kind, each.extent): each in found.taken for each in found.pieces}


def test_what_no_test_takes_is_told_in_mermaid() -> None:
    text = to_mermaid(chart(SMALL), taken(SMALL))
    assert '["say<br/>“late”<br/>(no test ever came here)"]:::k_missed' in text
    assert '-->|"yes (never taken)"|' in text
    assert '[["other"]]:::k_taken' in text
    assert '>"on hold<br/>(no test ever came here)"]:::k_missed' in text


def test_what_no_test_takes_is_told_in_svg_by_more_than_colour() -> None:
    root = ElementTree.fromstring(to_svg(chart(SMALL), taken(SMALL)))  # noqa: S314
    marked = {
        each.get("id"): each.findtext(f"{SVG}title")
        for each in root.iter(f"{SVG}g")
        if "missed" in (each.get("class") or "")
    }
    assert set(marked) == {"main.1", "main.2", "main.3"}
    assert all(each is not None and each.endswith(", no test ever came here") for each in marked.values())
    assert "no test ever did" in "".join(root.itertext())


def test_only_the_begin_of_a_piece_counts_as_taken() -> None:
    script = """route call to "100" => main
flow main { say "a"
    wait 1h
    say "b" }
test "it" { let a = call(to: "100")
    expect a hears "a"
    a hangs up }
"""
    text = to_mermaid(chart(script), taken(script))
    assert re.findall(r"n_main_(\d).*k_taken$", text, re.MULTILINE) == ["0"]


def test_the_pieces_of_a_chart_are_those_that_coverage_counts() -> None:
    counted = {
        Piece(each.kind, each.extent)
        for each in coverage_of(SMALL_EVERYTHING).pieces
        if each.kind not in ("route", "func", "outcome")
    }
    drawn = {
        piece
        for flow in chart(SMALL_EVERYTHING).flows
        for piece in (
            *(each.piece for each in nodes(flow.block)),
            *(each.piece for each in branches(flow.block.items)),
        )
    }
    assert drawn - {None} == counted


def branches(items: tuple[Item, ...]) -> list[Branch]:
    found: list[Branch] = []
    for item in items:
        if isinstance(item, Sided):
            found += branches(item.block.items)
        elif isinstance(item, Choice):
            for each in item.branches:
                found += [each, *branches(each.block.items)]
    return found


SMALL_EVERYTHING = """
route call to "100" => main
flow main {
    on hold { log "h" }
    if elapsed() > 1h { say "a" } else if elapsed() > 2h { log "b" }
    if elapsed() > 1h { say "a" } else { log "b" }
    for x in [1] { log "${x}" }
    loop { break }
    match 1 { 1 => log "one"
        _ => log "other" }
    within 1s { log "w" } else { log "late" }
    try { log "t" } catch { log "c" }
    every 1s { log "e" }
}
test "it" { let a = call(to: "100")
    a hangs up }
"""
