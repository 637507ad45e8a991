"""SIP calls as a backend: joins the SIP user agent, the media plane and a voice to the engine's border.

    backend = SipBackend(SipSettings(("127.0.0.1", 5060), prompts=Path("clinic")), voice=voice)
    async with flowlang.open_engine(backends=[backend]) as engine: ...

- `endpoint`   a user agent on its UDP socket and trio's clock; the softphone stands on it too
- `settings`   what the operator says; `config` reads it from `flow.toml`
- `backend`    calls in and out, legs made of them, refusals
- `leg`        one call: what the engine asks of it, what the peer does with it, transfers (`attended`)
- `leg_media`  its port, with whom it is bridged, what is heard there; `recordings`, `keys` (by INFO)
- `incoming_leg`, `outgoing_leg`   what each does in its own way
- `targets`    where a call goes: phones, trunks (`trunks`), hosts (`dns`); `identity` as whom
- `audio`      what was agreed by SDP, applied to a media port
- `files`      how many files may be open

Rules: one ticker, and as many tasks as there are sockets and connections, however many calls there are; a
task of its own has only sound that is being fetched, and a call that is looking for where it goes. Nothing is
sent that SIP does not ask for or a script has not said: 180 is `ring`'s alone.
"""

from __future__ import annotations

from .audio import connect_audio
from .backend import Left, SipBackend
from .endpoint import Endpoint
from .settings import SipSettings

__all__ = ["Endpoint", "Left", "SipBackend", "SipSettings", "connect_audio"]
