# pyright: basic
"""A phone of pyVoIP's that is registered at a server."""

from __future__ import annotations

import contextlib
import random
import re
import socket
from collections.abc import Callable
from typing import Any

from pyVoIP.VoIP.status import PhoneStatus
from pyVoIP.VoIP.VoIP import RTP, SIP, CallState, VoIPPhone

from flowlang.model.addresses import is_e164

from .calls import PhoneCall
from .client import Client
from .news import Came, Tell
from .settings import PhoneSettings

_ADDRESS = re.compile(r"[\w.!~*'+#&=$,-]{1,64}@[\w.:\[\]-]{1,128}", re.ASCII)


class RegisteredPhone(VoIPPhone):
    """A `news.Phone`. `lost` is called, in a thread of its own, when the server has us no more."""

    calls: dict[str, Any]  # by Call-ID
    sip: Any  # a `Client`

    def __init__(self, settings: PhoneSettings, address: str, tell: Tell, lost: Callable[[], None]) -> None:
        low, high = settings.rtp_ports
        account = (settings.server, settings.port, settings.user, str(settings.password))
        super().__init__(*account, myIP=address, rtpPortLow=low, rtpPortHigh=high)
        self.tell = tell
        self._lost = lost
        self._ports: set[int] = set()
        self._cancelled: dict[str, PhoneCall] = {}
        self.sip = Client(
            *account, phone=self, myIP=address, myPort=settings.local_port, callCallback=self.callback,
            fatalCallback=self.fatal,
        )  # fmt: skip
        self.sip.patience = settings.answer

    # See `news.Phone`

    def open(self) -> str | None:
        """Registers."""
        try:
            self.start()
        except OSError as error:
            return (error.strerror or str(error)).lower()
        if self.get_status() == PhoneStatus.REGISTERED:
            return None
        self.sip.leave()
        return f"{self.server} did not register {self.username}"

    def place(self, number: str, begun: Callable[[PhoneCall], None]) -> None:
        """Calls."""
        port = self.request_port()
        media = {port: {0: RTP.PayloadType.PCMU, 101: RTP.PayloadType.EVENT}}
        text, call_id, session = self.sip.invite_text(number, media)
        request = SIP.SIPMessage(text.encode("utf8"))
        call = PhoneCall(self, CallState.DIALING, request, session, self.myIP, ms=media, sendmode="sendrecv")
        call.used_port = port
        self.calls[call_id] = call
        begun(call)
        self.sip.send(text)

    def shut(self) -> None:
        """Hangs up everywhere and leaves."""
        for call in tuple(self.calls.values()):
            with contextlib.suppress(OSError):
                call.end(503)
            call.close()
        with contextlib.suppress(OSError):
            self.sip.stop()

    def fatal(self) -> None:
        """Registered no more."""
        self._status = PhoneStatus.FAILED
        self._lost()

    # Calls

    def _callback_MSG_Invite(self, request) -> None:  # noqa: N802 (pyVoIP's name)
        call_id = request.headers["Call-ID"]
        known = self.calls.get(call_id)
        if known is not None:
            if known.state == CallState.ANSWERED:
                known.renegotiate(request)
            return
        self.sip.send(self.sip.gen_ringing(request))
        try:
            session = random.randint(1, 100_000)
            call = PhoneCall(self, CallState.RINGING, request, session, self.myIP, sendmode="sendrecv")
            if not call.RTPClients:
                raise RTP.RTPParseError("no audio")
        except Exception:  # noqa: BLE001 (pyVoIP raises anything at an offer that it cannot read)
            self.sip.refuse(request, 488)
            return
        self.calls[call_id] = call
        self.tell(call, _came(request.headers["From"]))

    def cancelled(self, call: PhoneCall) -> None:
        """We gave it up; its 200 may be on the way."""
        if len(self._cancelled) >= 1000:  # forget the oldest
            self._cancelled.pop(next(iter(self._cancelled)))
        self._cancelled[call.call_id] = call

    def answered_after_cancel(self, message) -> None:
        """A 200 crossed our CANCEL: ACK and BYE (RFC 3261 section 9.1)."""
        call = self._cancelled.pop(message.headers["Call-ID"], None)
        self.sip.send(self.sip.gen_ack(message))
        if call is not None:
            call.request.headers["Contact"] = message.headers["Contact"]
            call.request.headers["To"]["tag"] = message.headers["To"]["tag"]
            self.sip.bye(call.request)

    # Ports

    def request_port(self, blocking: bool = True) -> int:
        """An even one that nobody has. Raises `OSError` where there is none."""
        with self.portsLock:
            first = self.rtpPortLow + self.rtpPortLow % 2  # RFC 3550 section 11
            free = [each for each in range(first, self.rtpPortHigh + 1, 2) if each not in self._ports]
            random.shuffle(free)
            for port in free:
                if self._can_bind(port):
                    self._ports.add(port)
                    return port
            raise OSError("no port is left for media")

    def _can_bind(self, port: int) -> bool:
        """Whether no other program has it, as far as can be told now: pyVoIP binds it when the call is up."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((self.myIP, port))
            except OSError:
                return False
        return True

    def free_port(self, port: int) -> None:
        """Gives one back."""
        with self.portsLock:
            self._ports.discard(port)


def _came(header) -> Came:
    number, address = header["number"], header["address"].partition(";")[0]
    name = header["caller"].strip().strip('"')[:256]
    if number and is_e164(number):
        source = number
    else:
        source = f"sip:{address}" if _ADDRESS.fullmatch(address) else "sip:unknown@invalid"
    return Came(source, name if name and name.isprintable() else None)
