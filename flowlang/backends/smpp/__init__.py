"""SMS by SMPP 3.4."""

from .backend import SmppBackend, Smsc
from .outgoing import Patience
from .session import Account, Pace

__all__ = ["Account", "Pace", "Patience", "SmppBackend", "Smsc"]
