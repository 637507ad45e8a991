# pyright: basic
"""pyVoIP's calls and their media, mended where a call of a server needs it.

pyVoIP 1.6.8 as it is sends PCMU under the number of PCMA, dies of a telephone event that it does not know,
sends a packet to a socket just closed and warns of it, and keeps all that it ever heard.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from pyVoIP.VoIP.VoIP import RTP, CallState, VoIPCall  # pyVoIP.SIP cannot be the first

from .news import Answered, Digit, Left, News
from .sound import Deaf, Sound

_DIGITS = frozenset("0123456789*#ABCD")


class _Out:
    """A socket to send by, until it is closed and after."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def sendto(self, data: bytes, to: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(data, to)

    def close(self) -> None:
        self._socket.close()


class Media(RTP.RTPClient):
    """The RTP of a call: out goes what `sound` has, in come digits."""

    sin: socket.socket | None = None

    def __init__(self, assoc, port: int, peer: tuple[str, int], ours: str, sound: Sound, dtmf) -> None:
        super().__init__(assoc, ours, port, *peer, RTP.TransmitType.SENDRECV, dtmf=dtmf)
        self.pmout = sound
        self.pmin = Deaf()

    def start(self) -> None:
        """Once; pyVoIP does it again at each re-INVITE."""
        if self.sin is not None:
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.bind((self.inIP, self.inPort))
        except OSError:
            sock.close()
            raise
        sock.setblocking(False)
        self.sin, self.sout = sock, _Out(sock)
        for each in (self.recv, self.trans):
            threading.Thread(target=each, name="pyvoip media", daemon=True).start()

    def stop(self) -> None:
        """Also where it never began."""
        self.NSD = False
        if self.sin is not None:
            self.sin.close()

    def encode_packet(self, payload: bytes) -> bytes:
        """It is μ-law already."""
        return payload

    def parse_packet(self, packet: bytes) -> None:
        """What cannot be read is dropped."""
        try:
            super().parse_packet(packet)
        except Exception:  # noqa: BLE001 (pyVoIP raises anything, and its thread would end)
            raise RTP.RTPParseError("not to be read") from None


class PhoneCall(VoIPCall):
    """A `news.Call`."""

    phone: Any  # a `phone.RegisteredPhone`
    sip: Any  # its `client.Client`

    def __init__(self, phone, *args, **more) -> None:
        self.sound = Sound()
        self.used_port: int | None = None
        self.has_signed = False  # the INVITE has gone out with the password
        super().__init__(phone, *args, **more)

    def __del__(self) -> None:
        """pyVoIP would give up its port here, under a lock that may be held."""

    def tell(self, news: News) -> None:
        """Tells the trio side."""
        self.phone.tell(self, news)

    def create_rtp_clients(self, codecs, ip: str, port: int, request, baseport: int) -> None:
        """PCMU and telephone events alone. Raises `RTPParseError` where the other side has no PCMU."""
        self.used_port = port
        kept = {each: kind for each, kind in codecs.items() if kind in _CODECS}
        if RTP.PayloadType.PCMU not in kept.values():
            raise RTP.RTPParseError("no PCMU")
        peer = (request.body["c"][-1]["address"], baseport)
        self.RTPClients.append(Media(kept, port, peer, self.myIP, self.sound, self.dtmf_callback))

    def dtmf_callback(self, code: str) -> None:
        """A key was pressed."""
        if code in _DIGITS:
            self.tell(Digit(code))

    def answered(self, request) -> None:
        """The 200 came; again, where our ACK was lost."""
        if self.state == CallState.DIALING:
            super().answered(request)
            self.tell(Answered())

    def bye(self) -> None:
        """The other side hung up."""
        over = self.state == CallState.ENDED
        super().bye()
        if not over:
            self.tell(Left())

    def accept(self) -> None:
        """See `news.Call`."""
        if self.state == CallState.RINGING:
            self.answer()

    def end(self, status: int) -> None:
        """See `news.Call`."""
        state, self.state = self.state, CallState.ENDED
        self.phone.calls.pop(self.call_id, None)
        if state == CallState.ANSWERED:
            self.sip.bye(self.request)
        elif state == CallState.RINGING:
            self.sip.refuse(self.request, status)
        elif state == CallState.DIALING:
            self.sip.cancel(self.request)
            self.phone.cancelled(self)

    def close(self) -> None:
        """See `news.Call`."""
        self.state = CallState.ENDED
        self.phone.calls.pop(self.call_id, None)
        for each in self.RTPClients:
            each.stop()
        port, self.used_port = self.used_port, None
        if port is not None:
            self.phone.free_port(port)


_CODECS = (RTP.PayloadType.PCMU, RTP.PayloadType.EVENT)
