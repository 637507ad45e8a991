"""The trace of messages: what a ladder shows. It is read only when asked, and then not parsed again."""

from __future__ import annotations

import re
from typing import NamedTuple

from flowlang.sip.address import Address
from flowlang.sip.message import Message

_LONGEST = 200
# As we print them; the headers stand before any body.
_CALL_ID = re.compile(rb"\nCall-ID: ([^\r\n]*)")
_CSEQ = re.compile(rb"\nCSeq: (\d+ ([^\r\n]*))")
_PRODUCT = "SIP/2.0"


class Trace(NamedTuple):
    """One message: `inbound` from `peer`, else sent to it. `message` is what came in, None where it could not
    be read, and for what we sent."""

    at: float
    inbound: bool
    peer: Address
    local: Address
    data: bytes
    message: Message | None = None

    @property
    def summary(self) -> str:
        """One printable line: `INVITE sip:100@host`, `200 OK (INVITE)`, or how the unreadable begins."""
        if self.message is not None:
            text = self.message.summary
        elif self.inbound:
            start = self.data.lstrip().split(b"\r\n", 1)[0][:60]
            text = f"unreadable: {start.decode('ascii', 'replace')}"
        else:
            text = self._printed
        text = text[:_LONGEST]
        if text.isprintable():
            return text
        return "".join(character if character.isprintable() else "?" for character in text)

    @property
    def call_id(self) -> str | None:
        """The Call-ID, None where there is none or the message cannot be read."""
        if self.message is not None:
            return self.message.get("Call-ID")
        found = None if self.inbound else _CALL_ID.search(self.data)
        return None if found is None else found[1].decode("utf-8", "surrogateescape")

    @property
    def cseq(self) -> str:
        """Number and method, nothing where there are none or the message cannot be read."""
        if self.message is not None:
            return self.message.get("CSeq") or ""
        found = None if self.inbound else _CSEQ.search(self.data)
        return "" if found is None else found[1].decode("ascii", "replace")

    @property
    def _printed(self) -> str:
        start = self.data.partition(b"\r\n")[0].decode("utf-8", "replace")
        if not start.startswith(_PRODUCT):
            return start.removesuffix(_PRODUCT).rstrip()
        found = _CSEQ.search(self.data)
        method = "?" if found is None else found[2].decode("ascii", "replace")
        return f"{start[len(_PRODUCT) + 1 :]} ({method})"
