"""What is told of routes is what routing does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowlang.core import Chosen, Opening, choose_route, report_routes
from tests.core.machine import compiled

SCRIPT = compiled("""
route call to +16062067563 when length(caller.number) > 3 priority 60 => a
route call to "1*" from +14155550100 => b(6 // length(call.to))
route call from "sip:*@x.example" => a else b(1 // 0)
route call when length(call.to) > 3 priority 10 => c
route call via ["carrier", "branch"] priority 5 => c
route call to "1*" via "carrier" priority 70 => c
flow a { answer }
flow b(n) { log "${n}" }
flow c { answer }
""")
ADDRESSES = st.sampled_from([None, "100", "2", "", "+16062067563", "+14155550100", "sip:bob@x.example"])


@given(
    ADDRESSES, ADDRESSES, st.sampled_from(["call", "sms"]), st.sampled_from([None, "carrier", "branch", "x"])
)
def test_the_first_that_holds_is_the_one_that_routing_chooses(
    to: str | None, source: str | None, channel: str, via: str | None
) -> None:
    opening = Opening("a", "", {}, 0, 1, channel, source, to, via=via)
    reports = report_routes(SCRIPT, opening)
    chosen = choose_route(SCRIPT, opening)
    winner = next((each.route.line for each in reports if each.holds), None)
    assert winner == (chosen.line if isinstance(chosen, Chosen) else None)
    assert [each.route for each in reports] == list(SCRIPT.routes)


def test_every_clause_is_looked_at_even_where_one_has_failed() -> None:
    first = report_routes(SCRIPT, Opening("a", "", {}, 0, 1, "call", "sip:bob@x.example", "2"))[1]
    assert [(each.word, each.holds) for each in first.clauses] == [
        ("channel", True),
        ("to", False),
        ("when", True),
    ]


def test_a_route_whose_arguments_cannot_be_worked_out_does_not_hold() -> None:
    reports = report_routes(SCRIPT, Opening("a", "", {}, 0, 1, "call", "sip:bob@x.example", "2"))
    (report,) = (each for each in reports if each.route.line == 4)
    assert [(each.word, each.holds) for each in report.clauses] == [
        ("channel", True),
        ("from", True),
        ("arguments", False),
    ]
    assert report.clauses[-1].fault is not None
    assert not report.holds
