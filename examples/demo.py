"""`make demo`: the clinic's front desk answers a call of our softphone; both are programs of their own.

`flow serve` shows script lines, SIP messages and the call record as they come; the softphone hears the menu,
presses a key and hears the answer. What was heard is then compared, sample for sample, with what the clinic's
voice makes of the script's texts: the answer to that key must be in the recording, the answer to another not.
It ends with 0 only if all went so.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import trio

from flowlang.testing.listening import Found, Samples, as_heard, find, read_recording
from flowlang.voices import VoiceError, open_espeak

CLINIC = Path(__file__).resolve().parent / "clinic"
NUMBER = "+16062067563"
LANGUAGE = "en-US"
MENU = "For the nurse, press 1. For an appointment, press 2. For our hours, press 3."
ANSWERS = {
    "1": "The nurse is with a patient and will call you back today.",
    "3": "We are open from Monday to Friday, nine to half past five.",
}
"""Key -> how the clinic's answer to it begins; a test holds this to the script."""

BIN = Path(sys.executable).parent
STARTS_WITHIN = 30  # seconds


class DemoFailed(Exception):
    """The call did not go as it should; the message says what was wrong."""


async def demonstrate(port: int, key: str, folder: Path) -> None:
    """Serve, call, listen, judge. Raises `DemoFailed`."""
    expected = await expected_speech()
    async with trio.open_nursery() as nursery:
        show(f"flow serve examples/clinic --listen 127.0.0.1:{port}")
        server = await nursery.start(serve, port)
        recording = folder / f"heard-{port}.wav"  # two demonstrations at once do not meet
        seconds = len(expected[key]) / 8000 + 1
        steps = f"wait-for-prompt; press {key}; wait-for-sound; wait {seconds:.0f}s; hangup"
        show(f"softphone calls {NUMBER} on 127.0.0.1:{port}: {steps}")
        took = await call(port, steps, recording)
        server.send_signal(signal.SIGINT)
        await server.wait()
    judge(took, key, expected, recording)


async def expected_speech() -> dict[str, Samples]:
    """What the menu and each answer sound like in a call. The voice's cache has them then."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowlang" / "speech"
    async with open_espeak(cache) as voice:
        texts = {"menu": MENU} | ANSWERS
        return {name: as_heard(await voice.speak(text, language=LANGUAGE)) for name, text in texts.items()}


async def serve(port: int, *, task_status: trio.TaskStatus[trio.Process] = trio.TASK_STATUS_IGNORED) -> None:
    """Run `flow serve`, show what it says, tell when it can be called."""
    address = f"127.0.0.1:{port}".encode()
    command = [str(BIN / "flow"), "serve", str(CLINIC), "--no-store", "--listen", address.decode()]
    async with trio.open_nursery() as nursery:
        with trio.move_on_after(STARTS_WITHIN) as patience:
            run = partial(trio.run_process, command, stderr=subprocess.PIPE, check=False)
            server: trio.Process = await nursery.start(run)
            assert server.stderr is not None
            rest = b""
            async for chunk in server.stderr:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    print(f"  {line.decode(errors='replace')}", flush=True)
                    if address in line and patience.deadline != float("inf"):
                        patience.deadline = float("inf")
                        task_status.started(server)
        if patience.cancelled_caught:
            raise DemoFailed(f"the server did not start within {STARTS_WITHIN} s")
        if patience.deadline != float("inf"):
            raise DemoFailed("the server ended before it could be called")


async def call(port: int, steps: str, recording: Path) -> list[dict[str, Any]]:
    """Let the softphone take its steps; what it tells of each."""
    command = [
        sys.executable, "-m", "flowlang.testing.softphone", f"sip:{NUMBER}@127.0.0.1:{port}",
        "--caller", '"Alice" <sip:+14155550100@127.0.0.1>', "--script", steps, "--record", str(recording),
        "--json",
    ]  # fmt: skip
    done = await trio.run_process(command, capture_stdout=True, check=False)
    took = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or not took:
        raise DemoFailed(f"the softphone: {took[-1]['why'] if took else 'no word from it'}")
    return took


def judge(took: list[dict[str, Any]], key: str, expected: dict[str, Samples], recording: Path) -> None:
    """Compare the recording, before and after the key, with what was to be heard."""
    heard = read_recording(recording)
    pressed = next(each["pressed_at"] for each in took if "pressed_at" in each)
    levels = [each["level"] for each in took if "level" in each]
    before, after = heard[: int(pressed * 8000)], heard[int(pressed * 8000) :]
    show(f"heard {took[-1]['seconds']} s, levels {levels} of 32767, in {recording}")
    menu = find(expected["menu"], before)
    tell("before the key", "the menu", menu, wanted=True)
    answers = {each: find(expected[each], after) for each in ANSWERS}
    for each, found in answers.items():
        tell(f"after key {key}", f"the answer to {each}", found, wanted=each == key)
    if not menu.same:
        raise DemoFailed("the menu was not heard before the key")
    if [each for each, found in answers.items() if found.same] != [key]:
        raise DemoFailed(f"what was heard after key {key} is not its answer, or not alone")


def tell(when: str, what: str, found: Found, *, wanted: bool) -> None:
    """One line of the judgement."""
    place = f"at {found.at:.2f} s" if found.same else "not heard"
    sign = "ok " if found.same == wanted else "BAD"
    print(f"  {sign} {when}: {what}: {place} (likeness {found.likeness:.2f})", flush=True)


def show(line: str) -> None:
    """What the demonstration does next."""
    print(f"\n== {line}", flush=True)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has, for UDP or TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
            datagrams.bind(("127.0.0.1", 0))
            port: int = datagrams.getsockname()[1]
            with suppress(OSError):
                stream.bind(("127.0.0.1", port))
                return port


def main() -> int:
    """Exit code 0 only if the call went as it should."""
    parser = argparse.ArgumentParser(description="A softphone calls the front desk of a clinic.")
    parser.add_argument("--port", type=int, help="the port to serve on; a free one without it")
    parser.add_argument("--key", choices=sorted(ANSWERS), default="3", help="the key to press")
    parser.add_argument("--folder", type=Path, default=Path("build/demo"), help="where the recording goes")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    port = given.port or free_port()
    try:
        trio.run(demonstrate, port, given.key, given.folder)
    except BaseExceptionGroup as group:
        failed = group.subgroup(DemoFailed)
        if failed is None:
            raise
        while isinstance(failed, BaseExceptionGroup):
            failed = failed.exceptions[0]
        print(f"\ndemo: {failed}", file=sys.stderr)
        return 1
    except (DemoFailed, VoiceError) as failed:
        print(f"\ndemo: {failed}", file=sys.stderr)
        return 1
    show("the call went as it should. To call the clinic with a softphone of your own:")
    print(f"  {os.path.relpath(BIN / 'flow')} serve examples/clinic --listen 127.0.0.1:5060")
    print(f"  then dial sip:{NUMBER}@127.0.0.1:5060; no account, no registration. For example:")
    print(f"  linphonec, then `call sip:{NUMBER}@127.0.0.1:5060`; baresip, then `/dial` and that address.")
    print("  From another machine: --listen with the address of this one; UDP 5060 and 20000-29999 are used.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
