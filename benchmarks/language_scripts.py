"""What `make bench-language` compares: each task as a `func`, in Python, in Lua and in Starlark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `size` is its argument; `native` the same in Python; `lua` and `starlark` print nothing."""

    key: str
    size: int
    flow: str
    native: Callable[[int], Any]
    lua: str | None = None
    starlark: str | None = None


def _loop(n: int) -> int:
    i = 0
    total = 0
    while i < n:
        total = total + i
        i = i + 1
    return total


def _fib(n: int) -> int:
    if n < 2:
        return n
    return _fib(n - 1) + _fib(n - 2)


def _template(n: int) -> str:
    name = "Ann"
    last = ""
    i = 0
    while i < n:
        last = f"Dear {name}, you are number {i} of {n} in the queue."
        i = i + 1
    return last


def _decimal(n: int) -> Decimal:
    total = Decimal("0.00")
    price = Decimal("19.99")
    rate = Decimal("1.19")
    i = 0
    while i < n:
        total = total + price * rate
        i = i + 1
    return total


TASKS = (
    Task(
        "loop_vs_native",
        100_000,
        """func run(n) {
    let i = 0
    let total = 0
    while i < n {
        total = total + i
        i = i + 1
    }
    return total
}
""",
        _loop,
        "local function run(n) local i, t = 0, 0 while i < n do t = t + i i = i + 1 end return t end",
        "def run(n):\n  t = 0\n  for i in range(n):\n    t = t + i\n  return t\n",
    ),
    Task(
        "recursion_vs_native",
        18,
        """func run(n) {
    if n < 2 { return n }
    return run(n - 1) + run(n - 2)
}
""",
        _fib,
        "local function run(n) if n < 2 then return n end return run(n - 1) + run(n - 2) end",
    ),
    Task(
        "template_vs_native",
        20_000,
        """func run(n) {
    let name = "Ann"
    let last = ""
    let i = 0
    while i < n {
        last = "Dear ${name}, you are number ${i} of ${n} in the queue."
        i = i + 1
    }
    return last
}
""",
        _template,
        'local function run(n) local s for i = 1, n do s = "Dear " .. "Ann" .. ", you are number " .. i .. '
        '" of " .. n .. " in the queue." end return s end',
        'def run(n):\n  s = ""\n  for i in range(n):\n'
        '    s = "Dear %s, you are number %d of %d in the queue." % ("Ann", i, n)\n  return s\n',
    ),
    Task(
        "decimal_vs_native",
        20_000,
        """func run(n) {
    let total = 0.00
    let price = 19.99
    let rate = 1.19
    let i = 0
    while i < n {
        total = total + price * rate
        i = i + 1
    }
    return total
}
""",
        _decimal,
    ),
)

CALL = "flow main { return run(%d) }\n"

SPINNERS = """flow spin_loop {
    let i = 0
    loop { i = (i + 1) % 1000 }
}
func fib(n) {
    if n < 2 { return n }
    return fib(n - 1) + fib(n - 2)
}
flow spin_func { loop { fib(22) } }
flow spin_text {
    let t = ""
    let i = 0
    loop {
        t = "${t}, ${i}"
        i = i + 1
        if length(t) > 5000 { t = "" }
    }
}
flow react {
    loop {
        wait for signal "ping" within 1h
        log "pong"
    }
}
"""

IDLE = """flow main {
    on signal "go" { log "gone" }
    within 1h {
        wait for signal "never"
    }
    wait for signal "never"
}
"""

SMALL = """## A small desk.
const OPEN = "We are open from nine to five."

route call to +16062067563 => desk

flow desk {
    answer
    on hangup { log "left" }
    let choice = ask("Press 1 for the hours.", digits: 1, timeout: 5s)
    match choice {
        "1" => say OPEN
        no_input => say "I did not hear anything."
        _ => say "There is no such option."
    }
}
"""


def large(lines: int) -> tuple[str, str]:
    """A script of about so many lines, and Python that says as much on as many lines."""
    script: list[str] = []
    python: list[str] = []
    for number in range(lines // 16):
        script.append(f"""flow part_{number}(who, times) {{
    let count = 0
    let total = 1.5
    while count < times {{
        total = total * 2 + count
        if total > 100 {{
            log "${{who}} has ${{total}} at ${{count}}"
            total = 0.5
        }} else {{
            count = count + 1
        }}
        count = count + 1
    }}
    log "part_{number} ${{total}} ${{[who, count, total]}}"
    return {{who: who, count: count, total: total}}
}}""")
        python.append(f"""def part_{number}(who, times):
    count = 0
    total = 1.5
    while count < times:
        total = total * 2 + count
        if total > 100:
            log(f"{{who}} has {{total}} at {{count}}")
            total = 0.5
        else:
            count = count + 1

        count = count + 1

    log(f"part_{number} {{total}} {{[who, count, total]}}")
    return {{"who": who, "count": count, "total": total}}
""")
    return "\n".join(script) + "\n", "\n".join(python) + "\n"
