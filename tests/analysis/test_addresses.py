"""Addresses and their patterns: what a route may name, and what it fits."""

from __future__ import annotations

import pytest

from flowlang.analysis.addresses import fault_of
from flowlang.model.addresses import matches


@pytest.mark.parametrize("pattern", ["+44*", "tel:+44*", "+4420794600??", "+*", "sms:+44*"])
def test_a_pattern_of_numbers_may_stand_in_a_route(pattern: str) -> None:
    assert fault_of(pattern) is None


@pytest.mark.parametrize("pattern", ["+44 20*", "+0123", "+", "+44x*", "+44"])
def test_what_is_neither_a_number_nor_a_pattern_may_not(pattern: str) -> None:
    assert fault_of(pattern) is not None


@pytest.mark.parametrize("pattern", ["+44*", "tel:+44*", "+44207946001?"])
def test_a_pattern_of_numbers_fits_a_number_however_it_is_written(pattern: str) -> None:
    for address in ("+442079460011", "tel:+44-20-7946-0011", "sip:+442079460011@gw.example;user=phone"):
        assert matches(pattern, address)
    for address in (
        "+14155550100",
        "sip:+14155550100@gw.example",
        "sip:44@gw.example",
        "mailto:+44@x.example",
    ):
        assert not matches(pattern, address)
