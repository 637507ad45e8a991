"""sipp as the caller. It gets no other address than 127.0.0.1."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import trio

SCENARIOS = Path(__file__).with_name("scenarios")
GIVE_UP_S = 60  # over and above the time in which the calls are placed


@dataclass(frozen=True, slots=True)
class SippRun:
    """What came of it: sipp's exit code (0: no call failed), its log of messages, its complaints."""

    exit_code: int
    messages: str
    errors: str

    def received(self, start: str) -> int:
        """How many messages it got whose start line begins so."""
        return len(self.times(start))

    def times(self, start: str) -> list[float]:
        """When it got them, in seconds of the day."""
        pattern = rf"^-+ \S+ (\d+):(\d+):(\d+\.\d+)\n\S+ message received[^\n]*\n\n{re.escape(start)}"
        found = re.findall(pattern, self.messages.replace("\r", ""), re.MULTILINE)
        return [int(hours) * 3600 + int(minutes) * 60 + float(seconds) for hours, minutes, seconds in found]


async def call(
    scenario: str,
    *,
    sip_port: int,
    rtp_port: int,
    folder: Path,
    to: str = "desk",
    calls: int = 1,
    rate: int = 1,
    pause_ms: int = 0,
    repeats: bool = True,
) -> SippRun:
    """Place `calls` calls to a number, `rate` a second, and return when all are over.

    `pause_ms` is how long a scenario's `<pause/>` lasts. Without `repeats` sipp sends no request again, and
    takes a repeated message for a new one.
    """
    program = shutil.which("sipp")
    assert program, "sipp is missing: run `make setup-peers`"
    messages, errors = folder / "messages.log", folder / "errors.log"
    command = [
        program, f"127.0.0.1:{sip_port}", "-i", "127.0.0.1", "-bind_local",
        "-sf", str(SCENARIOS / f"{scenario}.xml"), "-s", to, "-key", "rtp_port", str(rtp_port),
        "-d", str(pause_ms),
        "-m", str(calls), "-r", str(rate), "-l", str(calls),
        "-recv_timeout", str(GIVE_UP_S * 1000), "-timeout", str(calls // rate + GIVE_UP_S), "-timeout_error",
        "-trace_err", "-error_file", str(errors), "-nostdin",
    ]  # fmt: skip
    if not repeats:
        command.append("-nr")
    if calls == 1:
        command += ["-trace_msg", "-message_file", str(messages)]
    done = await trio.run_process(
        command, cwd=folder, check=False, stdout=subprocess.DEVNULL, capture_stderr=True, env={"TERM": "dumb"}
    )
    assert done.returncode is not None
    return SippRun(done.returncode, _text(messages), _text(errors) + done.stderr.decode(errors="replace"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
