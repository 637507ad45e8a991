"""`http.get`, `http.post`, `http.put`, `http.delete` and `webhook`: one request to another machine.

An answer of any status is an outcome; its JSON, if it is some, is a value. A GET goes where a redirect sends
it on to, each time by a request of its own that both policies allow. Where the request may go the
operator and the script's policy say, and whoever carries it out holds to that.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode, urljoin

from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.texts import shown
from flowlang.model.addresses import fault_of_url, origin_of
from flowlang.model.message_commands import HttpMethod, HttpRequest
from flowlang.model.secrets import made_of
from flowlang.model.values import MINUTE, SECOND, Duration, Outcome, Value

from ..json_values import json_of, value_of_json
from .stage import Stage

_TIMEOUT = 10 * SECOND
_LONGEST = 5 * MINUTE
_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")  # RFC 9110 §5.6.2
_FIELD_VALUE = re.compile(r"[\t -~]{0,4000}\Z")
_OURS = frozenset({"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"})
_MOST_REDIRECTS = 5
_BODYLESS = frozenset({"GET", "DELETE"})


async def get(stage: Stage) -> Outcome:
    """GET."""
    return await _ask(stage, "GET")


async def post(stage: Stage) -> Outcome:
    """POST."""
    return await _ask(stage, "POST")


async def put(stage: Stage) -> Outcome:
    """PUT."""
    return await _ask(stage, "PUT")


async def delete(stage: Stage) -> Outcome:
    """DELETE."""
    return await _ask(stage, "DELETE")


async def webhook(stage: Stage) -> Outcome:
    """A signed POST of JSON."""
    data = stage.given["data"]
    body = made_of(json_of(data), data)
    headers = _headers(stage.given["headers"], "application/json")
    return await _request(stage, "POST", _url(stage), headers, body, sign=True)


async def _ask(stage: Stage, method: HttpMethod) -> Outcome:
    body: str | None = None
    kind: str | None = None
    if method not in _BODYLESS:
        given = stage.given["json"]
        body = stage.optional_text("text")
        if given is not None and body is not None:
            raise Fault("value", f"`{stage.action.name}` takes `json` or `text`, not both")
        kind = "text/plain; charset=utf-8" if body is not None else None
        if given is not None:
            body, kind = made_of(json_of(given), given), "application/json"
    return await _request(stage, method, _url(stage), _headers(stage.given["headers"], kind), body)


async def _request(
    stage: Stage,
    method: HttpMethod,
    url: str,
    headers: dict[str, Value],
    body: str | None,
    *,
    sign: bool = False,
) -> Outcome:
    given = stage.given["timeout"]
    timeout = given.microseconds if isinstance(given, Duration) else _TIMEOUT
    if not 0 < timeout <= _LONGEST:
        raise Fault("value", f"`timeout` of `{stage.action.name}` is above 0 and at most 5m")
    answer = await stage.perform(HttpRequest(method, url, headers, body, timeout, stage.key, sign))
    for _ in range(_MOST_REDIRECTS if method == "GET" else 0):
        target = _redirected(answer, url)
        if target is None:
            break
        fault = fault_of_url(target)
        refused = fault or stage.flow.rules.why_refused("http", target)
        if refused is not None:
            text = f"the answer redirects to {shown(target)[:200]}, which is refused: {refused}"
            raise Fault("policy", text)
        if origin_of(target) != origin_of(url):  # what the script tells one machine is not for another
            headers = {}
        url = target
        answer = await stage.perform(HttpRequest(method, url, headers, None, timeout, stage.key))
    return _outcome(answer)


def _redirected(answer: Value, url: str) -> str | None:
    """Where an answer sends a GET on to (RFC 9110 §15.4)."""
    match answer:
        case {"status": 301 | 302 | 303 | 307 | 308, "headers": {"location": str(location)}}:
            try:
                return urljoin(url, location.strip())
            except ValueError:
                return location  # it is no address, and told so
        case _:
            return None


def _url(stage: Stage) -> str:
    url = stage.text("url")
    query = stage.given.get("query")
    if isinstance(query, dict) and query:
        pairs = urlencode([(key, shown(each)) for key, each in query.items()])
        url = made_of(f"{url}{'&' if '?' in url else '?'}{pairs}", url, query)
    fault = fault_of_url(url)
    if fault is not None:
        raise Fault("address", f"`url` of `{stage.action.name}` is no address: {fault}")
    return url


def _headers(given: Value, kind: str | None) -> dict[str, Value]:
    headers: dict[str, Value] = {} if kind is None else {"content-type": kind}
    for name, value in (given if isinstance(given, dict) else {}).items():
        if not _FIELD_NAME.match(name) or name.lower() in _OURS:
            raise Fault("value", f"`{name[:40]}` is no header that a script may set")
        if not isinstance(value, str) or not _FIELD_VALUE.match(value):
            raise Fault("value", f"the header `{name}` is a text of one line, in ASCII")
        headers[name.lower()] = value
    return headers


def _outcome(answer: Value) -> Outcome:
    match answer:
        case Outcome():
            return answer
        case {"status": int(status), "text": str(text), "headers": dict(headers)}:
            data = value_of_json(text)
            if 200 <= status <= 299:
                return Outcome("ok", {"status": status, "text": text, "data": data, "headers": headers})
            fields: dict[str, Value] = {"status": status, "reason": f"status {status}", "text": text}
            return Outcome("failed", {**fields, "data": data})
        case {"reason": str(reason)}:
            return Outcome("failed", {"status": None, "reason": reason, "text": "", "data": None})
        case _:
            raise Fault("internal", "a backend told nothing of how the request ended")
