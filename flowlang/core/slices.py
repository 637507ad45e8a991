"""Calls of `func`s that may take long, from a flow: in slices, so that other activeflows run in between.

A `func` is a plain Python function and cannot wait, however deep it is in its own calls. So it runs in a
greenlet: a stack of its own, which the meter leaves when a slice is used up and comes back to when the turn
of its strand comes again.
"""

from __future__ import annotations

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# greenlet comes without types.
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from greenlet import getcurrent, greenlet  # pyright: ignore[reportMissingTypeStubs]

from flowlang.model.values import Value

from .exits import Killed
from .strand import Strand


async def sliced(
    strand: Strand, function: Callable[..., Value], depth: int, *given: Value, **named: Value
) -> Value:
    """What a `func` gives."""
    meter = strand.meter
    worker: Any = greenlet(function)
    worker.gr_context = copy_context()  # with the context of decimals
    try:
        value = meter.in_slices(worker, meter, depth, *given, **named)
        while not worker.dead:
            strand.flow.end_slice(strand)
            await strand.suspend()
            worker.parent = getcurrent()
            value = meter.in_slices(worker)
    finally:
        if not worker.dead:  # the activeflow is dropped: nothing of the `func` runs any more
            meter.close()
            with suppress(Killed):
                worker.throw()
    return value
