"""Two softphones and one script make a phone system: the example, served as its README says."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from flowlang.backends.media import Prompt
from flowlang.sip import Address, Credentials, OwnAccount
from flowlang.testing.softphone import PhoneCall, Softphone, open_softphone
from tests.cli.flow import FLOW

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "phone_system"
PASSWORDS = {"alice": "wonder", "bob": "builder"}
TONE = Prompt.from_pcm16("tone", b"\x00\x10" * 2000 + b"\x00\xf0" * 2000)


@asynccontextmanager
async def served(folder: Path) -> AsyncGenerator[Address]:
    """`flow serve` on a port of its own."""
    shutil.copytree(EXAMPLE, folder / "office")
    environment = {
        **os.environ,
        "PYTHONUTF8": "1",
        "XDG_CACHE_HOME": str(folder / "cache"),
        **{f"{user.upper()}_PASSWORD": password for user, password in PASSWORDS.items()},
    }
    command = [FLOW, "serve", "phone_system.flow", "--listen", "127.0.0.1:0"]
    process = await trio.lowlevel.open_process(
        command, cwd=folder / "office", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        with trio.fail_after(30):
            line = (await process.stderr.receive_some(4096)).decode()
        assert line.startswith("flow: SIP on udp and tcp 127.0.0.1:"), line
        yield Address("127.0.0.1", int(line.split(":")[2]))
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            if process.stderr is not None:
                await process.stderr.aclose()


@asynccontextmanager
async def phone_of(user: str, server: Address) -> AsyncGenerator[Softphone]:
    """A softphone that is registered as the user."""
    async with open_softphone(("127.0.0.1", 0)) as phone:
        with trio.fail_after(10):
            await phone.register(
                OwnAccount(f"sip:{user}@office.example", (server,), Credentials(user, PASSWORDS[user]))
            )
        phone.take_calls()
        yield phone


async def heard_by(speaker: PhoneCall, hearer: PhoneCall) -> None:
    speaker.speak(TONE, loop=True)
    assert (await hearer.wait_sound()).level > 1000


async def test_alice_calls_bob_and_they_hear_each_other(tmp_path: Path) -> None:
    async with (
        served(tmp_path) as server,
        phone_of("alice", server) as alice,
        phone_of("bob", server) as bob,
    ):
        with trio.fail_after(30):
            calling = await alice.call(
                "sip:bob@office.example",
                caller="sip:alice@office.example",
                credentials=Credentials("alice", PASSWORDS["alice"]),
                proxy=server,
            )
            called = await bob.next_call()
            called.ring()
            await calling.wait_ringing()
            called.answer()
            await calling.wait_answered()
            await heard_by(calling, called)
            await heard_by(called, calling)
            await called.hang_up()
            await calling.wait_ended()
        assert (calling.by, calling.cause) == ("remote", "normal")
