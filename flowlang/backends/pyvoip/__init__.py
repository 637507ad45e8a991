"""Calls by pyVoIP, where a phone that is registered at somebody's server is all that there may be.

It can answer, play and speak, take digits, hang up, reject, and call by its server; a flow that needs more of
a call is refused when it is loaded.

- `backend`  calls in and out, one worker thread; `leg` one call
- `news`     the border between pyVoIP's threads and trio
- `phone`, `client`, `calls`   pyVoIP, and what of it is mended; nothing else imports it, and nothing these
- `sound`    what goes out, a packet at a time
"""

from .backend import PyVoipBackend
from .kind import KIND, open_phone
from .settings import PhoneSettings

__all__ = ["KIND", "PhoneSettings", "PyVoipBackend", "open_phone"]
