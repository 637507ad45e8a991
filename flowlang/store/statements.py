"""What the store writes, as SQL: each table's columns are named here once, after the dataclass that a row is
read as where there is one, so that none is bound by its place alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from flowlang.model.cdr import CallRecord
from flowlang.model.message_record import MessageRecord
from flowlang.model.secrets import MASK as _MASK

from .sending import Sending
from .stored import Stored

RECORD = tuple(each.name for each in fields(CallRecord))
OPEN_RECORD = (*RECORD, "held_since")
"""With what one that is open has besides."""
RECORD_TEXTS = (
    "call_id", "direction", "source", "to", "flow", "activeflow", "ended_by", "cause", "transferred_to",
)  # fmt: skip
MESSAGE_RECORD = tuple(each.name for each in fields(MessageRecord))
MESSAGE_TEXTS = "direction", "channel", "source", "to", "activeflow", "flow", "message", "cause"
SENDING = tuple(each.name for each in fields(Sending))
STORED = tuple(each.name for each in fields(Stored))


def selected(names: Iterable[str], *texts: str) -> str:
    """Columns of a query. `texts` come as bytes: one that is damaged is no reason to read nothing else."""
    return ", ".join(f'CAST("{each}" AS BLOB)' if each in texts else f'"{each}"' for each in names)


def _insert(table: str, names: str | Iterable[str], how: str = "INSERT") -> str:
    columns = names.split() if isinstance(names, str) else tuple(names)
    listed, values = ", ".join(f'"{each}"' for each in columns), ", ".join("?" * len(columns))
    return f"{how} INTO {table} ({listed}) VALUES ({values})"


def _put(table: str, names: str | Iterable[str]) -> str:
    return _insert(table, names, "INSERT OR REPLACE")


OPEN = _insert("activeflows", "number id build opening first began state")
CUT = "UPDATE activeflows SET opening = ?, first = ?, last = NULL WHERE number = ?"
END = "UPDATE activeflows SET state = ?, ended = ?, last = coalesce(?, last), ending = ? WHERE number = ?"
MOVE = "UPDATE activeflows SET state = ?, last = ?, due = ? WHERE number = ?"
APPEND = _insert("journal", "row activeflow previous given outcome")
ADD_TEXT = _insert("texts", "hash text", "INSERT OR IGNORE")
ADD_BUILD = _insert("builds", "hash manifest", "INSERT OR IGNORE")
PARK_THREAD = _put("parked_threads", "thread since activeflow")
PUT_THREADS_KEY = _put("threads_key", "one mark")
DROP_PARKED_THREADS = "DELETE FROM parked_threads WHERE activeflow = ?"
PARK_MESSAGE = _put("parked_messages", "message activeflow")
DROP_PARKED_MESSAGES = "DELETE FROM parked_messages WHERE activeflow = ?"
PUT_RECORD = _put("records", OPEN_RECORD)
PUT_SENDING = _put("outbox", SENDING)
DROP_SENDING = "DELETE FROM outbox WHERE key = ?"
PUT_DIALOG = _put("dialogs", "leg dialog starts")
DROP_DIALOG = "DELETE FROM dialogs WHERE leg = ?"
DROP_HOPELESS_DIALOGS = "DELETE FROM dialogs WHERE starts >= ?"
COUNT_STARTS = "UPDATE dialogs SET starts = starts + 1"
ADD_SEEN = _insert("seen", "message at", "INSERT OR IGNORE")
ADD_REQUEST = _insert("requests", "number activeflow given")
DROP_REQUEST = "DELETE FROM requests WHERE number = ?"
PUT_LADDER = _put("ladders", "activeflow call_id number lines")
_NEWS = ", ".join(
    f"{each} = excluded.{each}"
    for each in ("activeflow", "flow", "route_line", "delivered", "failed", "cause")
)
PUT_MESSAGE_IN = f"{_insert('messages', MESSAGE_RECORD)} ON CONFLICT (key) DO UPDATE SET {_NEWS}"
ADD_MESSAGE_OUT = _insert("messages", MESSAGE_RECORD, "INSERT OR IGNORE")
SETTLE_MESSAGE = {
    each: f"UPDATE messages SET {each} = ?, message = coalesce(?, message), cause = ? WHERE key = ?"  # noqa: S608 (ours)
    for each in ("sent", "failed", "unknown")
}
REOPEN_MESSAGE = "UPDATE messages SET failed = NULL, unknown = NULL, cause = NULL WHERE key = ?"
_OF_CARRIER = "WHERE message = ? AND channel = ? AND direction = 'out'"
# What a carrier says may name the address: of one that is a secret it is nobody's to read.
_WHY = f"cause = coalesce(CASE WHEN \"to\" = '{_MASK}' THEN NULL ELSE ? END, cause)"
REPORT_MESSAGE = {
    each: f"UPDATE messages SET {each} = coalesce({each}, ?), {_WHY} {_OF_CARRIER}"  # noqa: S608 (ours)
    for each in ("sent", "delivered", "read", "failed")
}
PUT_ALIVE = _put("alive", "one at")
PUT_DOUBT = _put("doubt", "one newest")
DROP_DOUBT = "DELETE FROM doubt"
