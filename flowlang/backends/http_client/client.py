"""One request after another until an answer counts: limits, retries, keys and signatures of the HTTP client.

What may be sent again without doing it twice is: GET, PUT and DELETE mean the same twice (RFC 9110 §9.2.2), a
webhook has an id by which its receiver knows it, and any request that reached nobody. A POST whose answer
stays away, or is too large to be read, is `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

import httpcore2
import trio

from flowlang.backends.backoff import Backoff
from flowlang.backends.border import nothing
from flowlang.backends.on_wire import OnWire
from flowlang.model.addresses import fault_of_url
from flowlang.model.message_commands import HttpRequest
from flowlang.model.values import SECOND, Outcome, Value

from .network import RefusedAddress

_BUSY = frozenset({429, 503})  # the server says itself that nothing was done (RFC 9110 §15.6.4, RFC 6585 §4)
_GATEWAY = frozenset({408, 502, 504})
_MOST_HEADERS = 100
_LONGEST_HEADER = 4_000
_LONGEST_PAUSE = 60.0

Sign = Callable[[HttpRequest, bytes], tuple[str, Mapping[str, str]]]
"""The address of a webhook as it is signed, and the headers that sign it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`attempts` at all; the first pause between two is about `first` seconds."""

    attempts: int = 4
    first: float = 0.5

    @property
    def backoff(self) -> Backoff:
        """The pauses."""
        return Backoff(self.first, _LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, Value]
    body: bytes
    whole: bool


@dataclass(slots=True)
class _Course:
    """What came of a command so far. `sent`: the attempt under way has reached the other machine. `on_wire`
    remembers that across a crash."""

    on_wire: OnWire
    result: Value = field(default_factory=lambda: {"reason": "timeout"})
    sent: bool = False


class Client:
    """`sign` is `None` where the operator has set no secret; `chance` gives numbers from 0 to 1."""

    def __init__(
        self,
        pool: httpcore2.AsyncConnectionPool,
        *,
        sign: Sign | None,
        patience: Patience,
        most_bytes: int,
        chance: Callable[[], float],
        agent: str,
    ) -> None:
        self._pool = pool
        self._sign = sign
        self._patience = patience
        self._most_bytes = most_bytes
        self._chance = chance
        self._agent = agent

    async def ask(
        self,
        command: HttpRequest,
        on_wire: OnWire | None = None,
        why_not: Callable[[], str | None] = nothing,
    ) -> Value:
        """The result of the command: see `HttpRequest`. In `on_wire` its key is marked before an attempt that
        may reach the other machine, and no more where that said it is busy. `why_not` is asked before each
        attempt: a reason ends it."""
        if command.sign and self._sign is None:
            return {"reason": "no secret is set in flow.toml to sign webhooks with"}
        fault = fault_of_url(command.url)
        if fault is not None:
            return {"reason": f"it goes to no address: {fault}"}
        course = _Course(on_wire or OnWire())
        with trio.move_on_after(command.timeout / SECOND):
            for attempt in range(1, self._patience.attempts + 1):
                if (reason := why_not()) is not None:
                    return Outcome("failed", {"reason": reason})
                pause = await self._try(command, course)
                if pause is None or attempt == self._patience.attempts:
                    return course.result
                await trio.sleep(max(pause, self._patience.backoff.wait(attempt, self._chance())))
        if course.sent and not _repeatable(command):  # it was under way when time ran out
            return Outcome("unknown")
        return course.result

    async def _try(self, command: HttpRequest, course: _Course) -> float | None:
        """One attempt: how many seconds to wait at least before the next, `None` if there is none."""
        course.sent = False
        try:
            answer = await self._once(command, course)
        except RefusedAddress as error:
            course.result = {"reason": str(error)}
            return None
        except (ValueError, httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol):
            # What the script's action let through is no request all the same: nothing of it went out.
            course.result = {"reason": "this is no request that can be written"}
            return None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            if course.sent and not _repeatable(command):
                course.result = Outcome("unknown")
                return None
            course.result = {"reason": _reason(error)}
            return 0.0
        course.sent = False
        if not answer.whole and not _repeatable(command):  # it was done, as far as anybody can tell
            course.result = Outcome("unknown")
            return None
        if not answer.whole:
            course.result = {"reason": f"the answer has more than {self._most_bytes} bytes"}
            return None
        course.result = _value(answer)
        if answer.status in _BUSY:
            course.on_wire.undo(command.key)
        again = answer.status in _BUSY or (answer.status in _GATEWAY and _repeatable(command))
        return _retry_after(answer) if again else None

    async def _once(self, command: HttpRequest, course: _Course) -> _Answer:
        body = command.body.encode("utf-8", "replace") if command.body is not None else b""
        headers = {
            "user-agent": self._agent, "accept": "application/json, */*;q=0.5", "accept-encoding": "identity",
        }  # fmt: skip
        headers |= {name: str(value) for name, value in command.headers.items()}
        url = command.url
        if command.method != "GET":
            headers["content-length"] = str(len(body))
            headers.setdefault("idempotency-key", command.key)
        if command.sign and self._sign is not None:
            url, signed = self._sign(command, body)
            headers |= signed
        sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]

        async def trace(name: str, _info: Mapping[str, object]) -> None:
            if name.endswith("send_request_headers.started"):
                course.on_wire.begin(command.key)
                course.sent = True

        async with self._pool.stream(
            command.method,
            url,
            headers=sent,
            content=body if command.method != "GET" else None,
            extensions={"trace": trace},
        ) as response:
            parts: list[bytes] = []
            size = 0
            async with aclosing(response.aiter_stream()) as stream:
                async for part in stream:
                    size += len(part)
                    if size > self._most_bytes:
                        return _Answer(response.status, {}, b"", whole=False)
                    parts.append(part)
            return _Answer(response.status, _headers(response.headers), b"".join(parts), whole=True)


def _repeatable(command: HttpRequest) -> bool:
    return command.method != "POST" or command.sign


def _retry_after(answer: _Answer) -> float:
    """Seconds that the server asks for (RFC 9110 §10.2.3); its other form, a date, is not looked at."""
    text = str(answer.headers.get("retry-after", ""))
    return min(float(text), _LONGEST_PAUSE) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _headers(given: list[tuple[bytes, bytes]]) -> dict[str, Value]:
    headers: dict[str, Value] = {}
    for name, value in given[:_MOST_HEADERS]:
        key = name.decode("ascii", "replace").lower()
        text = value.decode("latin-1")[:_LONGEST_HEADER]
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _value(answer: _Answer) -> Value:
    kind = str(answer.headers.get("content-type", ""))
    charset = kind.lower().partition("charset=")[2].partition(";")[0].strip().strip('"')
    try:
        text = answer.body.decode(charset if charset in ("iso-8859-1", "latin-1") else "utf-8", "replace")
    except LookupError:
        text = answer.body.decode("utf-8", "replace")
    return {"status": answer.status, "text": text, "headers": answer.headers}


def _reason(error: Exception) -> str:
    if isinstance(error, httpcore2.TimeoutException):
        return "timeout"
    text = str(error).partition("\n")[0][:200]
    return text if text and text.isprintable() else "the connection broke"
