"""The four state machines of RFC 3261 §17 with RFC 6026, each a file with its table, and the layer that finds
them."""

from __future__ import annotations

from flowlang.sip.transactions.client import ClientTransaction, ClientUser
from flowlang.sip.transactions.layer import Transactions
from flowlang.sip.transactions.server import ServerTransaction, ServerUser

__all__ = ["ClientTransaction", "ClientUser", "ServerTransaction", "ServerUser", "Transactions"]
