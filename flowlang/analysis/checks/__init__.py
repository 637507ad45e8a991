"""One check a file, each a function of the script that writes into its report. `declarations` goes through
all modules before any other; the others run in the order of `CHECKS`, module after module. What one finds out
for those behind it stands in `Script`."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.analysis.script import Script

from . import (
    addresses,
    calls,
    channels,
    conditions,
    constants,
    declarations,
    endless,
    events,
    exits,
    files,
    gone,
    matches,
    names,
    operators,
    outcomes,
    policy,
    purity,
    routes,
    statements,
    streams,
    tests,
    unjoined,
    unreachable,
    unsupported,
    unused,
)

__all__ = ["CHECKS", "declarations"]

Check = Callable[[Script], None]

CHECKS: tuple[Check, ...] = (
    constants.check,
    names.check,
    tests.check,
    unsupported.check,
    calls.check,
    statements.check,
    conditions.check,
    operators.check,
    events.check,
    matches.check,
    outcomes.check,
    exits.check,
    streams.check,
    unjoined.check,
    purity.check,
    routes.check,
    addresses.check,
    files.check,
    channels.check,
    gone.check,
    policy.check,
    unreachable.check,
    endless.check,
    unused.check,
)
