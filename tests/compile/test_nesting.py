"""Deep nesting: CPython stops at 20 blocks within each other, a script at the checker's limit only."""

from __future__ import annotations

import pytest

from tests.core.machine import seen

KINDS = {
    "loop": "o{n}: loop up to 1 {{ {inside} }}",
    "on": "o{n}: loop up to 1 {{ on hold {{ break o{n} }}; {inside} }}",
    "for": "o{n}: for x{n} in [1] {{ {inside} }}",
    "try": "try {{ {inside} }} catch e{n} {{ c = c + 1; raise e{n} }} finally {{ c = c + 1 }}",
    "within": "within 1h {{ {inside} }}",
    "if": "if c < 1000 {{ {inside} }}",
    "parallel": "parallel {{ stream {{ {inside} }} }}",
}
IN_FUNC = ("loop", "for", "try", "if")


def nested(kind: str, depth: int, inside: str) -> str:
    for number in reversed(range(depth)):
        inside = KINDS[kind].format(n=number, inside=inside)
    return inside


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [6, 7, 21, 60])
def test_a_flow_returns_from_any_depth(kind: str, depth: int) -> None:
    body = nested(kind, depth, 'log "in"; return 7')
    assert seen(f'flow main {{ let r = f(); log "${{r}}" }}\nflow f {{ let c = 0; {body}; return c }}') == (
        "in · 7 · end done"
    )


@pytest.mark.parametrize("kind", IN_FUNC)
@pytest.mark.parametrize("depth", [6, 7, 21, 80])
def test_a_func_returns_from_any_depth(kind: str, depth: int) -> None:
    body = nested(kind, depth, "return 7")
    assert (
        seen(f'flow main {{ log "${{f()}}" }}\nfunc f() {{ let c = 0; {body}; return c }}') == "7 · end done"
    )


@pytest.mark.parametrize("unit", ["flow f", "func f()"])
@pytest.mark.parametrize("kind", ["loop", "for"])
@pytest.mark.parametrize("target", [0, 3, 11, 12, 29])
def test_break_and_continue_reach_a_loop_at_any_distance(unit: str, kind: str, target: int) -> None:
    for way in ("break", "continue"):
        body = nested(kind, 30, f"c = c + 1; {way} o{target}; c = 100")
        text = f'flow main {{ let r = f(); log "${{r}}" }}\n{unit} {{ let c = 0; {body}; return c }}'
        assert seen(text) == "1 · end done"


@pytest.mark.parametrize("depth", [1, 9, 25])
def test_a_fault_unwinds_every_catch_and_finally(depth: int) -> None:
    body = nested("try", depth, 'raise "x"')
    text = f'flow main {{ let c = 0; try {{ {body} }} catch e {{ log "${{e}} ${{c}}" }} }}'
    assert seen(text) == f"x {2 * depth} · end done"


def test_what_lies_deep_assigns_the_names_around_it() -> None:
    text = f"""
        flow main {{
            let c = 0
            {nested("loop", 25, "c = c + 1; stream s { c = c + 10 }; join s; on hold { c = 0 }")}
            log "${{c}}"
        }}
    """
    assert seen(text) == "11 · end done"
