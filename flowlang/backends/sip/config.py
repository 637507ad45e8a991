"""The settings of SIP as `flow.toml` has them, made into `SipSettings`. What reads well and cannot
be used is told with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flowlang.project.secrets import Hidden
from flowlang.project.shapes import Report, Wrong
from flowlang.sip import Account, Credentials, Limits, SipSyntaxError
from flowlang.sip.address import DEFAULT_PORTS
from flowlang.sip.digest import DIGEST_ALGORITHMS
from flowlang.sip.offer_answer import CODECS
from flowlang.sip.registrar import MAX_CPS
from flowlang.sip.uri import Uri, parse_uri

from .settings import DEFAULT_REALM, ListenerConfig, SipSettings
from .tls import TlsSettings
from .trunks import DEFAULT_PRIORITY, Rewrite, SipTrunk


def sip_settings(settings: Mapping[str, Any], report: Report | None) -> SipSettings:
    """From the sections `sip`, `trunks` and `accounts`. Mistakes go to `report`, which is there where there
    are settings; the caller looks at it."""
    if report is None:
        return SipSettings()
    sip: Mapping[str, Any] = settings.get("sip", {})
    tls = _tls(sip.get("tls", {}), Path(report.source.name).parent)
    listeners = [
        each
        for name, given in sip.get("listeners", {}).items()
        for each in _listeners(name, given, tls, report)
    ]
    domains = tuple(sip.get("domains", ()))
    trunks: Mapping[str, Any] = settings.get("trunks", {})
    of_trunks = {given["user"]: name for name, given in trunks.items() if "user" in given}
    return SipSettings(
        listeners=tuple(listeners),
        trunks=tuple(_trunk(name, given, report) for name, given in trunks.items()),
        accounts=tuple(_accounts(settings.get("accounts", {}), domains, of_trunks, report)),
        realm=sip.get("realm") or (domains[0] if domains else DEFAULT_REALM),
        domains=domains,
        advertise=sip.get("external_address"),
        local_nets=tuple(sip.get("local_nets", ())),
        tls=tls,
        limits=_limits(sip),
        digest=tuple(sip.get("digest", DIGEST_ALGORITHMS)),
        codecs=tuple(sip.get("codecs", CODECS)),
    )


def _tls(given: Mapping[str, Any], folder: Path) -> TlsSettings:
    files = {name: folder / given[name] for name in ("certificate", "key", "authorities") if name in given}
    return TlsSettings(**files, wildcards=given.get("wildcards", False))


def _listeners(name: str, given: Mapping[str, Any], tls: TlsSettings, report: Report) -> list[ListenerConfig]:
    host, port = _host_and_port(given["address"])
    made: list[ListenerConfig] = []
    for transport in given.get("transports", ("udp", "tcp")):
        if transport == "tls" and tls.certificate is None:
            report.refuse(("sip", "listeners", name, "transports"), "TLS needs `certificate` in `[sip.tls]`")
            continue
        at = DEFAULT_PORTS[transport] if port is None else port
        made.append(ListenerConfig(name, transport, host, at, given.get("open")))
    if port is not None and port > 0xFFFF:
        report.refuse(("sip", "listeners", name, "address"), "a port is a number from 0 to 65535")
        return []
    return made


def _host_and_port(address: str) -> tuple[str, int | None]:
    host, colon, port = address.rpartition(":")
    if not colon or port.endswith("]"):
        return address.strip("[]"), None
    return host.strip("[]"), int(port)


def _trunk(name: str, given: Mapping[str, Any], report: Report) -> SipTrunk:
    where = ("trunks", name)
    servers = tuple(_servers(given.get("servers", ()), where, report))
    user, credentials = given.get("user"), None
    if "password" in given:
        password = _revealed(given["password"], (*where, "password"), report)
        if user is None:
            report.refuse((*where, "password"), "a password needs a `user`")
        elif password is not None:
            credentials = Credentials(user, password, given.get("realm"))
    if given.get("register") and (credentials is None or not servers):
        report.refuse((*where, "register"), "to register needs `servers`, `user` and `password`")
    if not (servers or credentials or given.get("addresses") or given.get("tls_names")):
        report.refuse(where, "nothing says who this trunk is: `servers`, `addresses`, `tls_names` or `user`")
    return SipTrunk(
        name,
        servers,
        tuple(given.get("addresses", ())),
        frozenset(each.lower() for each in given.get("tls_names", ())),
        given.get("domain", ""),
        credentials,
        given.get("register", False),
        given.get("expires", 3600),
        tuple(given.get("prefixes", ())),
        given.get("priority", DEFAULT_PRIORITY),
        _rules(given.get("numbers_in", ())),
        _rules(given.get("numbers_out", ())),
        given.get("trusted", False),
        _limits(given),
    )


def _servers(given: tuple[str, ...], where: tuple[str, ...], report: Report) -> list[Uri]:
    servers: list[Uri] = []
    for at, text in enumerate(given):
        try:
            uri = parse_uri(text)
        except SipSyntaxError as error:
            report.refuse((*where, "servers", at), f"this is no SIP URI: {str(error).lower()}")
            continue
        if uri.transport not in DEFAULT_PORTS or uri.headers is not None:
            report.refuse((*where, "servers", at), "the transport of a server is udp, tcp or tls")
            continue
        servers.append(uri)
    return servers


def _rules(given: tuple[Mapping[str, str], ...]) -> tuple[Rewrite, ...]:
    return tuple(Rewrite(each["prefix"], each["replace"]) for each in given)


def _limits(given: Mapping[str, Any]) -> Limits:
    return Limits(given.get("max_calls"), given.get("max_cps"))


def _accounts(
    given: Mapping[str, Any], domains: Sequence[str], trunks: Mapping[str, str], report: Report
) -> list[Account]:
    made: list[Account] = []
    ours = {each.lower() for each in domains}
    for written, each in given.items():
        name, at, domain = written.partition("@")
        user = f"{name}{at}{domain.lower()}"
        if at and domain.lower() not in ours:
            report.refuse(("accounts", written), f"name `{domain}` in `domains` of `[sip]` too")
            continue
        if any(user == other.user for other in made):
            report.refuse(("accounts", written), "this account is there already; a domain has no case")
            continue
        if user in trunks:
            report.refuse(
                ("accounts", written),
                f"the trunk `{trunks[user]}` has this `user`: who knows either password would be both",
            )
            continue
        password = _revealed(each["password"], ("accounts", written, "password"), report)
        if password is not None:
            made.append(
                Account(user, password, each.get("number"), each.get("name"), each.get("max_cps", MAX_CPS))
            )
    return made


def _revealed(given: Any, where: tuple[str, ...], report: Report) -> str | None:
    found = Hidden().read(given, where, report)
    return None if isinstance(found, Wrong) else str(found)
