"""What compiled code refers to is there, no more and no less; nothing of Python can be reached by it."""

from __future__ import annotations

import builtins
import dis
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import CodeType

import pytest

import flowlang.compile
from flowlang.compile import Script
from flowlang.compile.calls import _ON_STRAND  # pyright: ignore[reportPrivateUsage]
from flowlang.compile.runtime.functions import BUILT_INS
from flowlang.core import SCRIPT_CALLS
from flowlang.model.functions import FUNCTIONS
from tests.compile.working_out import result
from tests.core.machine import check, compiled
from tests.core.scripts import random_script

COMPILER = Path(flowlang.compile.__file__).parent
NAMED = re.compile(r'"([A-Za-z_]+)"')


def test_all_built_in_functions_are_there_and_no_others() -> None:
    assert set(BUILT_INS) | _ON_STRAND == set(FUNCTIONS)
    assert not set(BUILT_INS) & _ON_STRAND


@pytest.mark.parametrize("name", sorted(BUILT_INS))
def test_a_built_in_function_takes_what_its_declaration_says(name: str) -> None:
    declared = FUNCTIONS[name]
    taken = list(inspect.signature(BUILT_INS[name]).parameters.values())
    assert len(taken) == len(declared.parameters)
    optional = [each for each in taken if each.default is not inspect.Parameter.empty]
    assert len(optional) == declared.optional


def test_the_compiler_names_all_of_the_cores_calls() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(COMPILER.glob("*.py")))
    assert set(SCRIPT_CALLS) <= set(NAMED.findall(text)) | _ON_STRAND


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def all_codes(script: Script) -> Iterator[CodeType]:
    for value in script.namespace.values():
        if getattr(value, "__globals__", None) is script.namespace:
            yield from codes(value.__code__)


GLOBAL_LOADS = {"LOAD_GLOBAL", "LOAD_NAME"}


def test_compiled_code_names_nothing_that_is_not_there_and_nothing_of_python() -> None:
    for seed in range(20):
        script = compiled(random_script(Random(seed)))
        assert script.namespace["__builtins__"] == {}
        for code in all_codes(script):
            for each in dis.get_instructions(code):
                if each.opname in GLOBAL_LOADS:
                    assert each.argval in script.namespace
                    assert each.argval not in vars(builtins)
                if each.opname in ("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR"):
                    assert each.argval in ("tick", "meter", "left", "flow"), each
                assert not each.opname.startswith("IMPORT_")


@pytest.mark.parametrize(
    "name", ["print", "open", "eval", "exec", "__import__", "globals", "type", "S", "D", "x_act"]
)
def test_a_name_of_python_or_ours_is_unknown_unless_declared(name: str) -> None:
    with pytest.raises(AssertionError, match="E20"):
        compiled(f"flow main {{ log text({name}) }}")
    with pytest.raises(AssertionError, match="E20"):
        compiled(f'flow main {{ {name}("x") }}')
    assert result(f"{name} + 1", **{name: 1}) == 2


@pytest.mark.parametrize(
    "name", ["S", "D", "x", "e", "f_main", "self", "await", "class", "lambda", "None", "def", "x_act"]
)
def test_any_name_may_be_a_variable_a_flow_or_a_stream(name: str) -> None:
    text = f"""
        flow main {{
            let {name} = 1
            stream s_{name} {{ {name} = {name} + 1 }}
            join s_{name}
            for {name}2 in [{name}] {{ log "${{{name}2}}" }}
            {name}3()
        }}
        flow {name}3({name} = 5) {{ try {{ raise "${{{name}}}" }} catch {name}4 {{ log "${{{name}4}}" }} }}
    """
    check(text, "2 · 5 · end done")


def test_text_of_a_script_reaches_no_formatting_of_python() -> None:
    for text in ("{}", "{0}", "%s", "%(x)s", "{0.__class__}", "\\x41", "\\N{BULLET}"):
        assert result('"<${a}>"', a=text) == f"<{text}>"
        assert result("replace(a, b, c)", a=text, b=text, c="ok") == "ok"


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*)*x"])
def test_no_regex_takes_long(pattern: str) -> None:
    assert result(f"matches(a, /{pattern}/)", a="a" * 50_000 + "!") is False
