"""What follows what in a diagram, a construct a case."""

from __future__ import annotations

import pytest

from flowlang.graph import chart_of
from flowlang.graph.model import nodes
from tests.graph.drawing import EVERYTHING, chart, edges, program


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            'say "a"\nwait 5s', ["main -> say “a”", "say “a” -> wait 5s", "wait 5s -> end"], id="steps"
        ),
        pytest.param(
            'if elapsed() > 1s { say "a" }',
            ["main -> elapsed() > 1s?", "elapsed() > 1s? -yes-> say “a”", "say “a” -> end",
             "elapsed() > 1s? -no-> end"],
            id="if",
        ),
        pytest.param(
            'if elapsed() > 2s { stop } else if elapsed() > 1s { say "b" } else { return }',
            ["main -> which is true first?", "which is true first? -elapsed() > 2s-> stop",
             "which is true first? -elapsed() > 1s-> say “b”", "which is true first? -none of them-> return",
             "say “b” -> end"],
            id="else if is one choice",
        ),
        pytest.param(
            'let a = ask("?")\nmatch a { "1" => say "a"\n no_input, no_match => return\n _ => stop }',
            ["main -> ask → a “?”", "ask → a “?” -> a", "a -“1”-> say “a”", "a -no_input, no_match-> return",
             "a -anything else-> stop", "say “a” -> end"],
            id="match names outcomes",
        ),
        pytest.param(
            'menu: loop up to 3 { say "a"\n if elapsed() > 1h { break }\n'
            'if elapsed() > 1m { continue menu }\n }',
            ["main -> menu: up to 3 times", "menu: up to 3 times -> say “a”", "say “a” -> elapsed() > 1h?",
             "elapsed() > 1h? -yes-> leave menu", "elapsed() > 1h? -no-> elapsed() > 1m?",
             "elapsed() > 1m? -yes-> back to menu", "back to menu => menu: up to 3 times",
             "elapsed() > 1m? -no=> menu: up to 3 times", "menu: up to 3 times -after 3 times-> end",
             "leave menu -> end"],
            id="loop",
        ),
        pytest.param(
            'for x in [1] { log "${x}" }',
            ["main -> for each x in [1]", "for each x in [1] -> log “${x}”",
             "log “${x}” -again=> for each x in [1]", "for each x in [1] -all done-> end"],
            id="for",
        ),
        pytest.param(
            'on hold { log "h" }\nsay "a"',
            ["main -> say “a”", "say “a” ..> on hold", "on hold -> log “h”", "say “a” -> end"],
            id="handler",
        ),
        pytest.param(
            'ringup("n") { on ringing { break } }',
            ["main -> ringup “n”", "ringup “n” ..> on ringing", "on ringing -> break off",
             "ringup “n” -> end"],
            id="handler of an action",
        ),
        pytest.param(
            'within 5s { say "a" } else { say "b" }',
            ["main -> within 5s", "within 5s -> say “a”", "within 5s -time is over-> say “b”",
             "say “a” -> end", "say “b” -> end"],
            id="within",
        ),
        pytest.param(
            'try { raise "x" } catch { log "c" } finally { log "f" }',
            ["main -> try", "try -> raise “x”", "try -on a fault-> log “c”", "log “c” -> finally",
             "finally -> log “f”", "log “f” -> end"],
            id="try",
        ),
        pytest.param(
            'try { return } finally { log "f" }',
            ["main -> try", "try -> return", "try -in any case-> finally", "finally -> log “f”"],
            id="finally after return goes nowhere",
        ),
        pytest.param(
            'race { stream { say "a" }\n stream b { stop } }',
            ["main -> a race", "a race -> stream", "stream -> say “a”", "a race -> stream b",
             "stream b -> stop", "say “a” -when the first is done-> end"],
            id="race",
        ),
    ],
)  # fmt: skip
def test_a_construct_leads_where_the_language_says(body: str, expected: list[str]) -> None:
    assert edges(body) == expected


def test_what_an_expression_does_stands_before_what_is_decided_by_it() -> None:
    assert edges('if length(ask("a").text) > 1 { stop }')[:2] == [
        "main -> ask “a”",
        'ask “a” -> length(ask("a").text) > 1?',
    ]


def test_pure_assignments_share_a_node() -> None:
    assert edges('let a = 1\nlet b = a\nlog "${b}"')[0] == "main -> a = 1 b = a"


def test_flows_stand_in_the_order_of_the_script_and_calls_lead_to_them() -> None:
    drawn = chart(EVERYTHING)
    assert [each.name for each in drawn.flows] == ["main", "risky", "plus", "sorry", "quiet"]
    links = {
        each.title: each.link for flow in drawn.flows for each in nodes(flow.block) if each.kind == "call"
    }
    assert links == {"risky": "risky.0", "plus": "plus.0", "start quiet": "quiet.0"}


def test_a_start_names_its_routes_and_what_it_takes_over_from() -> None:
    starts = {flow.name: next(nodes(flow.block)).text for flow in chart(EVERYTHING).flows}
    assert starts["main"] == 'call to "100" when starts_with(caller.number, "+44")\ncall to "200"'
    assert starts["sorry"] == "after a fault in main"


def test_one_flow_comes_with_those_that_it_leads_to() -> None:
    assert [each.name for each in chart_of(program(EVERYTHING), "risky").flows] == ["risky", "plus", "quiet"]


def test_every_node_has_an_id_of_its_own_and_every_link_leads_somewhere() -> None:
    every = [each for flow in chart(EVERYTHING).flows for each in nodes(flow.block)]
    ids = [each.id for each in every]
    assert len(set(ids)) == len(ids)
    assert {each.link for each in every if each.link is not None} <= set(ids)
