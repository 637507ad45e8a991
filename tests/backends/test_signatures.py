"""Signatures of webhooks: vectors of those who made the forms, and what must not pass."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.backends.signatures import (
    SecretError,
    standard_fault,
    standard_headers,
    standard_key,
    twilio_fault,
    twilio_signature,
)

TWILIO: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "webhook_signatures.json").read_text(encoding="utf-8")
)["twilio"]
KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOW = 1_800_000_000.0


@pytest.mark.parametrize("case", TWILIO["cases"], ids=lambda case: case["name"])
def test_twilios_own_vectors_verify(case: dict[str, Any]) -> None:
    url = case.get("url", TWILIO["url"])
    body = case.get("body")
    if body is not None:
        url += f"&bodySHA256={case['bodySHA256']}"
        form: list[tuple[str, str]] = []
    else:
        form = [(name, value) for name, value in case.get("params_list", TWILIO["params"].items())]
    sent = body.encode() if body is not None else b""
    assert twilio_fault(TWILIO["token"], url, case["sig"], form, sent) is None
    assert twilio_fault("other", url, case["sig"], form, sent) is not None
    assert twilio_fault(TWILIO["token"], url, case["sig"], [*form, ("x", "y")], sent) is not None
    assert twilio_fault(TWILIO["token"], url, "", form, sent) == "it is not signed"


def test_standard_webhooks_own_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, specification, *Signature scheme*
    key = standard_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = standard_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_signed_verifies_under_any_of_the_keys() -> None:
    headers = standard_headers(KEY, "m-1", b"{}", NOW)
    assert standard_fault([bytes(24), KEY], headers, b"{}", NOW) is None
    headers["webhook-signature"] = f"v1a,xyz v1,AAAA {headers['webhook-signature']}"
    assert standard_fault([KEY], headers, b"{}", NOW) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"webhook-id": "m-2"}, "its signature is another's"),
        ({"webhook-id": ""}, "it is not signed"),
        ({"webhook-id": "m.1"}, "its id or timestamp is none"),
        ({"webhook-timestamp": "1799999000"}, "its timestamp is too old, or in the future"),
        ({"webhook-timestamp": "1800000301"}, "its timestamp is too old, or in the future"),
        ({"webhook-timestamp": "１８００００００００"}, "its id or timestamp is none"),
        ({"webhook-timestamp": "soon"}, "its id or timestamp is none"),
        ({"webhook-signature": "v1,"}, "its signature is another's"),
        ({"webhook-signature": "v2,AAAA"}, "its signature is another's"),
    ],
)
def test_what_is_changed_does_not_verify(change: dict[str, str], fault: str) -> None:
    headers = standard_headers(KEY, "m-1", b"{}", NOW) | change
    assert standard_fault([KEY], headers, b"{}", NOW) == fault


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_no_other_body_verifies(body: bytes, other: bytes) -> None:
    headers = standard_headers(KEY, "m-1", body, NOW)
    assert (standard_fault([KEY], headers, other, NOW) is None) == (body == other)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_ä", "x" * 200, SECRET[:-3]])
def test_what_is_no_secret_is_told(secret: str) -> None:
    with pytest.raises(SecretError):
        standard_key(secret)


def test_ports_may_stand_in_the_address_or_not() -> None:
    signature = twilio_signature("t", "https://a.example/x")
    assert twilio_fault("t", "https://a.example:443/x", signature) is None
    assert twilio_fault("t", "https://a.example:8443/x", signature) is None
    assert twilio_fault("t", "https://b.example/x", signature) is not None
