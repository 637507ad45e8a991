"""One call that came to the softphone."""

from __future__ import annotations

from pathlib import Path

from flowlang.backends.media import MediaPort
from flowlang.backends.sip import Endpoint
from flowlang.sip import IncomingCall, MediaSession, SessionDescription

from .call import CallFailed, PhoneCall


class CalledCall(PhoneCall):
    """As `PhoneCall`; it rings, and is answered or rejected from here. `source` and `name` are what its From
    says."""

    def __init__(
        self,
        endpoint: Endpoint,
        port: MediaPort,
        session: MediaSession,
        recording: Path | None,
        call: IncomingCall,
    ) -> None:
        super().__init__(endpoint, port, session, recording)
        self.incoming = call
        self.source = str(call.from_.uri)
        self.name = call.from_.display
        self._description: SessionDescription | None = None
        self.begin(call)

    def ring(self) -> None:
        """180."""
        self.incoming.ring(self._endpoint.now())
        self._endpoint.carry_out()

    def early_media(self) -> None:
        """183: what is played is heard before the answer."""
        self.incoming.progress(self._describe(), self._endpoint.now())
        self.connect()
        self._endpoint.carry_out()

    def answer(self) -> None:
        """Take the call."""
        self.answered = self.incoming.answer(self._describe(), self._endpoint.now())
        self.connect()
        self._endpoint.carry_out()

    def reject(self, status: int = 603, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Do not take it."""
        self.incoming.reject(status, self._endpoint.now(), headers=headers)
        self._endpoint.carry_out()

    def on_confirmed(self, answer: SessionDescription | None) -> None:
        """The ACK came, with an answer where the offer was ours."""
        if answer is not None and self._session.read_answer(answer):
            self.connect()

    def _describe(self) -> SessionDescription:
        if self._description is None:
            self._description = self._session.negotiate(self.incoming.offer)
        if self._description is None:
            raise CallFailed(cause="not_acceptable", status=488)
        return self._description
