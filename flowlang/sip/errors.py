"""What can be wrong with a message, as the status that answers it."""

from __future__ import annotations


class SipSyntaxError(ValueError):
    """Text that is not SIP. `status` is what a request with it is answered, `str(error)` the reason phrase."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status
