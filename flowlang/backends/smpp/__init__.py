"""SMS by SMPP 3.4."""

from .backend import SmppBackend, Smsc
from .kind import KIND
from .outgoing import Patience
from .session import Account, Timers

__all__ = ["KIND", "Account", "Patience", "SmppBackend", "Smsc", "Timers"]
