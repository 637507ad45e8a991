"""Charts of scripts that are given as text."""

from __future__ import annotations

from flowlang.analysis import Program, check
from flowlang.diagnostics import Source, has_errors, render
from flowlang.graph import Chart, chart_of
from flowlang.graph.edges import edges_of
from flowlang.graph.model import nodes
from flowlang.syntax import parse
from tests.core.machine import TEST_ACTIONS

EVERYTHING = """
## Everything at once.
route call to "100" when starts_with(caller.number, "+44") => main else sorry
route call to "200" => main(2) else sorry

flow main(times = 1) {
    let count = 0
    if times > 1 { count = count + 1 }
    if count == 0 { say "zero" } else if count == 1 { say "one" } else { say "more"; stop }
    within 5m {
        let d = ask("Your number please", digits: 4)
        outer: for x in [1, 2, 3] {
            while count < 3 {
                on signal "paid" when count > 2 { log "paid"; break outer }
                if d.text == "4" { continue outer }
                if d.text == "5" { break }
                count = count + 1
                wait 1s
            }
            say "round ${x}"
        }
    } else { say "Too slow."; return }
    try { risky(); log "${plus(2)}" } catch e { log "it failed: ${e}" } finally { log "cleaned up" }
    try { return } finally { say "Goodbye & <thanks>" }
}
flow risky {
    let r = ringup("the nurse") { on ringing { say "I am connecting you." }
        on hold { break } }
    match r {
        answered => log "talked"
        cancelled => { log "cancelled"; say "We cannot reach the nurse." }
    }
    if plus(1) == 2 { raise "boom" }
    parallel {
        stream a { say "A"; wait 2s }
        stream { log "B" }
    }
    race {
        stream { wait for hangup within 5s }
        stream { every 10s { log "tick"; emit ticked, 5 } }
    }
    log start quiet()
    stream watch { wait until elapsed() > 5m; log "late" }
    join watch
    loop {
        on dtmf "9" { return }
        say "forever"
    }
}
flow plus(n) { return n + 1 }
flow sorry {
    loop {
        let x = ask("More?")
        match x { "y" => continue
            "n" => break
            _ => say "What?" }
    }
}
flow quiet { log "q" }
"""


def program(text: str, name: str = "x.flow") -> Program:
    """A script that has to be right."""
    parsed = parse(Source(name, text))
    assert parsed.module is not None
    checked = check(parsed.module, actions=TEST_ACTIONS)
    assert checked.program is not None, "\n".join(map(render, checked.diagnostics))
    assert not has_errors(checked.diagnostics)
    return checked.program


def chart(text: str) -> Chart:
    """Its chart."""
    return chart_of(program(text))


def edges(body: str) -> list[str]:
    """The edges of a flow with this body, as `from -label-> to`; `..>` is beside, `=>` back."""
    (flow, *_) = chart(f"flow main {{\n{body}\n}}").flows
    shown = {each.id: " ".join(f"{each.title} {each.text}".split()) for each in nodes(flow.block)}
    lines: list[str] = []
    for each in edges_of(flow.block):
        arrow = "..>" if each.is_beside else "=>" if each.is_back else "->"
        label = f" -{each.label}" if each.label else " "
        lines.append(f"{shown[each.source]}{label}{arrow} {shown[each.target]}")
    return lines
