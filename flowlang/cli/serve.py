"""`flow serve`: answers calls and messages with scripts."""

from __future__ import annotations

import re
from pathlib import Path

import click

from . import scripts
from .data import data_option, folder_of

_PORTS = 65535
_SIP_PORT = 5060  # RFC 3261 section 19.1.2: the default port
_LISTEN = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^:\s\[\]]+))(?::(?P<port>[0-9]{1,5}))?\Z")
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})\Z")


def _address(value: str) -> tuple[str, int]:
    """`ADDRESS:PORT`, `[IPv6]:PORT`, or an address alone."""
    match = _LISTEN.match(value)
    if match is None:
        raise click.BadParameter(f"{value[:60]!r} is not ADDRESS:PORT, such as 127.0.0.1:5060 or [::1]:5060")
    port = int(match["port"] or _SIP_PORT)
    if port > _PORTS:
        raise click.BadParameter(f"port {port} is above {_PORTS}")
    return (match["v6"] or match["host"], port)


def _port_range(value: str) -> tuple[int, int]:
    match = _RANGE.match(value)
    if match is None:
        raise click.BadParameter(f"{value[:60]!r} is not FIRST-LAST, such as 20000-29999")
    first, last = int(match[1]), int(match[2])
    if not 1024 <= first < last <= _PORTS:
        raise click.BadParameter(f"{value}: ports go from 1024 to {_PORTS}, the first below the last")
    return (first, last)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--listen",
    type=_address,
    metavar="ADDRESS:PORT",
    help="Where SIP comes in, over UDP and TCP, in place of what flow.toml says; else 127.0.0.1:5060.",
)
@click.option(
    "--open",
    "open_to_all",
    is_flag=True,
    help="Let anybody call, not only trunks and accounts of flow.toml. On loopback addresses anybody may.",
)
@click.option(
    "--rtp-ports",
    type=_port_range,
    metavar="FIRST-LAST",
    default="20000-29999",
    show_default=True,
    help="Ports for sound.",
)
@click.option("--advertise", metavar="ADDRESS", help="The address that phones are told, behind NAT.")
@click.option(
    "--t1", type=click.IntRange(1, 10_000), default=500, hidden=True, help="RFC 3261's T1 in milliseconds."
)
@data_option("Where journals and call records are kept. Without it a folder of the script's own.")
@click.option("--no-store", is_flag=True, help="Keep nothing on disk.")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A `policy { … }`: whom scripts may reach, as far as theirs allow it too. Without it nobody.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line on standard output for all that happens."
)
def serve(
    path: Path,
    listen: tuple[str, int] | None,
    open_to_all: bool,
    rtp_ports: tuple[int, int],
    advertise: str | None,
    t1: int,
    data: Path | None,
    no_store: bool,
    policy: Path | None,
    as_json: bool,
) -> int:
    """Answer calls and messages with the script PATH, or with all scripts of the folder PATH. Routes decide
    which flow begins. What the last process left behind goes on where it was.

    Ctrl-C ends all calls politely, a second one at once.
    """
    scripts.find(path)
    from .policies import operator_policy, policy_file
    from .serving import Service, serve_calls  # trio, sound and SIP: not for `--help` or a name misspelt

    kept = None if no_store else data or folder_of(path)
    allowed = operator_policy(policy or policy_file(path))
    service = Service(path, listen, rtp_ports, advertise, t1 / 1000, kept, allowed, open_to_all)
    return serve_calls(service, as_json=as_json)
