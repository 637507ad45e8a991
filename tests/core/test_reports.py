"""Reports on messages are told once each, and only forward."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.core.reports import Reports

STATUSES = ("sent", "delivered", "read", "failed")


@pytest.mark.parametrize(
    ("come", "told"),
    [
        ("sent sent delivered delivered read", "sent delivered read"),
        ("delivered delivered failed sent delivered", "delivered"),
        ("read delivered sent", "read"),
        ("sent failed delivered read failed", "sent failed"),
        ("delivered read read", "delivered read"),
        ("odd", ""),
    ],
)
def test_what_comes_again_or_is_overtaken_is_no_news(come: str, told: str) -> None:
    reports = Reports()
    assert [each for each in come.split() if reports.is_news("sms 1", each)] == told.split()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(STATUSES))))
def test_each_message_is_told_of_by_itself(come: list[tuple[str, str]]) -> None:
    reports = Reports()
    told = [each for each in come if reports.is_news(*each)]
    for message in "ab":
        alone = Reports()
        of_it = [each for each in come if each[0] == message]
        assert [each for each in told if each[0] == message] == [
            each for each in of_it if alone.is_news(*each)
        ]
