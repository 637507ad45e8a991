"""`break`, `continue` and `return`: by Python's own where they get there, else out of a part of the function,
or aimed at a block that exists at run time.

A `break` or `continue` with the label of a loop further out, with nothing between that exists at run time, is
a signal: a variable that each loop on the way looks at behind the loop within it.
"""

from __future__ import annotations

import ast as py

from . import names
from .frame import Frame, Place, Way
from .python import assign, const, if_, load, on_strand, raise_, tuple_

_SIGNALS = {"BREAK": 1, "CONTINUE": 2}


def heed_signals(frame: Frame) -> list[py.stmt]:
    """Behind a loop: whether it ended because a loop around it is to be left or to go on."""
    made: list[py.stmt] = []
    around = [each for each in reversed(frame.places[frame.own :]) if each.is_loop]
    for place in around:
        if place.signal is None:
            continue
        if place is not around[0]:
            made.append(if_(load(place.signal), [py.Break()]))
            continue
        for kind, leave in (("BREAK", py.Break()), ("CONTINUE", py.Continue())):
            is_it = py.Compare(load(place.signal), [py.Eq()], [const(_SIGNALS[kind])])
            made.append(if_(is_it, [assign(place.signal, const(0)), leave]))
    return made


def exit_to(frame: Frame, kind: str, label: str | None) -> list[py.stmt]:
    """`break [label]` and `continue [label]`."""

    def fits(place: Place) -> bool:
        if label is not None:
            return place.label == label
        return place.is_loop or (kind == "BREAK" and place.is_action)

    place, way = frame.target(fits)
    innermost = next((each for each in reversed(frame.places) if each.is_loop), None)
    if way is Way.PART:
        return _leave_part(frame, kind, label, const(None))
    if way is Way.PLAIN and place is innermost:
        return [py.Break() if kind == "BREAK" else py.Continue()]
    if way is Way.PLAIN:
        if place.signal is None:
            place.signal = frame.unit.fresh("q")
            frame.signals.append(place.signal)
        return [assign(place.signal, const(_SIGNALS[kind])), py.Break()]
    assert place.block is not None
    return [raise_(on_strand("own_exit", load(place.block), load(names.primitive(kind))))]


def return_from(frame: Frame, value: py.expr) -> list[py.stmt]:
    """`return`, with the Python expression of its value."""
    place, way = frame.target(lambda each: each.is_flow)
    if way is Way.PLAIN:
        return [py.Return(value)]
    if way is Way.PART:
        return _leave_part(frame, "RETURN", None, value)
    assert place.block is not None
    return [raise_(on_strand("own_exit", load(place.block), load(names.primitive("RETURN")), value))]


def _leave_part(frame: Frame, kind: str, label: str | None, value: py.expr) -> list[py.stmt]:
    if (kind, label) not in frame.exits:
        frame.exits.append((kind, label))
    number = frame.exits.index((kind, label))
    return [py.Return(tuple_((const(number), value)))]
