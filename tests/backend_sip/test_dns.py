"""RFC 3263 without a network: which addresses a SIP URI has, in which order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest
import trio

from flowlang.backends.sip.dns import LOOKUP_TIME, MOST_ADDRESSES, DnsResolver, Naptr, Srv
from flowlang.backends.sip.targets import NoTarget
from flowlang.sip import Address
from flowlang.sip.uri import parse_uri


@dataclass
class Zone:
    """A DNS of a test's own; `asked` is what it was asked."""

    naptrs: dict[str, list[Naptr]] = field(default_factory=dict)
    srvs: dict[str, list[Srv]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    slow: bool = False

    async def naptr(self, name: str) -> Sequence[Naptr]:
        self.asked.append(f"NAPTR {name}")
        if self.slow:
            await trio.sleep_forever()
        return self.naptrs.get(name, [])

    async def srv(self, name: str) -> Sequence[Srv]:
        self.asked.append(f"SRV {name}")
        return self.srvs.get(name, [])

    async def addresses(self, name: str) -> Sequence[str]:
        self.asked.append(f"A {name}")
        return self.hosts.get(name, [])


def resolver(zone: Zone, seed: int = 1, transports: Collection[str] = ("udp", "tcp", "tls")) -> DnsResolver:
    chance = random.Random(seed)
    return DnsResolver(zone, lambda: transports, chance.randrange, lambda: (4,))


async def found(zone: Zone, uri: str, transports: Collection[str] = ("udp", "tcp", "tls")) -> list[Address]:
    return list(await resolver(zone, transports=transports).resolve(parse_uri(uri)))


WHOLE = Zone(
    {
        "a.example": [
            Naptr(20, 0, "s", "sip+d2u", "_sip._udp.u.example"),
            Naptr(10, 50, "s", "sip+d2t", "_sip._tcp.t.example"),
            Naptr(10, 10, "s", "sips+d2t", "_sips._tcp.s.example"),
            Naptr(1, 0, "s", "e2u+sip", "x.example"),
        ]
    },
    {
        "_sips._tcp.s.example": [Srv(0, 0, 5061, "h1.example")],
        "_sip._tcp.t.example": [Srv(0, 0, 5080, "h2.example")],
        "_sip._udp.u.example": [Srv(0, 0, 5090, "h3.example")],
        "_sip._udp.a.example": [Srv(0, 0, 5099, "h3.example")],
    },
    {"h1.example": ["192.0.2.1"], "h2.example": ["192.0.2.2"], "h3.example": ["192.0.2.3", "2001:db8::3"],
     "a.example": ["192.0.2.9"]},
)  # fmt: skip


async def test_naptr_says_which_transport_is_preferred() -> None:
    assert await found(WHOLE, "sip:x@a.example") == [
        Address("192.0.2.1", 5061, "tls", "a.example"),  # the name that was looked up is what is proved
        Address("192.0.2.2", 5080, "tcp"),
        Address("192.0.2.3", 5090, "udp"),
    ]


async def test_only_transports_that_we_speak_count() -> None:
    assert await found(WHOLE, "sip:x@a.example", ["udp"]) == [Address("192.0.2.3", 5090, "udp")]


async def test_without_naptr_srv_is_asked_for_all_of_ours() -> None:
    zone = Zone(srvs=WHOLE.srvs, hosts=WHOLE.hosts)
    assert await found(zone, "sip:x@a.example") == [Address("192.0.2.3", 5099)]
    assert [each for each in zone.asked if each.startswith("SRV")] == [
        "SRV _sip._udp.a.example",
        "SRV _sip._tcp.a.example",
        "SRV _sips._tcp.a.example",
    ]


@pytest.mark.parametrize(
    ("uri", "wanted", "asked"),
    [
        ("sip:x@192.0.2.7", Address("192.0.2.7", 5060), []),
        ("sip:x@192.0.2.7;transport=tcp", Address("192.0.2.7", 5060, "tcp"), []),
        ("sips:x@192.0.2.7", Address("192.0.2.7", 5061, "tls"), []),
        ("sip:x@a.example:5070", Address("192.0.2.9", 5070), ["A a.example"]),
        (
            "sip:x@a.example;transport=tcp",
            Address("192.0.2.9", 5060, "tcp"),
            ["SRV _sip._tcp.a.example", "A a.example"],
        ),
        (
            "sips:x@a.example",
            Address("192.0.2.9", 5061, "tls", "a.example"),
            ["SRV _sips._tcp.a.example", "A a.example"],
        ),
    ],
)
async def test_what_is_written_need_not_be_asked(uri: str, wanted: Address, asked: list[str]) -> None:
    zone = Zone(hosts=WHOLE.hosts)
    assert await found(zone, uri) == [wanted]
    assert zone.asked == asked


async def test_priorities_are_kept_and_weights_tilt_chance() -> None:
    zone = Zone(
        srvs={
            "_sip._udp.a.example": [
                Srv(10, 75, 5060, "heavy.example"),
                Srv(10, 25, 5060, "light.example"),
                Srv(5, 0, 5060, "first.example"),
                Srv(20, 0, 5060, "."),
            ]
        },
        hosts={
            "heavy.example": ["192.0.2.1"],
            "light.example": ["192.0.2.2"],
            "first.example": ["192.0.2.3"],
        },
    )
    second: Counter[str] = Counter()
    for seed in range(1_000):
        addresses = await resolver(zone, seed, ["udp"]).resolve(parse_uri("sip:x@a.example"))
        assert addresses[0].host == "192.0.2.3"
        assert len(addresses) == 3
        second[addresses[1].host] += 1
    assert 700 < second["192.0.2.1"] < 800


async def test_what_leads_nowhere_is_told() -> None:
    for uri in ("sip:x@nowhere.example", "sip:x@[2001:db8::1]", "sip:x@a.example;transport=sctp"):
        with pytest.raises(NoTarget) as told:
            await found(Zone(), uri)
        assert told.value.status == 502
    with pytest.raises(NoTarget):
        await found(WHOLE, "sip:x@a.example;transport=tcp", ["udp"])


async def test_nobody_waits_long_for_the_dns(clock: trio.abc.Clock) -> None:
    began = trio.current_time()
    with pytest.raises(NoTarget):
        await found(Zone(slow=True), "sip:x@a.example")
    assert trio.current_time() - began == pytest.approx(LOOKUP_TIME)


async def test_whoever_owns_a_name_makes_us_try_few_addresses() -> None:
    many = [Srv(0, 0, 5060 + at, "h.example") for at in range(500)]
    zone = Zone(
        srvs={"_sip._udp.a.example": many},
        hosts={"h.example": [f"192.0.2.{at}" for at in range(200)], "b.example": ["224.0.0.1", "0.0.0.0"]},
    )
    assert len(await found(zone, "sip:x@a.example")) == MOST_ADDRESSES
    assert len(zone.asked) < 10
    with pytest.raises(NoTarget):
        await found(zone, "sip:x@b.example")
