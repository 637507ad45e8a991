"""Answers to INVITEs of the process before. Whoever picks up sends his 2xx again until it is acknowledged; he
gets his ACK, and a BYE, for nobody is here any more (RFC 3261 §13.2.2.4).

Nobody can have us send that who was not called: the branch of each INVITE ends with a mark over itself and
the Call-ID, under a key that the next process has as well. And it is done only as long as anybody may pick up
whom the process before had called.
"""

from __future__ import annotations

from hashlib import blake2b
from hmac import compare_digest

from flowlang.sip.address import Address
from flowlang.sip.dialog import Dialog, DialogKey, contact_of, reversed_routes
from flowlang.sip.headers import MAGIC_COOKIE
from flowlang.sip.leg import INDIFFERENT
from flowlang.sip.message import Response
from flowlang.sip.services import AgentServices

_MOST = 1_000  # dialogs that are ended so
_MARK = 8  # bytes
_MARGIN = 1_000  # requests inside the dialog that went out before its answer, as PRACK


class Strays:
    """Of an agent that begins at `now`."""

    def __init__(self, agent: AgentServices, key: bytes, now: float) -> None:
        self._agent = agent
        self._key = key
        settings = agent.settings  # so long may he ring; and so long a 2xx comes again (§13.3.1.4)
        self._until = now + settings.longest_ringing + settings.lifetime
        self._acks: dict[DialogKey, tuple[bytes, Address]] = {}

    def marked(self, branch: str, call_id: str) -> str:
        """The branch of an INVITE of ours, without the magic cookie."""
        mark = blake2b(f"{branch} {call_id}".encode(), digest_size=_MARK, key=self._key)
        return branch + mark.hexdigest()

    def receive(self, response: Response, source: Address, local: Address, now: float) -> bool:
        """Ends the dialog of a response that belongs to no transaction; whether it is such an answer."""
        if now > self._until or not 200 <= response.status < 300 or not self._is_ours(response):
            return False
        key = response.call_id, response.from_.tag or "", response.to.tag or ""
        if self._agent.call_of(key) is not None:
            return True
        if key not in self._acks and len(self._acks) < _MOST:
            dialog = self._dialog_of(response, source, local)
            ack = dialog.request("ACK", self._agent.branch(), response.cseq.number)
            dialog.local_cseq = response.cseq.number + _MARGIN
            bye = dialog.request("BYE", self._agent.branch())
            self._acks[key] = ack.encode(), dialog.next_hop
            self._acknowledge(key, local)
            self._agent.transactions.request(bye, dialog.next_hop, local, INDIFFERENT, now)
        elif key in self._acks:
            self._acknowledge(key, local)
        return True

    def _acknowledge(self, key: DialogKey, local: Address) -> None:
        ack, hop = self._acks[key]
        self._agent.send(ack, hop, local)

    def _is_ours(self, response: Response) -> bool:
        """Whether it answers an INVITE that was marked, whose call is not here."""
        if response.cseq.method != "INVITE":
            return False
        branch = (response.via.parameters.get("branch") or "").removeprefix(MAGIC_COOKIE)
        expected = self.marked(branch[: -2 * _MARK], response.call_id)
        return compare_digest(expected.encode(), branch.encode("utf-8", "replace"))

    def _dialog_of(self, response: Response, source: Address, local: Address) -> Dialog:
        """As `client_dialog` has it; what the INVITE said stands in its answer too (§8.2.6.2)."""
        return Dialog(
            response.call_id,
            response.headers["From"][0],
            response.from_.tag or "",
            response.headers["To"][0],
            response.to.tag or "",
            contact_of(response) or str(response.to.uri),
            reversed_routes(response),
            local,
            source,
        )
