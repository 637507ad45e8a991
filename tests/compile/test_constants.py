"""Constants that cannot be worked out are told before anything runs, with the line that they are on."""

from __future__ import annotations

import pytest

from flowlang import analysis
from flowlang.analysis import Missing
from flowlang.core import check_constants, compile_script
from flowlang.diagnostics import ScriptError, Source
from flowlang.syntax import parse

MODULE = 'const RATE = 1 // ZERO\nconst ZERO = 0\nflow greet { log "${RATE}" }\n'


def load(path: str, importer: Source) -> Source | Missing:
    return Source(path, MODULE)


def wrong(text: str) -> tuple[str, str, int, str] | None:
    """Code, file, line and message of what is wrong with a constant."""
    module = parse(Source("main.flow", text)).module
    assert module is not None
    program = analysis.check(module, load=load).program
    assert program is not None
    found = check_constants(program)
    return found and (found.code, found.source.name, found.position.line, found.message.partition(": ")[2])


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("const A = 1\nconst B = A // 0", 2, "nothing can be divided by zero"),
        ("const A = 1.5 / 0", 1, "nothing can be divided by zero"),
        ("const B = A * A\nconst A = 9223372036854775807", 1, "an integer has at most 64 bits"),
        ("const A = [1, 2][\n  5]", 1, ""),
        ("func f(n) {\n  loop { }\n}\nconst A = f(1)", 4, "more than 100000 steps"),
        ("func f(n) = f(n + 1)\n\nconst A = f(1)", 3, ""),
        ('func to(n) = "${1 // n}"\nroute call to to(0) => main', 2, "nothing can be divided by zero"),
    ],
)
def test_a_constant_that_cannot_be_worked_out_is_told_with_its_line(text: str, line: int, why: str) -> None:
    found = wrong(f"{text}\nflow main {{ }}")
    assert found is not None
    assert found[:3] == ("E606", "main.flow", line)
    assert why in found[3]


def test_a_constant_of_a_module_is_told_with_its_file() -> None:
    text = 'use "./m"\nflow main { log "${m.RATE}" }'
    assert wrong(text) == ("E606", "./m", 1, "nothing can be divided by zero")


def test_constants_that_can_be_worked_out_are_no_mistake() -> None:
    assert wrong("const A = f(2)\nfunc f(n) = n * 2\nflow main { let x = A }") is None


def test_what_a_flow_does_wrong_is_not_looked_at() -> None:
    text = "const ZERO = 0\nflow main { let _x = 1 // ZERO }"
    assert wrong(text) is None
    module = parse(Source("main.flow", text)).module
    assert module is not None
    program = analysis.check(module).program
    assert program is not None
    assert compile_script(program).flows.keys() == {"main"}


def test_a_program_with_a_wrong_constant_is_not_compiled() -> None:
    program, _ = analysis.checked_program(parse(Source("main.flow", "const A = 1 // 0")))
    with pytest.raises(ScriptError, match=r"main\.flow:1:1: error E606: this constant cannot be worked out"):
        compile_script(program)


@pytest.mark.parametrize(("text", "code"), [("flow main {", "E1"), ("flow main { nowhere }", "E2")])
def test_what_does_not_parse_or_has_errors_is_no_program(text: str, code: str) -> None:
    with pytest.raises(ScriptError) as raised:
        analysis.checked_program(parse(Source("main.flow", text)))
    assert raised.value.diagnostics[0].code.startswith(code)
