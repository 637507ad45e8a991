"""How many files the process may have open: each call has a socket for its sound, and 1,024 are soon gone."""

from __future__ import annotations

import sys
from contextlib import suppress

ENOUGH = 65_536
"""More sockets than there are ports for them."""


def raise_file_limit() -> None:
    """As many as the operator lets us have, up to `ENOUGH`. Where that cannot be done all stays as it is: a
    call that finds no socket is refused with 503."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
