"""What can be wrong with a message, as the status that answers it."""

from __future__ import annotations


class SipSyntaxError(ValueError):
    """Text that is not SIP. `status` answers a request that has it, `str(error)` is the reason phrase."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status
