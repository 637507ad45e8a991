"""A script that is right passes without a word, and gives the program that compiler and engine need."""

from __future__ import annotations

import pytest

from flowlang.analysis import CheckResult, FlowInfo, Program, check
from flowlang.diagnostics import Source, render
from flowlang.model.actions import ACTIONS, Action, OutcomeType, Parameter
from flowlang.model.functions import Function
from flowlang.syntax import ast, parse

CLINIC = """
## Front desk of a clinic.
const LEAD = +14155550100
const GREETING = "Welcome"

route call to +16062067563 priority 10                                  => closed
route call to +16062067563 when caller.number != LEAD and now() > now() - 1h => desk else apologise
route call to "1??" from "sip:*@clinic.example"                         => desk

func label(n) = "option ${n}"
func factorial(n) {
    if n <= 1 { return 1 }
    return n * factorial(n - 1)
}

flow desk {
    answer
    on hangup { log "caller left after ${elapsed()}: ${factorial(3)}" }
    on paid as p { log "paid ${p.amount}" }
    let tries = 0
    stream clock { wait 10m; log "long" }
    menu: loop up to 3 {
        on dtmf "*" { continue menu }
        tries = tries + 1
        let choice = ask("${GREETING}. Press 1. ${label(1)}", digits: 1, timeout: 5s) {
            on hold { break }
        }
        match choice {
            "1"           => { nurse(tries); return }
            "2"           => { emit paid, {amount: 2}; return }
            no_input      => say "I did not hear anything."
            no_match as n => say "There is no ${n.text}."
            cancelled     => log "put on hold"
            _             => say "There is no such option."
        }
    }
    cancel clock
    within 5s { wait 10s } else { log "too long" }
    let id = start counter(1)
    log id
}

flow nurse(n = 1, kind = "x") {
    on hold as e { say "hold ${e.agent?.name} ${n} ${kind}" }
    for name in ["Ann", "Bob"] { say name, voice: "en-GB" }
    for name in keys({a: 1}) { log name }
    play "hello.wav"
    hangup
}

flow counter(n) { while n < 10 { wait 1s; n = n + 1 } }
flow closed { reject 486, reason: "busy" }
flow apologise { say "Sorry." }
"""


def checked(text: str, **options: object) -> CheckResult:
    parsed = parse(Source("script.flow", text))
    assert parsed.module is not None
    assert not parsed.diagnostics, "\n".join(map(render, parsed.diagnostics))
    return check(parsed.module, **options)  # type: ignore[arg-type]


def program(text: str) -> Program:
    result = checked(text)
    assert not result.diagnostics, "\n".join(map(render, result.diagnostics))
    assert result.program is not None
    return result.program


def test_nothing_is_said_of_a_right_script() -> None:
    program(CLINIC)


def test_routes_stand_with_the_best_first() -> None:
    routes = program(CLINIC).routes
    assert [(each.target.name, each.priority) for each in routes] == [
        ("desk", None),
        ("desk", None),
        ("closed", 10),
    ]
    assert routes[0].otherwise is not None


def test_a_flow_needs_what_the_flows_need_that_it_calls() -> None:
    flows = program(CLINIC).flows
    assert flows["desk"].needs == {"answer", "say", "play", "hangup"}
    assert flows["nurse"].needs == {"answer", "say", "play", "hangup"}
    assert flows["closed"].needs == {"reject"}


def test_a_started_flow_counts_for_itself() -> None:
    flows = program("flow main { start other() }\nflow other { on signal { log 'x' }; wait 1s }").flows
    assert flows["main"].events == frozenset()
    assert flows["other"].events == {"signal"}


def test_flows_that_call_each_other_share_their_needs() -> None:
    text = "flow a { b() }\nflow b { c(); ring }\nflow c { a(); hangup }\nflow d { c() }"
    flows = program(text).flows
    assert all(flow.needs == {"ring", "hangup"} for flow in flows.values())


def test_a_route_needs_what_its_else_flow_needs() -> None:
    checked_program = program(CLINIC)
    assert checked_program.needs(checked_program.routes[0]) >= {"say", "hangup"}
    assert checked_program.needs(checked_program.routes[2]) == {"reject"}


def test_a_flow_knows_the_channels_that_reach_it() -> None:
    flows = program(CLINIC).flows
    assert flows["nurse"].channels == {"call"}
    assert flows["counter"].channels == frozenset()


def test_a_call_tells_flows_functions_actions_and_built_ins_apart() -> None:
    found = program(CLINIC)

    def callee(name: str) -> object:
        flow = found.flows["desk"].decl
        calls = [each for each in ast.walk(flow) if isinstance(each, ast.Call)]
        written = (each for each in calls if isinstance(each.callee, ast.Name) and each.callee.name == name)
        return found.called(next(written)).callee

    assert isinstance(callee("nurse"), FlowInfo)
    assert isinstance(callee("factorial"), ast.FuncDecl)
    assert isinstance(callee("say"), Action)
    assert isinstance(callee("elapsed"), Function)


def test_constants_stand_behind_those_that_they_use() -> None:
    text = (
        "const A = B + C\nconst B = twice(C)\nconst C = 2\nfunc twice(n) = C * n\nflow main { log text(A) }"
    )
    assert list(program(text).constants) == ["C", "B", "A"]


def test_an_error_leaves_no_program_and_a_warning_does() -> None:
    assert checked("flow main { sya 'x' }").program is None
    warned = checked("flow main { let x = 1 }")
    assert warned.program is not None
    assert [each.code for each in warned.diagnostics] == ["W201"]


def test_an_action_of_the_host_is_checked_as_ours_are() -> None:
    lookup = Action(
        "lookup",
        "Looks up a customer.",
        (Parameter("number", ("text",), "whose", by_place=True),),
        (OutcomeType("found", ("name",), "is there"), OutcomeType("missing", (), "is not")),
    )
    text = 'flow main { match lookup(caller.number) { found as f => log f.name; missing => log "who?" } }'
    good = checked(text, actions={**ACTIONS, "lookup": lookup})
    assert not good.diagnostics
    bad = checked(text.replace("f.name", "f.nam"), actions={**ACTIONS, "lookup": lookup})
    assert [(each.code, each.near) for each in bad.diagnostics] == [("E207", "name")]


@pytest.mark.parametrize(
    "statement",
    [
        'match ask("x") { text as t => say t.text; no_input, no_match => say "?" }',
        'match ask("x") { "1" => log "1"; unknown, gone => log "g"; _ => log "_" }',
        'match ask("x", options: ["a", "b"]) { "a" => log "a"; "b" => log "b"; no_input, no_match => stop }',
        'match say("x") { gone => log "left"; _ => log "said" }',
        "let x = 1; if x == 1 { x = 2 } else { x = 3 }; log \"${x}\"",
        'if call.id == "x" { let y = 1; log "${y}" }; if call.id == "y" { let y = 2; log "${y}" }',
        'on dtmf as key { log key.digit }; on hold as key { log "${key.agent}" }',
        "let n = 0; on dtmf { n = n + 1 }; wait 5s; log \"${n}\"",
        "a: loop { b: loop { on dtmf { break a }; stream { continue b }; wait 1s } }",
        "loop { say \"x\" { on dtmf { break } }; wait 1s }; log \"x\"",
        'let day = ask("Which?"); if day.text == "Monday" { log upper(day.text) }',
        'let xs = [1, ...[2]]; log "${xs[0]} ${length(xs)} ${{a: 1}.a} ${[1] + xs}"',
        'log "${2 * 5s} ${1h / 5s} ${now() - 1h} ${now() + 1h < now()} ${-5s}"',
        "try { raise \"x\" } catch e { log e.code; raise } finally { loop { break }; stop }",
        "every 5s { break }; wait until now() > now(); wait until true; log \"x\"",
        "match wait for dtmf within 5s { dtmf as e => log e.digit; timeout => log \"late\" }",
        "parallel { stream { wait 1s }; stream { wait 2s } }; race { stream { wait 1s } }",
        'let _unread = 1; stream _s { wait 1s }',
    ],
)  # fmt: skip
def test_a_right_statement_passes(statement: str) -> None:
    program(f"flow main {{ {statement} }}")
