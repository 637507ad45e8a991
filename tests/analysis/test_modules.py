"""Modules: what a script may use of them, and how mistakes about them are told, each in its own file."""

from __future__ import annotations

import pytest

from flowlang.analysis import CheckResult, Missing, check
from flowlang.diagnostics import Source
from flowlang.syntax import ast, parse

CLOCK = """
const NOON = 12
func made(hour) = {hour: hour}
func after(clock, hour) = hour > clock.hour
flow told(clock) { say "It is ${clock.hour}." }
"""


def checked(script: str, **modules: str) -> CheckResult:
    def load(path: str, _importer: Source) -> Source | Missing:
        text = modules.get(path.removeprefix("./"))
        return Source(path, text) if text is not None else Missing("there is none", tuple(modules))

    parsed = parse(Source("script", script))
    assert parsed.module is not None
    assert not parsed.diagnostics
    return check(parsed.module, load=load)


def told(script: str, **modules: str) -> list[str]:
    """What is wrong: file, line and code, then the message."""
    found = checked(script, **modules).diagnostics
    return [f"{each.source.name}:{each.position.line} {each.code} {each.message}" for each in found]


def test_flows_functions_and_constants_of_a_module_can_be_used() -> None:
    script = """
        use "./clock" as c
        const LUNCH = c.made(c.NOON)
        route call to c.NUMBER => c.told(LUNCH) else main
        flow main {
            c.told c.made(3)
            let later = LUNCH.after(13) and c.after(LUNCH, 13)
            log "${later} ${c.made(1).after(2)}"
            handoff c.told(LUNCH)
        }
    """
    assert told(script, clock=CLOCK + 'const NUMBER = "100"') == []


def test_a_name_that_a_module_does_not_have_is_told_with_a_near_one() -> None:
    script = 'use "./clock"\nflow main { log "${clock.MOON} ${clock.mad(1)}" }'
    found = checked(script, clock=CLOCK).diagnostics
    assert [(each.code, each.near) for each in found] == [("E201", "NOON"), ("E201", "made")]


def test_what_is_no_value_is_called_and_what_is_one_is_not() -> None:
    script = 'use "./clock"\nflow main { log "${clock.made} ${clock.NOON(1)} ${clock}" }'
    assert told(script, clock=CLOCK) == [
        "script:2 E206 `clock.made` is no value",
        "script:2 E206 `clock.NOON` is a constant and cannot be called",
        "script:2 E206 `clock` is a module and no value",
    ]


def test_the_arguments_of_a_modules_functions_are_looked_at() -> None:
    assert told('use "./clock"\nflow main { clock.told(time: 1)\nhandoff clock.told() }', clock=CLOCK) == [
        "script:2 E301 `clock.told` has no parameter `time`",
        "script:3 E302 `clock.told` needs the argument `clock`",
    ]


def test_a_function_of_a_value_needs_a_value_that_the_module_is_seen_to_have_made() -> None:
    script = """use "./clock"
        flow main(given) {
            let one = clock.made(1)
            let other = clock.made(1)
            other = given
            log "${one.after(2)} ${other.after(2)} ${given.after(2)} ${one.before(2)}"
        }"""
    found = checked(script, clock=CLOCK).diagnostics
    assert [(each.code, each.hint) for each in found] == [
        ("E206", "no module is seen to have made it; write `clock.after(other, …)`"),
        ("E206", "no module is seen to have made it; write `clock.after(given, …)`"),
        ("E201", None),
    ]


def test_the_name_of_a_module_is_not_given_to_anything_else() -> None:
    assert told('use "./clock"\nflow main { let clock = 1\nlog "${clock}" }', clock=CLOCK) == [
        "script:2 E204 `clock` would hide the module `clock` of line 1"
    ]
    twice = 'use "./clock"\nuse "./watch" as clock\nflow main { clock.told(1) }'
    assert told(twice, clock=CLOCK, watch=CLOCK) == ["script:2 E203 `clock` is declared already, on line 1"]


@pytest.mark.parametrize(
    "other", ['use "std/clock"', "const clock = 1", "func clock() = 1", "flow clock { }"]
)
def test_a_module_that_is_not_there_takes_no_name(other: str) -> None:
    for script in (f'use "./away" as clock\n{other}\nflow main {{ }}', f'{other}\nuse "./away" as clock'):
        codes = [each.split()[1] for each in told(script, **{"std/clock": CLOCK})]
        assert [each for each in codes if each.startswith("E")] == ["E601"]


def test_a_module_that_is_not_there_is_hidden_by_nothing() -> None:
    found = told('use "./away"\nflow main { let away = 1\nlog "${away}" }')
    assert found == ["script:1 E601 `./away` cannot be used: there is none"]


def test_the_way_from_a_route_to_an_action_leads_through_modules() -> None:
    found = told(
        'use "./outer"\nroute sms to +14155550100 => main\nflow main { outer.run() }',
        outer='use "./inner"\nflow run { inner.tune() }',
        inner='flow tune { play "x.wav" }',
    )
    way = "`play` is reached from `route sms` by main → outer.run → outer.inner.tune"
    assert f"./inner:1 E401 {way}" in found


def test_a_mistake_in_a_module_is_told_in_the_module_and_once() -> None:
    script = 'use "./a"\nuse "./b"\nflow main { a.run()\nb.run() }'
    common = "flow run { log missing }"
    found = told(script, a='use "./c"\nflow run { c.run() }', b='use "./c"\nflow run { c.run() }', c=common)
    assert found == ["./c:1 E201 nothing is called `missing`"]


def test_a_module_that_does_not_parse_brings_no_further_errors() -> None:
    found = told('use "./a"\nflow main { a.run()\nlog "${a.NAME}" }', a="flow run {")
    assert [each.partition(" ")[0] for each in found] == ["./a:1"]


def test_a_ring_of_modules_is_told_where_it_closes() -> None:
    first, second = 'use "./b"\nflow run { b.run() }', 'use "./a"\nflow run {}'
    found = told('use "./a"\nflow main { a.run() }', a=first, b=second)
    assert found[0] == "./b:1 E602 modules use each other: `./a` → `./b` → `./a`"


def test_an_event_that_a_module_emits_can_be_handled() -> None:
    script = 'use "./a"\nflow main { on paid as p { log "${p.amount}" }\na.run() }'
    assert told(script, a="flow run { emit paid, {amount: 1} }") == []


def test_a_flow_knows_what_the_flows_of_modules_need() -> None:
    script = 'use "./a"\nroute call => main\nflow main { a.run() }'
    program = checked(script, a='flow run { play "x.wav" }').program
    assert program is not None
    assert "play" in program.flows["main"].needs
    assert [each.prefix for each in program.modules] == ["a.", ""]
    assert program.modules[0].flows["run"].channels == {"call"}
    assert isinstance(program.modules[0].flows["run"].decl, ast.FlowDecl)


def test_tests_of_a_module_are_not_looked_at_where_it_is_used() -> None:
    assert told('use "./a"\nflow main { a.run() }', a='flow run {}\ntest "x" { nobody hangs up }') == []


def test_a_chain_of_two_thousand_modules_is_too_long() -> None:
    text = 'use "./m%d" as next\nflow run { next.run() }'
    modules = {f"m{number}": text % (number + 1) for number in range(2000)}
    found = told('use "./m0"\nflow main { m0.run() }', **modules)
    assert [each.partition(" ")[2][:4] for each in found] == ["E601"]


def test_all_modules_together_have_a_limit() -> None:
    modules = {f"m{number}": "#" * 1_000_000 for number in range(5)}
    script = "".join(f'use "./m{number}"\n' for number in range(5)) + "flow main { }"
    found = [each for each in told(script, **modules) if "E601" in each]
    assert found == ["script:5 E601 the modules of a script have at most 4,194,304 characters together"]
