"""We register, at a trunk or elsewhere: at the first server, at the next where that one does not answer (RFC
3261 §10.2).

A registration is refreshed before it runs out, answers a digest challenge once, does as a 423 asks, and after
a round of failures waits, twice as long each time (RFC 5626 §4.5), until it is told to stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flowlang.sip.address import Address
from flowlang.sip.dialog import name_addr_text, via_of
from flowlang.sip.digest import Credentials, DigestClient
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.headers import parse_number
from flowlang.sip.message import Headers, Request, Response
from flowlang.sip.outputs import RegistrationChanged, RegistrationState
from flowlang.sip.uri import contact_uri, parse_uri, same_uri

if TYPE_CHECKING:
    from flowlang.sip.services import AgentServices
    from flowlang.sip.timers import Timer

FIRST_WAIT, LONGEST_WAIT = 30.0, 1800.0  # seconds, RFC 5626 §4.5
EARLIEST_REFRESH = 5.0  # seconds: whatever a server grants, it is not asked more often than this
MAX_EXPIRES = 86_400  # a server's Min-Expires above a day is not followed

_MAX_PASSWORD_TRIES = 3  # of one registration: a server that always finds a nonce stale is not followed


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account of ours, and where we register it. `address` is what it is called by (`sip:12345@carrier`),
    `servers` are its servers, the preferred first: the credentials belong to them and to nobody else."""

    address: str
    servers: Sequence[Address]
    credentials: Credentials
    expires: int = 3600


class Registration:
    """Of one account. `state` tells how it is; `server` is the one that was asked last."""

    def __init__(self, agent: AgentServices, account: OwnAccount, local: Address, call_id: str) -> None:
        if not account.servers:
            raise ValueError("an account needs a server to register at")
        self.state: RegistrationState = "trying"
        self.account = account
        self._agent = agent
        self._local = local
        self._call_id = call_id
        self._tag = agent.tag()
        self._address = parse_uri(account.address)
        self._contact = contact_uri(local, self._address.user)
        self._clients = [DigestClient(account.credentials) for _ in account.servers]
        self._at = 0
        self._failed = 0
        self._rounds = 0
        self._cseq = 0
        self._expires = account.expires
        self._request: Request | None = None
        self._timer: Timer | None = None
        self._asked = 0

    @property
    def local(self) -> Address:
        """Our address, that the contact is of."""
        return self._local

    @property
    def server(self) -> Address:
        """The server that is asked."""
        return self.account.servers[self._at]

    def begin(self, now: float) -> None:
        """Register."""
        self._timer = None
        self._send(now)

    def move_to(self, servers: Sequence[Address], now: float) -> None:
        """From the next request on these are its servers, at least one; the one that it is registered at is
        asked on, where it is still among them. Where all had failed, the new ones are asked at once."""
        if tuple(servers) == tuple(self.account.servers):
            return
        known = self.server
        clients = dict(zip(self.account.servers, self._clients, strict=True))
        self._at = servers.index(known) if known in servers else 0
        self._failed = 0
        self.account = replace(self.account, servers=tuple(servers))
        self._clients = [clients.get(each) or DigestClient(self.account.credentials) for each in servers]
        if (
            self.state == "failed"
            and self._timer is not None
            and any(each not in clients for each in servers)
        ):
            self._agent.timers.cancel(self._timer)
            self.begin(now)

    def stop(self, now: float) -> None:
        """Take our binding away; nothing is told of what the server says to that."""
        if self.state == "ended":
            return
        bound, self.state = self.state == "registered", "ended"
        if self._timer is not None:
            self._agent.timers.cancel(self._timer)
        if bound:
            self._expires = 0
            self._send(now)

    # ClientUser

    def on_response(self, response: Response, now: float) -> None:
        """The server's word."""
        status = response.status
        if status < 200:
            return
        if status in (401, 407) and self._try_with_password(response, now):
            return
        if self.state == "ended":
            return
        if status < 300:
            self._registered(response, now)
        elif status == 423 and self._try_longer(response, now):
            return
        else:
            self._on_failure(status, _retry_after(response), now)

    def on_timeout(self, now: float) -> None:
        """None came."""
        if self.state != "ended":
            self._on_failure(408, None, now)

    # Inside

    def _send(self, now: float, header: tuple[str, str] | None = None) -> None:
        self._cseq += 1
        host = self._address
        headers: Headers = {
            "Via": [via_of(self._local, self._agent.branch())],
            "Max-Forwards": ["70"],
            "From": [f"{name_addr_text(f'<{self.account.address}>')};tag={self._tag}"],
            "To": [f"<{self.account.address}>"],
            "Call-ID": [self._call_id],
            "CSeq": [f"{self._cseq} REGISTER"],
            "Contact": [f"<{self._contact}>"],
            "Expires": [str(self._expires)],
            "User-Agent": [self._agent.settings.product],
        }
        port = "" if host.port is None else f":{host.port}"
        bracket = f"[{host.host}]" if ":" in host.host else host.host
        request = Request("REGISTER", f"{host.scheme}:{bracket}{port}", headers)  # no user: RFC 3261 §10.2
        header = header or self._clients[self._at].header(request, self._agent.token)
        if header is not None:
            request.extend([header])
        self._request = request
        self._agent.transactions.request(request, self.server, self._local, self, now)

    def _try_with_password(self, response: Response, now: float) -> bool:
        self._asked += 1
        if self._request is None or self._asked > _MAX_PASSWORD_TRIES:
            return False
        header = self._clients[self._at].answer(response, self._request, self._agent.token)
        if header is None:
            return False
        self._send(now, header)
        return True

    def _try_longer(self, response: Response, now: float) -> bool:
        """RFC 3261 §10.2.8: as long as the server wants at least."""
        try:
            least = parse_number(response.get("Min-Expires") or "", MAX_EXPIRES)
        except SipSyntaxError:
            return False
        if least <= self._expires:
            return False
        self._expires = least
        self._send(now)
        return True

    def _registered(self, response: Response, now: float) -> None:
        self._failed = self._rounds = self._asked = 0
        granted = self._granted(response)
        # A third of it before the end, so that two tries fit in; RFC 5626 §4.4.1 has 10 to 50 %.
        self._later(max(EARLIEST_REFRESH, granted * 2 / 3), now)
        self._change("registered", response.status)

    def _granted(self, response: Response) -> int:
        """What our contact got; the server may have made it shorter (RFC 3261 §10.2.4)."""
        try:
            for contact in response.contacts:
                if same_uri(contact.uri, self._contact):
                    return parse_number(contact.parameters.get("expires") or "", MAX_EXPIRES)
        except SipSyntaxError:
            pass
        try:
            return parse_number(response.get("Expires") or "", MAX_EXPIRES)
        except SipSyntaxError:
            return self._expires

    def _on_failure(self, status: int, retry_after: float | None, now: float) -> None:
        """The next server at once; after the last one, later again from the first."""
        self._failed += 1
        self._asked = 0
        self._at = (self._at + 1) % len(self.account.servers)
        if self._failed < len(self.account.servers):
            self._send(now)
            return
        self._failed = 0
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._rounds, 10))
        self._rounds += 1
        half = wait / 2
        self._later(retry_after or half + half * self._agent.random(1001) / 1000, now)
        self._change("failed", status)

    def _later(self, seconds: float, now: float) -> None:
        self._timer = self._agent.timers.schedule(now + seconds, self.begin)

    def _change(self, state: RegistrationState, status: int) -> None:
        if self.state != state:
            self.state = state
            self._agent.emit(RegistrationChanged(self, state, status))


def _retry_after(response: Response) -> float | None:
    """RFC 3261 §20.33, an hour at most."""
    try:
        return float(max(1, parse_number(response.get("Retry-After") or "", 3600)))
    except SipSyntaxError:
        return None
