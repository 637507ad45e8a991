"""`[sip]`, `[trunks]` and `[accounts]`: what they become, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.backends.sip.config import sip_settings
from flowlang.backends.sip.settings import ListenerConfig, SipSettings
from flowlang.backends.sip.trunks import Rewrite, SipTrunk, rewritten, trunks_for
from flowlang.diagnostics import render
from flowlang.project.settings import parse_settings
from flowlang.project.shapes import Items, Named, Shape, Table, Told
from flowlang.project.sip import ACCOUNTS, SIP, TRUNKS
from flowlang.sip.uri import parse_uri

WHOLE = """
[sip]
external_address = "203.0.113.5"
local_nets = ["10.0.0.0/8", "fd00::/8"]
domains = ["office.example"]
max_calls = 500
max_cps = 50
codecs = ["PCMA"]

[sip.tls]
certificate = "certs/own.pem"

[sip.listeners.lan]
address = "10.0.0.5"
transports = ["udp", "tls"]
open = true

[sip.listeners.six]
address = "[2001:db8::5]:5070"

[trunks.carrier]
servers = ["sip:sip.carrier.example;transport=tls", "sip:192.0.2.9:5070"]
addresses = ["198.51.100.0/24"]
tls_names = ["Sip.Carrier.Example"]
user = "office"
password = { file = "secret" }
register = true
prefixes = ["+44", "+"]
priority = 60
numbers_in = [{ prefix = "0", replace = "+44" }]
numbers_out = [{ prefix = "+44", replace = "0" }]
trusted = true
max_calls = 30

[accounts.alice]
password = { env = "ALICE" }
number = "+442079460000"
name = "Alice"
max_cps = 2
"""


def read(text: str, folder: Path) -> tuple[SipSettings, str]:
    settings, report = parse_settings(text.encode(), str(folder / "flow.toml"))
    config = sip_settings(settings, report)
    return config, "\n".join(map(render, report.found))


def test_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALICE", "wonder")
    (tmp_path / "secret").write_text("hush\n")
    config, told = read(WHOLE, tmp_path)
    assert told == ""
    assert config.listeners == (
        ListenerConfig("lan", "udp", "10.0.0.5", 5060, True),
        ListenerConfig("lan", "tls", "10.0.0.5", 5061, True),
        ListenerConfig("six", "udp", "2001:db8::5", 5070),
        ListenerConfig("six", "tcp", "2001:db8::5", 5070),
    )
    assert config.tls.certificate == tmp_path / "certs" / "own.pem"
    assert (config.realm, config.advertise) == ("office.example", "203.0.113.5")
    assert (config.limits.max_calls, config.limits.max_cps) == (500, 50.0)
    assert config.codecs == ("PCMA",)
    (trunk,) = config.trunks
    assert trunk.credentials is not None
    assert (trunk.user, trunk.credentials.password, trunk.host) == ("office", "hush", "sip.carrier.example")
    assert trunk.tls_names == {"sip.carrier.example"}
    assert rewritten("02079460000", trunk.numbers_in) == "+442079460000"
    assert rewritten("+442079460000", trunk.numbers_out) == "02079460000"
    (alice,) = config.accounts
    assert (alice.user, alice.password, alice.number) == ("alice", "wonder", "+442079460000")
    assert alice.max_cps == 2.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[sip]\nexternal_address = "me"', "flow.toml:2:20: error E803: this is no IP address"),
        ('[sip]\nlocal_nets = ["10.0.0.1/8"]', "flow.toml:2:15: error E803: this is no network"),
        ('[sip]\nlisteners.a.address = "x y"', "flow.toml:2:23: error E803: `address` does not read"),
        ('[sip.listeners.a]\naddress = "1.2.3.4:99999"', "a port is a number from 0 to 65535"),
        (
            '[sip.listeners.a]\naddress = "1.2.3.4"\ntransports = ["tls"]',
            "flow.toml:3:14: error E803: TLS needs `certificate`",
        ),
        ("[sip]\nlisten = 1", "flow.toml:2:1: error E802: there is no setting `listen`"),
        ("[trunks.a]\nmax_calls = 1", "error E803: nothing says who this trunk is"),
        ('[trunks.a]\nservers = ["sip:[1"]', "flow.toml:2:12: error E803: this is no SIP URI"),
        ('[trunks.a]\nservers = ["sip:a;transport=sctp"]', "the transport of a server is udp, tcp or tls"),
        ('[trunks.a]\nservers = ["sip:a"]\nregister = true', "to register needs `servers`, `user`"),
        ('[trunks.a]\nuser = "x"\npassword = "hush"', "flow.toml:3:12: error E803: `password` cannot be a"),
        ('[trunks.a]\nuser = "x"\npassword = { env = "NOT_SET" }', "the environment has no `NOT_SET`"),
        ("[accounts.a]", "error E803: the setting `password` is missing"),
        ('[accounts.a]\npassword = { env = "X" }\nnumber = "020"', "flow.toml:3:10: error E803"),
        (
            '[trunks.a]\nuser = "office"\nservers = ["sip:a"]\n[accounts.office]\npassword = { env = "X" }',
            "error E803: the trunk `a` has this `user`",
        ),
        ('[accounts."a@b.example"]\npassword = { env = "X" }', "name `b.example` in `domains` of `[sip]`"),
        (
            '[sip]\ndomains = ["b"]\n[accounts]\n"a@b".password.env = "HOME"\n"a@B".password.env = "HOME"',
            "error E803: this account is there already",
        ),
        ('[trunks.a]\nnumbers_in = [{ prefix = "0" }]', "error E803: the setting `replace` is missing"),
    ],
)
def test_mistakes_point_at_their_line(text: str, told: str, tmp_path: Path) -> None:
    assert told in read(text, tmp_path)[1]


def test_trunks_are_tried_by_priority_then_by_prefix() -> None:
    server = (parse_uri("sip:a"),)
    uk = SipTrunk("uk", server, prefixes=("+44",))
    any_ = SipTrunk("any", server)
    best = SipTrunk("best", server, prefixes=("+441",), priority=90)
    silent = SipTrunk("silent")
    everything = (any_, uk, best, silent)
    assert [each.name for each in trunks_for("+442079460000", everything)] == ["uk", "any"]
    assert [each.name for each in trunks_for("+441234567890", everything)] == ["best", "uk", "any"]
    assert [each.name for each in trunks_for("+14155550100", everything)] == ["any"]


def test_a_number_is_rewritten_once_by_the_first_rule_that_fits() -> None:
    rules = (Rewrite("00", "+"), Rewrite("0", "+44"), Rewrite("", "+1"))
    assert [rewritten(each, rules) for each in ("0044", "020", "415")] == ["+44", "+4420", "+1415"]


def test_every_setting_says_what_it_is_for() -> None:
    def look(shape: Shape, where: str) -> None:
        match shape:
            case Table(keys):
                for name, each in keys.items():
                    assert isinstance(each, Told), f"{where}.{name}"
                    assert each.doc
                    look(each.shape, f"{where}.{name}")
            case Named(inner) | Items(inner):
                look(inner, where)
            case _:
                pass

    for name, shape in (("sip", SIP), ("trunks", TRUNKS), ("accounts", ACCOUNTS)):
        look(shape, name)
