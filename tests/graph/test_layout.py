"""Nothing lies on anything else, whatever the script."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlang.graph.layout import Label, Picture, Placed, Wire, lay_out
from flowlang.graph.layout.text import LINE, width_of, wrapped
from flowlang.graph.model import Chart
from tests.core.scripts import random_script
from tests.graph.drawing import EVERYTHING, chart

Area = tuple[float, float, float, float]


def overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def area(placed: Placed) -> Area:
    """A pixel within its outline, where wires end."""
    return (placed.x + 1, placed.y + 1, placed.x + placed.width - 1, placed.y + placed.height - 1)


def label_area(label: Label) -> Area:
    width = max(map(width_of, label.lines))
    left = label.x - width / 2 if label.anchor == "middle" else label.x
    return (left, label.y - 9, left + width, label.y + 2 + LINE * (len(label.lines) - 1))


def mistakes(drawn: Chart) -> list[str]:
    """What lies on something else, or outside of the picture."""
    picture = lay_out(drawn)
    found = list(_outside(picture))
    for panel in picture.panels:
        shapes = panel.box.shapes
        nodes = [each for each in shapes if isinstance(each, Placed)]
        areas = {each.node.id: area(each) for each in nodes}
        found += [f"{a} on {b}" for a, b in combinations(areas, 2) if overlap(areas[a], areas[b])]
        labels = [each for each in shapes if isinstance(each, Label)]
        found += [
            f"“{each.lines[0]}” on {name}"
            for each in labels
            for name, place in areas.items()
            if overlap(label_area(each), place)
        ]
        found += [
            f"“{a.lines[0]}” on “{b.lines[0]}”"
            for a, b in combinations(labels, 2)
            if overlap(label_area(a), label_area(b))
        ]
        for wire in (each for each in shapes if isinstance(each, Wire)):
            for (x1, y1), (x2, y2) in zip(wire.points, wire.points[1:], strict=False):
                if x1 != x2 and y1 != y2:
                    found.append(f"a wire is slanted at {x1}, {y1}")
                line = (min(x1, x2) - 0.1, min(y1, y2) - 0.1, max(x1, x2) + 0.1, max(y1, y2) + 0.1)
                found += [f"a wire through {name}" for name, place in areas.items() if overlap(line, place)]
        for each in nodes:
            widest = max(width_of(line, bold=place < each.bold) for place, line in enumerate(each.lines))
            if widest > each.width or LINE * len(each.lines) > each.height:
                found.append(f"the text of {each.node.id} is larger than its node")
    return found


def _outside(picture: Picture) -> list[str]:
    panels = [(each.x, each.y, each.x + each.width, each.y + each.height) for each in picture.panels]
    found = ["panel on panel" for a, b in combinations(panels, 2) if overlap(a, b)]
    found += [
        "a panel leaves the picture" for each in panels if each[2] > picture.width or each[3] > picture.height
    ]
    for panel in picture.panels:
        box = panel.box
        for shape in box.shapes:
            match shape:
                case Wire():
                    places = shape.points
                case Label():
                    left, top, right, bottom = label_area(shape)
                    places = ((left, top), (right, bottom))
                case _:
                    places = ((shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height))
            if any(not (-0.1 <= x <= box.width + 0.1 and -0.1 <= y <= box.height + 0.1) for x, y in places):
                found.append(f"outside of {panel.flow.name}: {shape}")
    return found


def test_of_every_construct_nothing_overlaps() -> None:
    assert mistakes(chart(EVERYTHING)) == []


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_of_any_script_nothing_overlaps(seed: int) -> None:
    assert mistakes(chart(random_script(Random(seed)))) == []


@pytest.mark.parametrize("text", ["a b c", "Donaudampfschifffahrtsgesellschaft" * 4, "電話" * 60, "\n\n", ""])
def test_wrapped_text_keeps_to_the_limit_and_loses_nothing(text: str) -> None:
    lines = wrapped(text, 100)
    assert all(width_of(line) <= 100 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_an_empty_script_is_an_empty_picture() -> None:
    assert lay_out(chart("const A = 1")).panels == ()
