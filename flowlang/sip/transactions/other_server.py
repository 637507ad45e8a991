"""Non-INVITE server transaction: RFC 3261 §17.2.2.

trying --1xx--> proceeding --final--> completed --J--> terminated
   \\-------------final-------------/
"""

from __future__ import annotations

from typing import ClassVar

from flowlang.sip.message import Message
from flowlang.sip.transactions.machine import Table
from flowlang.sip.transactions.server import ServerTransaction


class OtherServer(ServerTransaction):
    """Answers retransmissions with the last response."""

    __slots__ = ()

    KIND: ClassVar[str] = "non-invite server"
    TABLE: ClassVar[Table] = {
        ("trying", "1xx"): ("proceeding", ("_send",)),
        ("trying", "2xx"): ("completed", ("_send", "_start_j")),
        ("trying", "3-6xx"): ("completed", ("_send", "_start_j")),
        ("proceeding", "request"): ("proceeding", ("_resend",)),
        ("proceeding", "1xx"): ("proceeding", ("_send",)),
        ("proceeding", "2xx"): ("completed", ("_send", "_start_j")),
        ("proceeding", "3-6xx"): ("completed", ("_send", "_start_j")),
        ("completed", "request"): ("completed", ("_resend",)),
        ("completed", "J"): ("terminated", ()),
    }

    def _start_j(self, message: Message | None, now: float) -> None:
        self._start("J", self._wait(self.host.settings.lifetime), now)
