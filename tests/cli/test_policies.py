"""The operator's policy comes from a file that has a `policy` and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.cli.exits import CommandError
from flowlang.cli.policies import operator_policy
from flowlang.model.policy import NOTHING, Policy
from flowlang.model.values import HOUR


def test_without_a_file_nothing_is_allowed() -> None:
    assert operator_policy(None) == NOTHING


def test_a_file_says_what_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "operator.flow"
    path.write_text('policy { allow dial "+1*", "+19005551234"; limit duration 1h }', encoding="utf-8")
    assert operator_policy(path) == Policy({"dial": ("+1*", "+19005551234")}, HOUR)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("flow main { hangup }", "is one `policy { … }` alone"),
        ('policy { allow mail "*" }', "E609: a policy has no `allow mail`"),
        ("policy {", "error E1"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_with_why(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "operator.flow"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError) as error:
        operator_policy(path)
    assert why in str(error.value)
