"""Runs programs by chance in this process under an audit hook: `python -m tests.sandbox.fuzz COUNT [SEED]`.

While a script runs, nothing may be opened, imported, compiled, executed or looked up in Python; no value may
be anything but a value of the language; and nobody may touch the canary, a Python object that lies beside
what scripts can name. Faults are the language's own: `internal` is a mistake of ours. Prints how many
programs ran to an end or a fault of their own; exits with 1 and the program where a rule is broken.
"""

from __future__ import annotations

import builtins
import sys
from collections import Counter
from decimal import Decimal
from typing import Any

from flowlang import analysis
from flowlang.core import Activeflow, Begin, Limits, Opening, Over, compile_script
from flowlang.core.journal import run_input
from flowlang.diagnostics import ScriptError, Source, has_errors
from flowlang.model.actions import ACTIONS
from flowlang.model.values import Duration, Outcome, Regex, Time
from flowlang.syntax import parse

from .generated import Programs

_SIMPLE = (type(None), bool, int, Decimal, str, Duration, Time, Regex)
_LIMITS = Limits(steps_per_input=20_000)


class Broken(Exception):
    """A rule does not hold."""


class Canary:
    """Sings when anything but `is` is done with it."""

    def __getattribute__(self, name: str) -> Any:
        raise Broken(f"the canary was asked for {name}")

    def __str__(self) -> str:
        raise Broken("the canary was written")

    def __eq__(self, other: object) -> bool:
        raise Broken("the canary was compared")

    __hash__ = None  # type: ignore[assignment]


class Audit:
    """Python's audit hook, while `watching`."""

    def __init__(self) -> None:
        self.watching = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, given: tuple[Any, ...]) -> None:
        ours = event == "object.__getattr__" and given[1] == "tb_frame"  # the line of a fault is looked for
        if self.watching and not ours:
            self.seen.append(event)


def check_value(value: Any) -> None:
    """Raises `Broken` for what is no value of the language, however deep."""
    todo = [(value, 0)]
    while todo:
        each, depth = todo.pop()
        kind = type(each)
        if depth > 100 or kind in _SIMPLE:
            continue
        if kind is tuple:
            todo += [(one, depth + 1) for one in each]
        elif kind is dict:
            todo += [(one, depth + 1) for pair in each.items() for one in pair]
        elif kind is Outcome:
            todo += [(each.name, depth + 1), (each.fields, depth + 1)]
        else:
            raise Broken(f"{kind.__name__} is no value")


def run(text: str, audit: Audit) -> str:
    """Runs one; how it went. Raises `Broken`."""
    parsed = parse(Source("fuzz.flow", text))
    if parsed.module is None or has_errors(parsed.diagnostics):
        return "not parsed"
    checked = analysis.check(parsed.module)
    if checked.program is None:
        return "not checked"
    try:
        script = compile_script(checked.program)
    except ScriptError:
        return "constant"
    script.namespace["canary"] = script.namespace["v_canary"] = Canary()
    flow = Activeflow(script, Opening("a1", "main", {}, 0, 1), _LIMITS, dict(ACTIONS))
    audit.watching = True
    try:
        outputs = run_input(flow, Begin(0))
    finally:
        audit.watching = False
    if audit.seen:
        raise Broken(f"a script caused {audit.seen[0]}")
    ending = next(each.ending for each in outputs if isinstance(each, Over))
    check_value(ending.value)
    if ending.code == "internal":
        raise Broken(ending.text or "")
    return ending.code or ending.how


def main() -> int:
    """Exit code 1 where a rule is broken."""
    count = int(sys.argv[1])
    programs = Programs(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    audit = Audit()
    builtins.canary = Canary()  # type: ignore[attr-defined]
    run('flow main { log "${1} ${2.5}"\n return matches("a", /a/) }', Audit())  # late imports are over now
    went: Counter[str] = Counter()
    for number in range(count):
        if number and number % max(1, count // 20) == 0:
            print(f"{number} of {count}", file=sys.stderr, flush=True)
        text = programs.program()
        try:
            went[run(text, audit)] += 1
        except BaseException as error:  # noqa: BLE001 (whatever it is, the program is what helps)
            print(f"program {number}: {type(error).__name__}: {error}\n{text}")
            return 1
    print(f"{count} programs: {', '.join(f'{name} {many}' for name, many in went.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
