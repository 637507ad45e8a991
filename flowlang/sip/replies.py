"""Where answers go, and those to requests of which nothing is kept (RFC 3261 §8.2.7, §18.2)."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from flowlang.sip.address import Address, same_host
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.message import Request, Response, response_to
from flowlang.sip.parse import MalformedRequestError


def stateless_tag(request: Request, salt: bytes) -> str:
    """The same for each repetition of a request (§8.2.7), unlike any other; `salt` is secret."""
    parts = (request.get("Call-ID"), request.get("CSeq"), request.get("Via"))
    text = "\n".join(part or "" for part in parts).encode("utf-8", "surrogateescape")
    return hashlib.blake2s(text, key=salt, digest_size=8).hexdigest()


def answer_to_malformed(
    error: MalformedRequestError, source: Address, product: str, salt: bytes
) -> bytes | None:
    """The answer, without state, so that junk costs no memory; `None` where there is none to give."""
    request = error.request
    if request.method == "ACK" or "Via" not in request.headers:
        return None
    with suppress(SipSyntaxError):
        reply_address(request, source)  # for `received`, where the Via can be read
    try:
        response = response_to(request, error.status, None, _phrase(error), (("Server", product),))
        _add_tag(response, stateless_tag(request, salt))
        return response.encode()
    except ValueError:
        return None


def reply_address(request: Request, source: Address) -> Address:
    """Mark the top Via with where the request came from, and tell where its responses go (§18.2.1, §18.2.2,
    RFC 3581 §4).

    `maddr` is not followed: it is for multicast, which this agent does not speak, and would let anyone aim
    our answers.
    """
    via = request.via
    symmetric = "rport" in via.parameters
    if symmetric or not same_host(via.host, source.host):
        via.parameters["received"] = source.host
        if symmetric:
            via.parameters["rport"] = str(source.port)
        request.set_top_via(via)
    if symmetric or source.reliable:
        return source
    return Address(source.host, via.effective_port, source.transport)


def _phrase(error: SipSyntaxError) -> str | None:
    return str(error) if error.status == 400 else None


def _add_tag(response: Response, tag: str) -> None:
    """A tag for a To that reads as an address without one."""
    try:
        if response.to.tag is None:
            response.headers["To"] = [f"{response.headers['To'][0]};tag={tag}"]
    except SipSyntaxError:
        return
