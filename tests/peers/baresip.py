"""baresip without screen or sound card: it is told by its `ctrl_tcp` what to do, speaks from a WAV file and
writes what it hears into another."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import trio

from flowlang.rtp import read_wav

from .program import GIVE_UP_S, Program, free_port, running

MODULES = "/usr/lib/baresip/modules"
RTP_PORTS = 8  # two a call, for a few calls

CONFIG = """\
net_interface 127.0.0.1
sip_listen 127.0.0.1:{sip}
ctrl_tcp_listen 127.0.0.1:{control}
rtp_ports {rtp}-{last_rtp}
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
audio_source aufile,{voice}
audio_player aubridge,nowhere
audio_alert aubridge,bell
audio_srate 8000
audio_channels 1
snd_path {folder}
"""


@dataclass(slots=True)
class Baresip:
    """A phone. `events` are what it told, each an object with its `type`; `answers` those to commands."""

    program: Program
    port: int
    stream: trio.SocketStream
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _tokens: count[int] = field(default_factory=count)

    async def do(self, command: str, params: str = "") -> str:
        """Give a command, with a token to know its answer by; AssertionError where it is refused."""
        token = f"t{next(self._tokens)}"
        order = json.dumps({"command": command, "params": params, "token": token}).encode()
        await self.stream.send_all(b"%d:%s," % (len(order), order))
        await self.program.until(lambda: any(each["token"] == token for each in self.answers), command)
        (answer,) = [each for each in self.answers if each["token"] == token]
        assert answer["ok"], answer
        return str(answer["data"])

    async def until(self, kind: str, times: int = 1) -> dict[str, Any]:
        """The nth event of a kind, waited for."""
        await self.program.until(lambda: len(self.of(kind)) >= times, f"{kind} in {self.events}")
        return self.of(kind)[times - 1]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind."""
        return [each for each in self.events if each["type"] == kind]

    async def until_heard(self, seconds: float = 0.5) -> None:
        """Returns when its file of what it hears has grown by that much."""
        size = self._file_size()
        grown = size + int(seconds * 16000)
        await self.program.until(lambda: self._file_size() >= grown, "sound")

    def _file_size(self) -> int:
        return sum(each.stat().st_size for each in self.program.folder.glob("*-dec.wav"))

    def heard(self) -> bytes:
        """What it heard in the calls that are over, 16-bit samples at 8 kHz."""
        files = sorted(self.program.folder.glob("*-dec.wav"))
        return b"".join(read_wav(each.read_bytes(), each.name) for each in files)

    async def listen(self) -> None:
        """Take in what it tells, netstring by netstring, until it is gone."""
        data = b""
        try:
            async for chunk in self.stream:
                data += chunk
                while (end := data.find(b":")) > 0 and len(data) > end + int(data[:end]) + 1:
                    start, size = end + 1, int(data[:end])
                    told = json.loads(data[start : start + size])
                    (self.events if told.get("event") else self.answers).append(told)
                    data = data[start + size + 1 :]
        except trio.BrokenResourceError:
            pass


def through(port: int, transport: str) -> str:
    """The option of an account that sends all of its requests to a port of ours, by that transport."""
    return f';outbound="sip:127.0.0.1:{port};transport={transport}"'


@asynccontextmanager
async def open_baresip(
    folder: Path, account: str, *, voice: Path, password: str | None = None, options: str = ""
) -> AsyncGenerator[Baresip]:
    """A phone with one account, `user@host:port`; with a password it has registered
    when this gives it."""
    await trio.Path(folder).mkdir()
    sip, control, rtp = free_port(3), free_port(), free_port(RTP_PORTS)
    text = CONFIG.format(
        sip=sip,
        control=control,
        rtp=rtp,
        last_rtp=rtp + RTP_PORTS - 1,
        modules=MODULES,
        voice=voice,
        folder=folder,
    )
    (folder / "config").write_text(text)
    (folder / "contacts").write_text("")
    login = f";auth_pass={password};regint=600" if password is not None else ";regint=0"
    (folder / "accounts").write_text(f"<sip:{account}>{login};answermode=manual{options}\n")
    async with (
        running("baresip-core", "-f", folder, folder=folder) as program,
        await _connected(control, program) as stream,
        trio.open_nursery() as nursery,
    ):
        phone = Baresip(program, sip, stream)
        nursery.start_soon(phone.listen)
        if password is not None:
            await program.until_said("200 OK")
        yield phone
        nursery.cancel_scope.cancel()


async def _connected(port: int, program: Program) -> trio.SocketStream:
    """The line to its `ctrl_tcp`, once it listens."""
    with trio.move_on_after(GIVE_UP_S):
        while True:
            try:
                return await trio.open_tcp_stream("127.0.0.1", port)
            except OSError:
                await trio.sleep(0.02)
    raise AssertionError(f"baresip does not come up:\n{program.said()[-3000:]}")
