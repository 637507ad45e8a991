"""The SIP backend of `flow serve`: what `flow.toml` says of it, and what the command line says instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowlang.backends.sip import SipBackend
from flowlang.backends.sip.config import SipConfig, sip_config
from flowlang.model.speech import Voice
from flowlang.project.project import Project, ProjectError

from .projects import from_project

if TYPE_CHECKING:
    from .serving import Service

DEFAULT_LISTEN = ("127.0.0.1", 5060)  # RFC 3261 section 19.1.2; nobody but this machine


def sip_backend(service: Service, project: Project, voice: Voice, folder: Path) -> SipBackend:
    """The backend; what is wrong with the settings is shown, then `CommandError`."""
    config = from_project(lambda: _config(project))
    return SipBackend(
        service.listen or DEFAULT_LISTEN,
        listeners=() if service.listen is not None else config.listeners,
        open_to_all=True if service.open_to_all else None,
        voice=voice,
        prompts=folder,
        recordings=folder / "recordings",
        rtp_ports=service.rtp_ports,
        advertise=service.advertise or config.external_address,
        local_nets=config.local_nets,
        t1=service.t1,
        accounts=config.accounts,
        realm=config.realm,
        domains=config.domains,
        trunks=config.trunks,
        limits=config.limits,
        tls=config.tls,
        digest=config.digest,
    )


def _config(project: Project) -> SipConfig:
    report = project.report
    config = sip_config(project.settings, report)
    if report is not None and report.found:
        raise ProjectError(tuple(dict.fromkeys(report.found)))
    return config
