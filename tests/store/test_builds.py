"""What activeflows run on is kept whole: an action comes back as the host declared it, in every field."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from flowlang.core.limits import Limits
from flowlang.diagnostics import Source
from flowlang.model.action import Action, OutcomeType, Parameter, Reach
from flowlang.model.actions import ACTIONS
from flowlang.model.allowed import Choices, Range
from flowlang.model.policy import Policy
from flowlang.model.values import Duration, Outcome, Regex
from flowlang.store import Build
from flowlang.store.declarations import declared_from_plain, declared_to_plain

FULL = Action(
    "find_order",
    "Looks an order up.",
    (
        Parameter("number", ("text", "integer"), "its number", by_place=True, allowed=Range(1, 9)),
        Parameter("wait", ("duration",), "how long", Duration(5), allowed=Range(Duration(0), Duration(9))),
        Parameter("how", ("text",), "which way", "fast", allowed=Choices(("fast", "slow"), "a speed")),
        Parameter("rest", ("any",), "others", (Decimal("1.5"), {"$a": Regex("x", "i")}), many=True),
        Parameter("end", ("any",), "the end", Outcome("done", {"n": None})),
    ),
    (OutcomeType("found", ("day",), "it is there"), OutcomeType("unknown", (), "nobody knows")),
    ("asked",), frozenset({"call", "sms"}), ("play",), on_leg=True, if_left="gone", ends_call=True,
    recovery="repeat", heed=True, reach=Reach("number", "dial"), key="key",
)  # fmt: skip


def again(action: Action) -> Action:
    return declared_from_plain(json.loads(json.dumps(declared_to_plain(action))))


@pytest.mark.parametrize("action", [FULL, *ACTIONS.values()], ids=lambda each: each.name)
def test_a_declaration_comes_back_in_every_field(action: Action) -> None:
    assert again(action) == action


def test_fields_that_came_and_went_between_versions_do_no_harm() -> None:
    plain = declared_to_plain(FULL)
    name, parts = plain["$declared"]
    del parts["heed"]
    read = declared_from_plain({"$declared": [name, {**parts, "of_tomorrow": 1}]})
    assert read == replace(FULL, heed=Action("a", "").heed)


def test_a_build_comes_back_from_its_manifest() -> None:
    limits = Limits(steps_per_input=7, policy=Policy({"sms": ("+1*",)}, legs=2))
    sources = Source("lib.flow", "func a() = 1"), Source("a.flow", 'use "./lib"\nflow main { }')
    build = Build(sources, (("a.flow", "./lib", "lib.flow"),), limits, (FULL,))
    read = Build.from_manifest(build.manifest, build.texts)
    assert {each.name for each in fields(build)} <= {"sources", "links", "limits", "actions"}
    assert (read.manifest, read.hash, read.texts) == (build.manifest, build.hash, build.texts)
    assert (read.links, read.limits, read.actions) == (build.links, build.limits, build.actions)
