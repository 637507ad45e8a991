"""SMS by SMPP 3.4."""

from .backend import SmppBackend, Smsc
from .kind import KIND
from .outgoing import Patience
from .session import Account, Pace

__all__ = ["KIND", "Account", "Pace", "Patience", "SmppBackend", "Smsc"]
