"""The built-in functions: the model and what is compiled hold the same ones; each is called once."""

from __future__ import annotations

from decimal import Decimal
from inspect import Parameter, signature
from typing import Any

import pytest

from flowlang.compile.runtime.functions import BUILT_INS
from flowlang.compile.runtime.prices import PRICES
from flowlang.core import script_calls
from flowlang.model.functions import FUNCTIONS
from flowlang.model.values import SECOND, Duration, Time, type_name

# With all parameters, as far as one call can have them.
CALLS: dict[str, tuple[Any, ...]] = {
    "length": ("abc",), "text": (1,), "number": ("1",), "upper": ("a",), "lower": ("A",), "trim": (" a ",),
    "split": ("a b", " "), "joined": (("a", "b"), " "), "replace": ("abc", "b", "x"),
    "starts_with": ("abc", "a"), "ends_with": ("abc", "c"), "slice": ("abc", 0, 2),
    "keys": ({"a": 1},), "values": ({"a": 1},), "has": ({"a": 1}, "a"), "range": (0, 2), "sorted": ((2, 1),),
    "reversed": ((2, 1),), "sum": ((1, 2),), "min": ((1, 2),), "max": ((1, 2),), "abs": (-1,),
    "round": (Decimal("1.25"), 1), "seconds": (Duration(SECOND),), "local": (Time(0), "UTC"),
    "instant": ("2026-12-25 10:00", "UTC"), "holiday": ("2026-12-25", "DE", "BY"),
    "phone": ("030 901820", "DE"),
}  # fmt: skip
OF_A_PATTERN = {"matches"}  # the compiler hands it a regex that it has compiled


def test_each_function_of_the_table_is_there_to_be_called() -> None:
    pure = {name for name, each in FUNCTIONS.items() if each.pure}
    assert set(BUILT_INS) == pure
    assert all(hasattr(script_calls, name) for name in set(FUNCTIONS) - pure)
    assert set(PRICES) <= set(FUNCTIONS)


def test_each_pure_function_is_called_here() -> None:
    assert set(CALLS) | OF_A_PATTERN == set(BUILT_INS)


@pytest.mark.parametrize("name", BUILT_INS)
def test_what_is_compiled_takes_the_parameters_of_the_table(name: str) -> None:
    taken = list(signature(BUILT_INS[name]).parameters.values())
    assert [each.default is not Parameter.empty for each in taken] == [
        each.optional for each in FUNCTIONS[name].parameters
    ]


@pytest.mark.parametrize("name", CALLS)
def test_what_a_function_gives_is_of_the_type_that_the_table_tells(name: str) -> None:
    declared = FUNCTIONS[name]
    given = BUILT_INS[name](*CALLS[name])
    if declared.result is not None:
        assert type_name(given).removeprefix("a ").removeprefix("an ") == declared.result
    if declared.least is not None:
        assert given >= declared.least


@pytest.mark.parametrize("name", CALLS)
def test_parameters_that_may_be_missing_come_last(name: str) -> None:
    optional = [each.optional for each in FUNCTIONS[name].parameters]
    assert optional == sorted(optional)
