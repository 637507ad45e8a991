"""The SIP backend of `flow serve`: what `flow.toml` says of it, and what the command line says instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flowlang.backends.sip import SipBackend
from flowlang.backends.sip.config import sip_settings
from flowlang.backends.sip.settings import DEFAULT_LISTEN, SipSettings
from flowlang.model.speech import Voice
from flowlang.project.project import Project, ProjectError
from flowlang.sip.address import ip_literal

from .projects import from_project

if TYPE_CHECKING:
    from .serving import Service


def sip_backend(service: Service, project: Project, voice: Voice, folder: Path) -> SipBackend:
    """The backend; what is wrong with the settings is shown, then `CommandError`."""
    told = from_project(lambda: _settings(project))
    settings = replace(
        told,
        listen=service.listen or DEFAULT_LISTEN,
        listeners=() if service.listen is not None else told.listeners,
        open_to_all=True if service.open_to_all else None,
        prompts=folder,
        recordings=folder / "recordings",
        rtp_ports=service.rtp_ports,
        advertise=service.advertise or told.advertise,
        t1=service.t1,
    )
    return SipBackend(settings, voice=voice)


def nobody_may_call(service: Service, project: Project) -> str | None:
    """A line where the settings let nobody in: what to write to change that."""
    told = sip_settings(project.settings, project.report)
    if service.open_to_all or told.trunks or told.accounts:
        return None
    named = [(each.host, each.open_to_all) for each in told.listeners]
    if service.listen is not None or not named:
        named = [((service.listen or DEFAULT_LISTEN)[0], None)]
    if any(said or (said is None and _is_loopback(host)) for host, said in named):
        return None
    return "nobody may call: name trunks or accounts in flow.toml, or let anybody call with --open"


def _is_loopback(host: str) -> bool:
    address = ip_literal(host)
    return host == "localhost" if address is None else address.is_loopback


def _settings(project: Project) -> SipSettings:
    report = project.report
    told = sip_settings(project.settings, report)
    if report is not None and report.found:
        raise ProjectError(tuple(dict.fromkeys(report.found)))
    return told
