"""The sections `[sip]`, `[trunks]` and `[accounts]` of `flow.toml`: what SIP listens on, and who is there.

    [sip]
    external_address = "203.0.113.5"        # what peers outside of `local_nets` are told
    local_nets = ["10.0.0.0/8"]
    domains = ["office.example"]

    [sip.listeners.lan]                     # `via "lan"` of a route, where it is open
    address = "10.0.0.5:5060"
    transports = ["udp", "tcp"]

    [trunks.carrier]                        # `via "carrier"`
    servers = ["sip:sip.carrier.example;transport=tls"]
    numbers_in = [{ prefix = "0", replace = "+44" }]
    user = "office"
    password = { env = "CARRIER_PASSWORD" }
    register = true

    [accounts.alice]                        # a phone: it registers, and calls as itself
    password = { file = "secrets/alice" }
    number = "+442079460000"

Every setting says what it is for. What stands in the environment or in a file is read when it is served, not
when it is checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from .positions import Path
from .shapes import Choice, File, Flag, Integer, Items, Named, Quantity, Report, Table, Text, Told

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_ADDRESS = re.compile(rf"(?=.{{1,128}}\Z){NAME.pattern}(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)?")
_LISTEN = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^:\s\[\]]+)(?::[0-9]{1,5})?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_SERVER = re.compile(r"sips?:[^\s@<>\"]{1,255}")
_PREFIX = re.compile(r"\+?[0-9*#]{0,20}")


@dataclass(frozen=True, slots=True)
class _Ip:
    """An IP address, or with `net` a network of them."""

    net: bool = False

    def read(self, given: Any, path: Path, report: Report) -> Any:
        wanted = 'a network, as in "10.0.0.0/8"' if self.net else 'an IP address, as in "203.0.113.5"'
        if not isinstance(given, str):
            return report.wrong(path, given, wanted)
        try:
            return ip_network(given) if self.net else str(ip_address(given))
        except ValueError as error:
            hint = "; the part behind the `/` has to be 0" if "host bits" in str(error) else ""
            return report.refuse(path, f"this is no {'network' if self.net else 'IP address'}{hint}")


@dataclass(frozen=True, slots=True)
class _Concealed:
    """`{ env = "NAME" }` or `{ file = "PATH" }`, not looked up yet."""

    def read(self, given: Any, path: Path, report: Report) -> Any:
        match given:
            case {"env": str()} | {"file": str()} if len(given) == 1:
                return given
            case _:
                return report.wrong(path, given, '`{ env = "NAME" }` or `{ file = "PATH" }`')


_text = Text()
_host = Text("a host name", _HOST)
_calls = Integer(1, 1_000_000)
_rate = Quantity(0.1, 100_000, "calls a second")
_rewriting = Items(
    Table(
        {
            "prefix": Told(Text("digits, with a `+` or without", _PREFIX), "what a number begins with"),
            "replace": Told(Text("digits, with a `+` or without", _PREFIX), "what stands there then"),
        },
        frozenset({"prefix", "replace"}),
    ),
    'a list of `{ prefix = "0", replace = "+44" }`',
)

_LISTENER = Table(
    {
        "address": Told(
            Text('an address with its port, as in "10.0.0.5:5060"', _LISTEN), "where it listens; port 5060 "
            "(TLS: 5061) where none is written"
        ),
        "transports": Told(
            Items(Choice(("udp", "tcp", "tls")), "a list of transports"), "UDP and TCP where nothing is said"
        ),
        "open": Told(
            Flag(), "whether anybody may call here; without it only on loopback addresses, and elsewhere "
            "trunks and accounts alone"
        ),
    },
    frozenset({"address"}),
)  # fmt: skip
_TLS = Table(
    {
        "certificate": Told(File(), "the file of our certificate and its chain, PEM"),
        "key": Told(File(), "the file of its key, where the certificate's has none"),
        "authorities": Told(File(), "a file of certificates that vouch for peers; the system's without it"),
        "wildcards": Told(Flag(), "lets a server prove its name by `*.`, which RFC 5922 forbids"),
    }
)
SIP = Table(
    {
        "listeners": Told(Named(_LISTENER, "a table of listeners", NAME), "where SIP comes in"),
        "external_address": Told(_Ip(), "our address as peers outside of `local_nets` see it, behind NAT"),
        "local_nets": Told(Items(_Ip(net=True), "a list of networks"), "where peers see us as we are"),
        "domains": Told(Items(_host, "a list of host names"), "hosts of the addresses of our accounts"),
        "realm": Told(_host, "what phones are told when they are asked for a password"),
        "digest": Told(
            Items(Choice(("SHA-256", "MD5")), "a list of algorithms"),
            "what passwords may be hashed with; both where it is left out, SHA-256 first, but MD5 alone to "
            "phones that are known to give up at anything else (baresip 1)",
        ),
        "codecs": Told(
            Items(Choice(("PCMU", "PCMA")), "a list of codecs"), "what is spoken, the preferred first"
        ),
        "tls": Told(_TLS, "certificates"),
        "max_calls": Told(_calls, "how many calls that came in there may be at once"),
        "max_cps": Told(_rate, "how many calls may come in in a second"),
    }
)
_TRUNK = Table(
    {
        "servers": Told(
            Items(Text('a SIP URI without a user, as in "sip:carrier.example"', _SERVER), "a list of URIs"),
            "where calls go and where it registers, the preferred first; names are looked up (RFC 3263)",
        ),
        "addresses": Told(
            Items(_Ip(net=True), "a list of addresses and networks"),
            "where its calls come from; those of its servers where nothing is said",
        ),
        "tls_names": Told(
            Items(_host, "a list of names"), "names by which a certificate proves that a caller is this trunk"
        ),
        "domain": Told(_host, "the host of our address there; the first server's without it"),
        "user": Told(_text, "who we are there, and who it is that calls us by password"),
        "password": Told(_Concealed(), "his password, for both ways"),
        "realm": Told(_text, "the realm that the password is for; whatever the server names without it"),
        "register": Told(Flag(), "whether we register there"),
        "expires": Told(Integer(60, 86_400), "for how many seconds; 3600 where nothing is said"),
        "prefixes": Told(
            Items(Text("digits, with a `+` or without", _PREFIX), "a list of numbers' beginnings"),
            "which numbers go out here; all where nothing is said",
        ),
        "priority": Told(Integer(0, 99), "which trunk is tried first, the highest; 50 where nothing is said"),
        "numbers_in": Told(_rewriting, "how numbers that come become E.164: the first prefix that fits"),
        "numbers_out": Told(_rewriting, "how E.164 numbers are written to this trunk"),
        "trusted": Told(Flag(), "whether its word counts on who calls (P-Asserted-Identity, RFC 3325)"),
        "max_calls": Told(_calls, "how many calls there may be at once, in and out"),
        "max_cps": Told(_rate, "how many calls may begin in a second"),
    }
)  # fmt: skip
_ACCOUNT = Table(
    {
        "password": Told(_Concealed(), "what the phone has to know"),
        "number": Told(
            Text("an E.164 number", re.compile(r"\+[1-9][0-9]{4,14}")), "what others see as its number"
        ),
        "name": Told(_text, "what others see as its name"),
        "max_cps": Told(_rate, "how many calls it may begin in a second; 5 where nothing is said"),
    },
    frozenset({"password"}),
)
TRUNKS = Named(_TRUNK, "a table of trunks", NAME)
ACCOUNTS = Named(_ACCOUNT, "a table of accounts", _ADDRESS)
