# pyright: basic
"""pyVoIP's SIP side, mended where a call of a server needs it.

pyVoIP 1.6.8 as it is reads from anybody, knows three responses (200, 404, 503), cannot cancel, waits without
end for the first response to an INVITE, and acknowledges with a tag of its own in place of the callee's.
"""

from __future__ import annotations

import re
import secrets
import select
import socket
import threading
import time
from typing import Any

from pyVoIP.VoIP.status import PhoneStatus
from pyVoIP.VoIP.VoIP import RTP, SIP  # by itself it cannot be imported first

from flowlang.sip import Credentials, DigestClient, Request, Response
from flowlang.sip.parse import parse_datagram

from .news import Left, Rang, Refused

_EARLY = 5  # seconds before a registration is over
_RETRY = 5.0  # seconds
_MOST_FAILURES = 3
_ONE_READ = 65_535
_PHRASES = {
    404: "Not Found", 480: "Temporarily Unavailable", 486: "Busy Here", 487: "Request Terminated",
    488: "Not Acceptable Here", 500: "Server Internal Error", 503: "Service Unavailable", 603: "Decline",
}  # fmt: skip


class Client(SIP.SIPClient):
    """Of one phone."""

    phone: Any  # a `phone.RegisteredPhone`
    patience = 5.0  # seconds, with a REGISTER

    def __init__(self, *args, **more) -> None:
        super().__init__(*args, **more)
        self.callID = SIP.Counter(secrets.randbits(62))  # else each process has the same Call-IDs
        self._sources: frozenset[str] = frozenset()

    # Its socket

    def start(self) -> None:
        """Registers, and reads from then on."""
        found = socket.getaddrinfo(self.server, self.port, socket.AF_INET, socket.SOCK_DGRAM)
        self._sources = frozenset(str(each[4][0]) for each in found)
        self.s = self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind((self.myIP, self.myPort))
        self.myPort = self.s.getsockname()[1]
        self.NSD = True
        self.register()
        threading.Thread(target=self.recv_loop, name="pyvoip sip", daemon=True).start()

    def leave(self) -> None:
        """Ends without a word, where nobody registered us."""
        self.NSD = False
        if self.registerThread:
            self.registerThread.cancel()
        self._close_sockets()

    def recv_loop(self) -> None:
        """What comes from the server, until it is stopped."""
        while self.NSD:
            try:
                if select.select([self.s], [], [], 0.05)[0]:
                    with self.recvLock:  # `register` reads for itself
                        self.recv()
            except (OSError, ValueError):  # nothing there after all, or closed by now
                continue

    def recv(self) -> None:
        """One message."""
        message = self._read()
        if message is not None:
            self._take(message)

    def _read(self):
        """The next message of the server's; `None` for what is none."""
        raw, source = self.s.recvfrom(_ONE_READ, socket.MSG_DONTWAIT)
        if source[0] not in self._sources:
            return None
        try:
            return SIP.SIPMessage(raw)
        except Exception:  # noqa: BLE001 (pyVoIP raises anything, and its thread would end)
            return None

    def _take(self, message) -> None:
        try:
            self.parse_message(message)
        except OSError:
            raise
        except Exception:  # noqa: BLE001 (as above)
            return

    def send(self, text: str) -> None:
        """Sends a message to the server."""
        self.out.sendto(text.encode("utf8"), (self.server, self.port))

    # Its registration

    def register(self) -> bool:
        """Registers, and again before that is over; whether it worked. After three failures the phone is
        lost."""
        done = self._has_registered()
        if not self.NSD:
            return False
        self.registerFailures = 0 if done else self.registerFailures + 1
        if done:
            self.phone._status = PhoneStatus.REGISTERED
        elif self.registerFailures >= _MOST_FAILURES:
            self.phone.fatal()
            return False
        timer = threading.Timer(self.default_expires - _EARLY if done else _RETRY, self.register)
        timer.daemon = True
        self.registerThread = timer
        timer.start()
        return done

    def deregister(self) -> bool:
        """Takes it back."""
        return self._has_registered(deregister=True)

    def _has_registered(self, deregister: bool = False) -> bool:
        try:
            with self.recvLock:
                response = self._ask(self.gen_first_response(deregister=deregister))
                if response is not None and int(response.status) in (401, 407):
                    response = self._ask(self.gen_register(response, deregister=deregister))
        except (OSError, ValueError):  # no way there, or closed by now
            return False
        return response is not None and int(response.status) == 200

    def _ask(self, text: str):
        """The response to a REGISTER, `None` where none comes; what else comes is not lost."""
        self.send(text)
        deadline = time.monotonic() + self.patience
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.s], [], [], left)[0] and (message := self._read()) is not None:
                if _is_final(message):
                    return message
                self._take(message)
        return None

    # What comes

    def parse_message(self, message) -> None:
        """As pyVoIP, and what it passes over."""
        call = self.phone.calls.get(message.headers["Call-ID"])
        if message.type == SIP.SIPMessageType.MESSAGE:
            if message.method == "CANCEL":
                self.send(self.gen_ok(message))
                if call is not None and call.state.value == "RINGING":
                    call.end(487)
                    call.tell(Left(cancelled=True))
                return
            super().parse_message(message)
        elif message.headers["CSeq"]["method"] == "INVITE":
            self._on_response(message, call, int(message.status))

    def _on_response(self, message, call, status: int) -> None:
        if status >= 300:
            self.send(self.gen_ack(message))
        if call is None:
            if 200 <= status < 300:
                self.phone.answered_after_cancel(message)
            return
        if status in (180, 183):
            call.tell(Rang())
        elif status == 200:
            self.phone.callback(message)
        elif status in (401, 407) and not call.has_signed:
            call.has_signed = True
            self._invite_again(message, call)
        elif status >= 300 and call.state.value == "DIALING":
            call.state = type(call.state).ENDED
            call.tell(Refused(status))

    # What goes

    def invite_text(self, number: str, media) -> tuple[str, str, int]:
        """An INVITE, its Call-ID and the id of its session."""
        call_id, session = self.gen_call_id(), self.sessID.next()
        return self._invite(number, session, media, call_id), call_id, session

    def _invite(self, number: str, session: int, media, call_id: str) -> str:
        branch = f"z9hG4bK{secrets.token_hex(12)}"
        return self.gen_invite(number, str(session), media, RTP.TransmitType.SENDRECV, branch, call_id)

    def _invite_again(self, challenge, call) -> None:
        """With the password (RFC 3261 section 22.2); the same media."""
        text = self._invite(call.request.headers["To"]["number"], call.session_id, call.ms, call.call_id)
        text = self._signed(text, challenge)
        call.request = SIP.SIPMessage(text.encode("utf8"))
        self.send(text)

    def gen_register(self, request, deregister: bool = False) -> str:
        """With the password."""
        text = super().gen_register(request, deregister)
        return self._signed(re.sub(r"\r\nAuthorization: [^\r]*", "", text), request)

    def _signed(self, text: str, challenge) -> str:
        """A request with the answer to a challenge (RFC 3261 section 22.2)."""
        asked, request = parse_datagram(challenge.raw), parse_datagram(text.encode("utf8"))
        assert isinstance(asked, Response)
        assert isinstance(request, Request)
        digest = DigestClient(Credentials(self.username, self.password))
        header = digest.answer(asked, request, secrets.token_hex)
        if header is None:
            return text
        return text.replace("\r\nCSeq: ", f"\r\n{header[0]}: {header[1]}\r\nCSeq: ", 1)

    def refuse(self, request, status: int) -> None:
        """A final response to an INVITE."""
        first = f"SIP/2.0 {status} {_PHRASES.get(status, 'Refused')}\r\n"
        text = first + self.gen_busy(request).partition("\r\n")[2]
        ours = self.tagLibrary.get(request.headers["Call-ID"])
        if ours:  # the tag of the 180 (RFC 3261 section 8.2.6.2)
            text = re.sub(r"(\r\nTo: [^\r]*;tag=)\w+", rf"\g<1>{ours}", text, count=1)
        self.send(text)

    def cancel(self, request) -> None:
        """CANCEL of our INVITE (RFC 3261 section 9.1): its first line, Via, From, To and number."""
        lines = request.raw.decode("utf8").split("\r\n")
        kept = [each for each in lines if each.startswith(("Via: ", "From: ", "To: ", "Call-ID: "))]
        number = request.headers["CSeq"]["check"]
        first = lines[0].replace("INVITE", "CANCEL", 1)
        more = [f"CSeq: {number} CANCEL", "Max-Forwards: 70", "Content-Length: 0", "", ""]
        self.send("\r\n".join([first, *kept, *more]))

    def gen_ack(self, request) -> str:
        """To a response, with its tag; that to a refusal has the INVITE's branch (RFC 3261 section
        17.1.1.3)."""
        headers = request.headers
        refused = int(request.status) >= 300
        contact = re.search(r"sips?:[^>;\s]+", "" if refused else headers.get("Contact", ""))
        target = contact[0] if contact else headers["To"]["raw"].strip("<>")
        text = re.sub(r"^ACK \S+", lambda _: f"ACK {target}", super().gen_ack(request), count=1)
        text = re.sub(r"\r\nTo: [^\r]*", lambda _: f"\r\nTo: {_tagged(headers['To'])}", text, count=1)
        return text if refused else self._by_own_via(text)

    def gen_bye(self, request) -> str:
        """With a Via of our own."""
        return self._by_own_via(super().gen_bye(request))

    def _by_own_via(self, text: str) -> str:
        first, *lines = text.split("\r\n")
        via = f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch=z9hG4bK{secrets.token_hex(12)};rport"
        return "\r\n".join([first, via, *(each for each in lines if not each.startswith("Via: "))])


def _is_final(message) -> bool:
    is_response = message.type == SIP.SIPMessageType.RESPONSE
    return is_response and message.headers["CSeq"]["method"] == "REGISTER" and int(message.status) >= 200


def _tagged(header) -> str:
    return f"{header['raw']};tag={header['tag']}"
