"""Parameters with defaults: in calls, in `start`, and where a route leaves an argument out."""

from __future__ import annotations

import json

from flowlang.core import Chosen, Launch, choose_route
from flowlang.model.values import SECOND, Duration
from tests.core.machine import Run, compiled, opening, seen

FLOWS = """
    flow desk(name, wait_for = 5s, tries = count(2), words = ["x"]) {
        words = words + [name]
        log "${words} ${wait_for} ${tries}"
    }
    func count(n = 1, m = 3) = n * m
"""


def test_a_default_is_worked_out_anew_where_a_call_leaves_it_out() -> None:
    text = 'flow main { desk("a"); desk("b", 1s); desk("c", tries: 9); desk("d", words: [], wait_for: 2s) }'
    assert seen(text + FLOWS) == '["x", "a"] 5s 6 · ["x", "b"] 1s 6 · ["x", "c"] 5s 9 · ["d"] 2s 6 · end done'
    assert seen('flow main { log "${count()} ${count(3)} ${count(m: 7)}" }' + FLOWS) == "3 9 7 · end done"


def test_none_that_is_given_is_not_a_default() -> None:
    assert seen('flow main { f(none) }\nflow f(x = 1) { log "${x}" }') == "none · end done"


def test_a_route_may_leave_out_what_has_a_default_and_the_journal_can_write_it() -> None:
    script = compiled(f"""
        route call to "*" => desk("r", tries: 4) else desk("e")
        {FLOWS}
    """)
    begin = opening()
    chosen = choose_route(script, begin)
    assert isinstance(chosen, Chosen)
    assert chosen.flow == ("desk", {"name": "r", "tries": 4})
    assert chosen.otherwise == ("desk", {"name": "e"})
    begin = begin.taken_by(chosen.flow, chosen.line, chosen.otherwise)
    assert json.loads(json.dumps(begin.to_plain()))["arguments"] == {"name": "r", "tries": 4}
    assert Run(script, begin=begin).through() == '["x", "r"] 5s 4 · end done'


def test_start_leaves_the_defaults_to_the_new_activeflow() -> None:
    script = compiled(
        'flow main { let id = start other("a"); let id2 = start other("b", pause: 2s); log "${id} ${id2}" }\n'
        'flow other(name, pause = 1s) { wait pause; log "${name} ${elapsed()}" }'
    )
    run = Run(script)
    assert run.through() == "a1.1 a1.2 · end done"
    launched = [each for outputs in run.outputs for each in outputs if isinstance(each, Launch)]
    assert [each.arguments for each in launched] == [
        {"name": "a"},
        {"name": "b", "pause": Duration(2 * SECOND)},
    ]
