"""A flow that more than one kind of phone is tried with."""

from __future__ import annotations

STAY_FLOW = """
route call => stay
flow stay {
    log "from ${caller.address}, verified ${caller.verified}"
    on hangup as e { log "hangup ${e.cause}" }
    answer
    wait 1h
}
"""
