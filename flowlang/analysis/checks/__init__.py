"""One check a file, each a function of the script that writes into its report. They run in the order of
`CHECKS`; what one finds out for those behind it stands in `Script`."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.analysis.script import Script

from . import (
    calls,
    channels,
    conditions,
    constants,
    declarations,
    events,
    exits,
    files,
    gone,
    matches,
    names,
    operators,
    purity,
    routes,
    statements,
    streams,
    tests,
    unreachable,
    unsupported,
    unused,
)

Check = Callable[[Script], None]

CHECKS: tuple[Check, ...] = (
    declarations.check,
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
    exits.check,
    streams.check,
    purity.check,
    routes.check,
    files.check,
    channels.check,
    gone.check,
    unreachable.check,
    unused.check,
)
