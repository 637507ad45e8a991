"""What a very large or hostile script costs: no deep recursion, and no work that grows with the square."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from flowlang.analysis import CheckResult, check
from flowlang.diagnostics import Source
from flowlang.syntax import ast, parse


def checked(text: str) -> CheckResult:
    parsed = parse(Source("script.flow", text))
    assert parsed.module is not None
    assert not parsed.diagnostics, parsed.diagnostics[0]
    return check(parsed.module)


def calls_of(module: ast.Module) -> int:
    """How many Python functions a check calls: time without a clock."""
    count = 0

    def count_one(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(count_one)
    try:
        check(module)
    finally:
        sys.setprofile(None)
    return count


def main(body: str) -> str:
    return f"flow main(x) {{ {body} }}\n"


def nested(before: str, after: str, inside: str = "log 'x'", depth: int = 90) -> str:
    return main(before * depth + inside + after * depth)


@pytest.mark.parametrize(
    "text",
    [
        nested("if x { ", " }"),
        nested("loop { ", "; wait 1s }"),
        nested("on dtmf { ", " }"),
        nested("stream { ", " }"),
        nested("match x { _ => { ", " } }", depth=45),
        nested('say "x" { on dtmf { ', " } }", depth=45),
        nested("within 5s { ", " }"),
        main(f"let y = {'(' * 180}x{')' * 180}; log y"),
        main(f"let y = {'[' * 180}x{']' * 180}; log y[0]"),
    ],
)
def test_deep_nesting_is_no_trouble(text: str) -> None:
    checked(text)


def times(n: int, text: str) -> str:
    """`text` n times, each time with its number for `#` and the next one for `@`."""
    return "".join(text.replace("#", str(i)).replace("@", str(i + 1)) for i in range(n))


LARGE: dict[str, Callable[[int], str]] = {
    "statements": lambda n: main(times(n, "log 'x'; ")),
    "variables": lambda n: main(times(n, 'let v# = #; log "${v#}"; ')),
    "the same variable": lambda n: main(times(n, "let v = 'x'; log v; ")),
    "unknown names": lambda n: main(times(n, "log x#; ")),
    "unknown flows": lambda n: times(n, "flow f# { g#() }\n"),
    "arms": lambda n: main("match x { " + times(n, "# => log 'x'; ") + "}"),
    "streams": lambda n: main("stream s0 { }; " + times(n, "stream s@ { join s# }; ")),
    "unreachable": lambda n: main(times(n, "stop; ")),
    "a chain of flows": lambda n: times(n, "flow f# { f@() }\n") + f"flow f{n} {{ ring }}",
    "a chain of flows from a route": lambda n: (
        times(n, "flow f# { f@() }\n") + f"flow f{n} {{ ring }}\nroute call => f0"
    ),
    "a chain of flows in a thread": lambda n: (
        times(n, "flow f# { f@() }\n") + f"flow f{n} {{ loop {{ wait 1s }} }}\nroute sms => f0"
    ),
    "loops that wait": lambda n: main(times(n, "if x { loop { wait 1s } }; ")) + "\nroute sms => main",
    "a ring of flows": lambda n: times(n, "flow f# { f@(); ring }\n") + f"flow f{n} {{ f0() }}",
    "constants upside down": lambda n: times(n, "const C# = C@ + 1\n") + f"const C{n} = 1",
    "routes": lambda n: times(n, 'route call to "#" => main\n') + main("ring"),
}


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE.keys())
def test_work_grows_with_the_length_of_the_script(make: Callable[[int], str]) -> None:
    def work(n: int) -> int:
        parsed = parse(Source("script.flow", make(n)))
        assert parsed.module is not None, parsed.diagnostics[0]
        return calls_of(parsed.module)

    assert work(800) < 2.3 * work(400) + 1000
