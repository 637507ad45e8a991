"""Compiling a script that has to be right, and comparing times fairly."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from flowlang import analysis
from flowlang.compile import Script
from flowlang.core import compile_script
from flowlang.diagnostics import Source, render
from flowlang.syntax import parse


def compiled(text: str) -> Script:
    """The script."""
    parsed = parse(Source("bench.flow", text))
    assert parsed.module is not None, "\n".join(map(render, parsed.diagnostics))
    checked = analysis.check(parsed.module)
    assert checked.program is not None, "\n".join(map(render, checked.diagnostics))
    return compile_script(checked.program)


def alternately(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> tuple[float, float]:
    """The seconds of both, medians of runs that take turns: of processor time, so that what else the machine
    does counts for neither. Where they are processes of their own `clock` has to be another."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for function, seconds in zip((ours, theirs), times, strict=True):
            began = clock()
            function()
            seconds.append(clock() - began)
    return statistics.median(times[0]), statistics.median(times[1])
