"""What `flow test` calls in place of the host's actions."""

from __future__ import annotations

from flowlang.model.values import Outcome


def find_appointment(number: str) -> Outcome:
    """One patient has an appointment."""
    if number == "5551234":
        return Outcome("found", {"day": "Tuesday", "time": "half past nine"})
    return Outcome("unknown")
