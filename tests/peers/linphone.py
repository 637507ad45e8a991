"""linphonec: a phone on a terminal, told by its standard input; it speaks from a WAV file,
writes what it hears into another and has no sound card."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from .program import Program, free_port, running

WAV_HEADER = 44

# `-1` is any port, `0` none (belle-sip). Registration shows its state by `-S`.
CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
default_proxy=0
bind_address=127.0.0.1
root_ca={authorities}
verify_server_certs=1
verify_server_cn=1
register_only_when_network_is_up=0
contact="{user}" <sip:{user}@127.0.0.1>

[net]
mtu=1300

[rtp]
audio_rtp_port={rtp}
audio_adaptive_jitt_comp_enabled=0

[sound]
use_files=1

[misc]
conference_server_enabled=0

[auth_info_0]
username={user}
passwd={password}
realm={realm}

[proxy_0]
reg_proxy=<sip:{proxy}>
reg_identity="{user}" <sip:{user}@{host}>
reg_expires=600
reg_sendregister=1
publish=0
"""


@dataclass(slots=True)
class Linphone:
    """A phone."""

    program: Program

    async def do(self, command: str) -> None:
        """Give a command."""
        await self.program.tell(command)

    async def until(self, text: str, times: int = 1) -> None:
        """Returns when it wrote that so often."""
        await self.program.until_said(text, times)

    def heard(self) -> bytes:
        """What it heard, 16-bit samples at 8 kHz. The length in its file counts the header in."""
        return (self.program.folder / "heard.wav").read_bytes()[WAV_HEADER:]


@asynccontextmanager
async def open_linphone(
    folder: Path,
    user: str,
    proxy: str,
    *,
    realm: str,
    voice: Path,
    transport: str = "udp",
    authorities: Path | None = None,
) -> AsyncGenerator[Linphone]:
    """A phone that registers at a `host:port`, with its name as its password."""
    await trio.Path(folder / ".local/share/linphone").mkdir(parents=True)  # its data base; it makes no folder
    text = CONFIG.format(
        user=user,
        password=user,
        realm=realm,
        host=proxy,
        proxy=f"{proxy};transport={transport}",
        udp=-1 if transport == "udp" else 0,
        tcp=-1 if transport == "tcp" else 0,
        tls=-1 if transport == "tls" else 0,
        rtp=free_port(2),
        authorities=authorities or "",
    )
    (folder / "linphonerc").write_text(text)
    options = ("-c", folder / "linphonerc", "-S", "-d", "6", "-l", folder / "linphone.log")
    async with running("linphone-cli", *options, folder=folder) as program:
        phone = Linphone(program)
        await phone.do("soundcard use files")
        await phone.do(f"play {voice}")
        await phone.do(f"record {folder / 'heard.wav'}")
        yield phone
