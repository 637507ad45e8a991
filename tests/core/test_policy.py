"""Policies: what a pattern covers, what counts as the same destination, and what no pattern ever covers."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_SHORT_REGIONS, PhoneMetadata

from flowlang.core.policy import Rules
from flowlang.model.actions import ACTIONS
from flowlang.model.destinations import KINDS, Kind, covers, destination_of, fits, why_no_pattern
from flowlang.model.header_names import why_no_headers
from flowlang.model.policy import EVERYTHING, NOTHING, Policy, destinations, simulated


def covered(kind: Kind, pattern: str, text: str) -> bool:
    try:
        return covers(kind, pattern, destination_of(kind, text))
    except ValueError:
        return False


@given(st.text("ab*", max_size=12), st.text("ab", max_size=12))
def test_a_star_stands_for_any_characters_and_nothing_else_does(pattern: str, text: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert fits(pattern, text) == (re.fullmatch(expression, text) is not None)


def test_matching_takes_linear_time() -> None:
    began = time.process_time()
    assert not fits("*a" * 500 + "b", "a" * 2_000)
    assert time.process_time() - began < 0.2


COVERED: list[tuple[Kind, str, str]] = [
    ("dial", "sip:*@clinic.example", "sip:nurse@clinic.example"),
    ("dial", "sip:*@clinic.example", "SIP:nurse@CLINIC.example"),
    ("dial", "sips:*@clinic.example", "sips:nurse@clinic.example"),
    ("dial", "sip:clinic.example", "sip:clinic.example"),
    ("dial", "sip:*", "sip:clinic.example"),
    ("dial", "sip:*@clinic.example", "sip:nurse@clinic.example;transport=tcp"),
    ("dial", "sip:*@clinic.example", "sip:200@clinic.example"),
    ("dial", "sip:2*@clinic.example", "sip:200@clinic.example"),
    ("dial", "sip:100@clinic.example", "sip:100@clinic.example"),
    ("dial", "sip:+*@gw.example", "sip:+16062067563@gw.example"),
    ("dial", "sip:*@clinic.example", "sip:3201@clinic.example"),
    ("dial", "sip:118*@gw.example", "sip:118118@gw.example"),
    ("dial", "sip:desk-20261121@gw.example", "sip:desk-20261121@gw.example"),
    ("dial", "sip:*@*.clinic.example", "sip:nurse@desk.clinic.example"),
    ("dial", "+1606*", "tel:+1-606-206-7563"),
    ("dial", "tel:+1606*", "+16062067563"),
    ("dial", "sip:+1606*@gw.example", "sip:+1-606.206(7563)@gw.example"),
    ("dial", "sip:+1606*@gw.example", "sip:%2B16062067563@gw.example"),
    ("sms", "+1*", "sms:+16062067563"),
    ("email", "*@clinic.example", "mailto:Desk@Clinic.example"),
    ("email", "mailto:desk@clinic.example", "desk@clinic.example"),
    ("http", "https://api.example/*", "HTTPS://API.example:443/orders/1?x=2#part"),
    ("http", "https://api.example/orders/*", "https://api.example/x/../orders/1"),
    ("http", "https://*.example/*", "https://api.example/"),
    ("chat", "chat:team-*", "chat:team-1"),
    ("sql", "orders", "orders"),
    ("header", "X-Clinic-*", "x-clinic-room"),
    ("header", "Alert-Info", "ALERT-INFO"),
    ("header", "*", "X-Room"),
]


@pytest.mark.parametrize(("kind", "pattern", "text"), COVERED)
def test_destinations_are_compared_in_one_form(kind: Kind, pattern: str, text: str) -> None:
    assert covered(kind, pattern, text)


AT_A_GATEWAY = [
    "+5352345678", "+16062067563", "(+1)6062067563", "%2B16062067563", "+19005551234,", "+19005551234&x",
    "+1900HOTTALK", "911,", "&911", "911x", "9,1,1", "133", "17", "190", "100", "0112", "9911", "*911",
]  # fmt: skip
LIKE_A_NUMBER = [
    "118118",
    "11833",
    "1-18118",
    "00A5352345678",
    "w005352345678",
    "tel+5352345678",
    "%77005352345678",
]
NEVER_SET = [
    "Via", "v", "To", "t", "From", "Contact", "m", "Route", "Record-Route", "Call-ID", "CSeq", "Replaces",
    "Max-Forwards", "Content-Length", "content-type", "Authorization", "Proxy-Authorization", "Privacy",
    "P-Asserted-Identity", "Remote-Party-ID", "Supported", "Require", "X Room", "X-Room:", "X-Room\r\nTo",
    "X-R\u00f6\u00f6m", "", "X-*",
]  # fmt: skip
NOT_COVERED: list[tuple[Kind, str, str]] = [
    ("dial", "sip:*@clinic.example", "sip:nurse@evil.example"),
    ("dial", "sip:*@clinic.example", "sip:nurse@evilclinic.example"),
    ("dial", "sip:*@clinic.example", "sip:nurse@evil.example;x=@clinic.example"),
    ("dial", "sip:*@clinic.example", "sip:a@evil.example@clinic.example"),
    ("dial", "sip:*@clinic.example", "sip:a%40evil.example@clinic.example"),
    ("dial", "sip:*@clinic.example", "sip:nurse@clinic.example;maddr=evil.example"),
    ("dial", "sip:*@clinic.example", "sip:nurse@clinic.example?Route=evil"),
    ("dial", "sip:*@clinic.example", "sip:nurse@clinic.example\r\nTo: x"),
    ("dial", "sip:*@clinic.example", "sip:0019005551234@clinic.example"),
    *(("dial", "sip:*@gw.example", f"sip:{user}@gw.example") for user in AT_A_GATEWAY),
    *(("dial", "sip:*@gw.example", f"sip:{user}@gw.example") for user in LIKE_A_NUMBER),
    ("dial", "sip:*", "sip:+16062067563@gw.example"),
    ("dial", "sip:**@gw.example", "sip:+16062067563@gw.example"),
    ("dial", "sip:*", "sip:0019005551234;user=phone@gw.example"),
    ("dial", "sip:*", "sip:nurse;user=phone@gw.example"),
    ("dial", "sip:*", "sip:nurse?x@gw.example"),
    ("dial", "sip:clinic.example", "sip:clinic.example;user=phone@evil.example"),
    ("dial", "sip:clinic.example", "sip:clinic.example?x@evil.example"),
    ("dial", "sip:*", "sip:nurse@clinic.example;user=phone@evil.example"),
    ("dial", "+1606*", "sip:+16062067563@evil.example"),
    ("dial", "+1*", "+4916062067563"),
    ("dial", "*", "0016062067563"),
    ("dial", "*", "mailto:desk@clinic.example"),
    ("sms", "*", "desk"),
    ("email", "*@clinic.example", "a@evil.example,b@clinic.example"),
    ("email", "*@clinic.example", "mailto:a@clinic.example?bcc=b@evil.example"),
    ("email", "*@clinic.example", "a%40evil.example@clinic.example"),
    ("http", "https://api.example/*", "http://api.example/"),
    ("http", "https://api.example/*", "https://api.example@evil.example/"),
    ("http", "https://api.example/*", "https://api.example:8443/"),
    ("http", "https://api.example/*", "https://api.example.evil.example/"),
    ("http", "https://api.example/*", "https:\\\\api.example/"),
    ("http", "https://*.example/*", "https://evil.test/x.example/"),
    ("http", "https://api.example/orders/*", "https://api.example/orders/%2e%2e/keys"),
    ("http", "https://api.example/orders/*", "https://api.example/orders/..%2fkeys"),
    ("http", "https://api.example/orders", "https://api.example/orders2"),
    ("http", "*", "file:///etc/passwd"),
    ("header", "X-Clinic-*", "X-Other"),
    *(("header", "*", name) for name in NEVER_SET),
]


@pytest.mark.parametrize(("kind", "pattern", "text"), NOT_COVERED)
def test_no_spelling_leads_past_a_pattern(kind: Kind, pattern: str, text: str) -> None:
    assert not covered(kind, pattern, text)


def rules(*patterns: str, operator: Policy = EVERYTHING) -> Rules:
    return Rules(Policy({"dial": patterns}), operator)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("+19005551234", "a premium number"),
        ("sip:+1-900-555-1234@gw.example", "a premium number"),
        ("tel:+448431234567", "a premium number"),
        ("+447012345678", "a personal number, which may cost as much as a premium one"),
        ("+881612345678", "a satellite number"),
        ("+8835100123456", "a satellite number"),
        ("112", "an emergency number somewhere"),
        ("133", "an emergency number somewhere"),
        ("tel:190", "an emergency number somewhere"),
        ("sip:911@gw.example", "an emergency number somewhere"),
        ("sip:9-1-1@gw.example", "an emergency number somewhere"),
        ("sip:%39%31%31@gw.example", "an emergency number somewhere"),
        ("sip:9911@gw.example", "an emergency number somewhere"),
        ("sip:0112@gw.example", "an emergency number somewhere"),
        ("+12345678", "a number that no numbering plan has"),
    ],
)
def test_a_special_number_has_to_be_named_by_the_operator(text: str, what: str) -> None:
    why = f"it is {what}, which the operator has to name exactly"
    assert rules("*").why_refused("dial", text) == why
    assert rules("*", text).why_refused("dial", text) == why
    named = Policy({"dial": (text,)})
    assert rules("*", operator=named).why_refused("dial", text) is None
    assert rules("sip:*@x.example", operator=named).why_refused("dial", text) is not None


@pytest.mark.parametrize(
    "text", ["sip:*67911@gw.example", "sip:#31#112@gw.example", "sip:##60911@gw.example"]
)
def test_a_code_before_an_emergency_number_hides_it_from_nobody(text: str) -> None:
    why = "it is an emergency number somewhere, which the operator has to name exactly"
    assert rules("*", text, operator=Policy({"dial": (text,)})).why_refused("dial", text) == why


def emergency_numbers() -> set[str]:
    """Of all countries, as far as `phonenumbers` knows: the examples of its metadata, and every number of up
    to four digits that its patterns fit."""
    found: set[str] = set()
    for region in SUPPORTED_SHORT_REGIONS:
        described = PhoneMetadata.short_metadata_for_region(region).emergency
        pattern = described and described.national_number_pattern
        if pattern:
            found.add(described.example_number)
            short = (f"{number:0{width}}" for width in (2, 3, 4) for number in range(10**width))
            found |= {each for each in short if re.fullmatch(pattern, each)}
    return found


def test_no_pattern_covers_what_rings_an_emergency_service_in_any_country() -> None:
    numbers = emergency_numbers()
    assert {"112", "133", "190", "911", "999", "1122"} <= numbers
    assert len(numbers) > 200
    patterns = ("*", "1*", "9*", "sip:*", "sip:*@*", "sip:1*@*", "sip:9*@gw.example", "tel:*", "sip:+*@*")
    broad = Policy({"dial": patterns})
    for number in numbers:
        for text in (number, f"tel:{number}", f"sip:{number}@gw.example", f"sips:0{number}@gw.example"):
            why = rules(*patterns, operator=broad).why_refused("dial", text)
            assert why == "it is an emergency number somewhere, which the operator has to name exactly", text
        named = Policy({"dial": (f"sip:{number}@gw.example",)})
        assert rules("sip:*", named.allow["dial"][0], operator=named).why_refused(
            "dial", f"sip:{number}@gw.example"
        ) is None  # fmt: skip


def test_on_simulated_channels_the_operator_names_what_the_script_names() -> None:
    script = Policy({"dial": ("sip:*@gw.example", "sip:100@gw.example")})
    assert Rules(script, simulated(script)).why_refused("dial", "sip:100@gw.example") is None
    assert Rules(script, simulated(script)).why_refused("dial", "sip:112@gw.example") is not None
    assert simulated(None) is EVERYTHING


def test_script_and_operator_both_have_to_allow() -> None:
    desk = "sip:desk@clinic.example"
    house = Policy({"dial": ("sip:*@clinic.example",)})
    assert Rules(house, house).why_refused("dial", desk) is None
    assert Rules(None, EVERYTHING).why_refused("dial", desk) == "the script has no `policy` that allows it"
    uncovered = "no `allow dial` of the script's policy covers it"
    assert Rules(NOTHING, EVERYTHING).why_refused("dial", desk) == uncovered
    assert Rules(house, NOTHING).why_refused("dial", desk) == "the operator's policy does not allow it"
    assert Rules(house, house).why_refused("sms", "+16062067563") is not None


def test_a_header_is_set_where_script_and_operator_name_it() -> None:
    script, refused = Policy({"header": ("X-*",)}), "the operator's policy does not allow it"
    assert Rules(script, NOTHING).why_refused("header", "X-Room") == refused
    assert Rules(script, Policy({"header": ("X-Room",)})).why_refused("header", "x-room") is None
    assert Rules(NOTHING, EVERYTHING).why_refused("header", "X-Room") is not None


def test_of_two_limits_the_lower_counts() -> None:
    both = Rules(Policy(duration=20, legs=2), Policy(duration=10))
    assert (both.duration, both.legs) == (10, 2)
    assert (Rules(None, NOTHING).duration, Rules(None, NOTHING).legs) == (None, None)


def test_a_pattern_that_fits_nothing_is_no_policy() -> None:
    assert why_no_pattern("http", "api.example") == "it reads `https://host/path`"
    with pytest.raises(ValueError, match="a mail address reads"):
        Policy({"email": ("clinic.example",)})
    with pytest.raises(ValueError, match="more than 0"):
        Policy(legs=0)


@pytest.mark.parametrize("name", ["Via", "v", "Record-Route", "P-Asserted-*", "Content-*", "X Room"])
def test_a_header_by_which_sip_works_is_in_no_policy(name: str) -> None:
    with pytest.raises(ValueError, match="header"):
        Policy({"header": (name,)})


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Room": "7\r\nVia: x"},
        {"X-Room": "7\n"},
        {"X-Room": "a\tb"},
        {"X-Room": ""},
        {"X-Room": "x" * 257},
        {"X-Room": 7},
        {"X-Room": "\ud800"},
        {"X-Room": "1", "x-room": "2"},
        {f"X-{number}": "1" for number in range(11)},
    ],
)
def test_what_no_line_of_a_call_can_hold_is_no_header(headers: dict[str, object]) -> None:
    assert why_no_headers(headers) is not None
    assert why_no_headers({"X-Room": "7, \N{SNOWMAN}"}) is None


def test_each_kind_is_reached_by_what_its_actions_say() -> None:
    assert list(destinations(ACTIONS["dial"], {"to": ("sip:a@x.example", "+16062067563")})) == [
        ("dial", "sip:a@x.example"), ("dial", "+16062067563"),
    ]  # fmt: skip
    assert list(destinations(ACTIONS["send"], {"to": "mailto:a@x.example"})) == [
        ("email", "mailto:a@x.example")
    ]
    assert list(destinations(ACTIONS["send"], {"to": None})) == []
    assert list(destinations(ACTIONS["say"], {"text": "hello"})) == []


@given(st.sampled_from(KINDS), st.text(max_size=40))
def test_any_text_is_a_destination_or_no_pattern_covers_it(kind: Kind, text: str) -> None:
    assert covered(kind, "*", text) in (True, False)


USERS = st.sampled_from(["", "nurse", "200", "+16062067563", "a*b", "%2B1"])
HOSTS = st.sampled_from(
    ["clinic.example", "CLINIC.example", "clinic.example.", "clinic.example:5060", "clinic..example",
     ".clinic.example", "xclinic.example", "desk.clinic.example", "clinic.example.evil.example",
     "-clinic.example"]
)  # fmt: skip


@given(st.sampled_from(["sip", "sips"]), st.sampled_from(["sip", "sips", "SIP", "tel"]), USERS, HOSTS)
def test_a_sip_pattern_covers_somebody_at_the_very_host_by_the_very_scheme(
    wanted: str, scheme: str, user: str, host: str
) -> None:
    address = f"{scheme}:{user}@{host}" if user else f"{scheme}:{host}"
    same = scheme.lower() == wanted and host.lower() == "clinic.example"
    assert covered("dial", f"{wanted}:*@clinic.example", address) == (
        same and user not in ("", "%2B1", "+16062067563")
    )
    assert covered("dial", f"{wanted}:clinic.example", address) == (same and user == "")


@given(st.sampled_from(("dial", "email", "http")), HOSTS)
def test_a_host_has_one_spelling(kind: Kind, host: str) -> None:
    texts = {"dial": "sip:a@{}", "email": "a@{}", "http": "https://{}/x"}
    exact = texts[kind].format("clinic.example")
    assert covered(kind, exact, texts[kind].format(host)) == (host.lower() == "clinic.example")
    if host.endswith(".") or ".." in host:
        assert why_no_pattern(kind, texts[kind].format(host)) is not None
