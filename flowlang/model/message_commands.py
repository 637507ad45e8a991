"""Commands out that need no leg: messages, requests to other machines, values that are kept.

Each carries a `key` of activeflow and step: whoever carries out the same key twice does it once. Which
backend does it says `outlet`: a channel, `notify`, `http`, `store` or `sql`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from .values import Value

MessageChannel = Literal["sms", "email", "chat", "notify"]
HttpMethod = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Give a message out. `to` is an address with its scheme (of `notify` a service's name), `source` who
    sends, `None` for the operator's default; `reply_to` the id of the message that it answers. `subject`,
    `html` and `attachments` (paths as the script wrote them) are an e-mail's; `deliver_to` is where it is to
    go, if not to the address of the person, `to` (Reply-To).

    Result: an outcome, `sent` with `id`, `failed` with `reason` and maybe `detail`, or `unknown`.
    """

    name: ClassVar[str] = "send"
    channel: MessageChannel
    to: str
    text: str
    key: str
    source: str | None = None
    subject: str | None = None
    html: str | None = None
    attachments: tuple[str, ...] = ()
    reply_to: str | None = None
    deliver_to: str | None = None

    @property
    def outlet(self) -> str:
        """Which backend sends it."""
        return self.channel


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Ask another machine. `body` is JSON where `headers` say so; `timeout` is in microseconds; `sign`: as
    the operator has set for webhooks (Standard Webhooks).

    Result: a map of `status`, `text` and `headers` (small letters) for an answer of any status, of `reason`
    where none came, or the outcome `unknown`.
    """

    name: ClassVar[str] = "http"
    method: HttpMethod
    url: str
    headers: dict[str, Value]
    body: str | None
    timeout: int
    key: str
    sign: bool = False

    @property
    def outlet(self) -> str:
        """Which backend sends it."""
        return "http"


@dataclass(frozen=True, slots=True)
class StoreGet:
    """Look a value up. Result: a list, empty or of the one value."""

    name: ClassVar[str] = "store_get"
    entry: str

    @property
    def outlet(self) -> str:
        """Which backend does it."""
        return "store"


@dataclass(frozen=True, slots=True)
class StorePut:
    """Keep a value; `none` forgets it. Result: none."""

    name: ClassVar[str] = "store_put"
    entry: str
    value: Value
    key: str

    @property
    def outlet(self) -> str:
        """Which backend does it."""
        return "store"


@dataclass(frozen=True, slots=True)
class StoreAdd:
    """Add to a number, from 0. Result: the sum; fails with `type` where something else is kept."""

    name: ClassVar[str] = "store_add"
    entry: str
    amount: int | Decimal
    key: str

    @property
    def outlet(self) -> str:
        """Which backend does it."""
        return "store"


@dataclass(frozen=True, slots=True)
class SqlQuery:
    """Read from a data base that the operator has named. Each `?` of the statement stands for a value.
    Result: a list of rows, maps by the names of the columns."""

    name: ClassVar[str] = "sql_query"
    connection: str
    statement: str
    values: tuple[Value, ...]

    @property
    def outlet(self) -> str:
        """Which backend does it."""
        return "sql"


@dataclass(frozen=True, slots=True)
class SqlRun:
    """Change something there. Result: how many rows it changed."""

    name: ClassVar[str] = "sql_run"
    connection: str
    statement: str
    values: tuple[Value, ...]
    key: str

    @property
    def outlet(self) -> str:
        """Which backend does it."""
        return "sql"


OutsideCommand = SendMessage | HttpRequest | StoreGet | StorePut | StoreAdd | SqlQuery | SqlRun


def action_of(command: OutsideCommand) -> str:
    """The name of the action that such a command is of; of several the one that says the same of a crash."""
    match command:
        case SendMessage(channel=channel):
            return channel
        case HttpRequest(sign=True):
            return "webhook"
        case HttpRequest(method=method):
            return f"http.{method.lower()}"
        case StoreGet() | StorePut() | StoreAdd() | SqlQuery() | SqlRun():
            return command.name.replace("_", ".")
