"""Names in compiled code: none that stands for one thing is ever one for another."""

from __future__ import annotations

import re
from pathlib import Path

import flowlang.compile
from flowlang.compile import names
from tests.sandbox.running import run

FILES = sorted(Path(flowlang.compile.__file__).parent.glob("*.py"))
PREFIXES = {
    names.variable("1"), names.constant("1"), names.flow("1"), names.function("1"), names.stream("1"),
    names.primitive("1"), names.built_in("1"), names.pooled(1),
}  # fmt: skip


def test_a_fresh_name_has_no_prefix_of_the_others() -> None:
    fresh = {each for path in FILES for each in re.findall(r'fresh\("(\w+)"', path.read_text("utf-8"))}
    assert len(fresh) > 5
    assert not {f"{each}_1" for each in fresh} & PREFIXES


def test_a_fault_that_is_caught_without_a_name_hides_no_constant_value() -> None:
    values = ", ".join(f"{number}.5" for number in range(9))
    caught = f"try {{ let _x = [n // 0, {values}] }} catch {{ made = [{values}] }}"
    same = f'if joined(made) != "{"".join(f"{n}.5" for n in range(9))}" {{ raise joined(made) }}'
    func = f"func f(n) {{\n let made = []\n {caught}\n return made\n}}\n"
    flow = f"flow main {{\n let made = f(1)\n {same}\n let n = 1\n {caught}\n {same}\n}}\n"
    assert run(func + flow) is None
