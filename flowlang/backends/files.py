"""How many files the process may have open: each call has a socket for its sound, each page of a chat one,
and 1,024 are soon gone."""

from __future__ import annotations

import sys
from contextlib import suppress

ENOUGH = 65_536
"""More sockets than there are ports for them."""


def raise_file_limit() -> int:
    """As many as the operator lets us have, up to `ENOUGH`; how many that are. Where nothing can be done all
    stays as it is: a call that finds no socket is refused with 503."""
    if sys.platform == "win32":
        return ENOUGH
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ENOUGH if soft == resource.RLIM_INFINITY else soft
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft
