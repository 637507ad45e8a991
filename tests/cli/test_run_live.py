"""`flow run` with a person at the terminal, as seen through a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import termios
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.flow import FLOW

SCRIPT = """
flow main {
    on hold { log "held" }
    let key = ask("Press a key. This prompt is long: there is time to press it.", digits: 1, timeout: 60s)
    log "pressed ${key}"
    ask("And then?", digits: 1, timeout: 60s)
}
"""
PATIENCE = 20.0  # seconds; only a failure takes so long


class Person:
    """Types into the terminal of a process and reads what it shows."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process = process
        self.terminal = terminal
        self.seen = ""

    def sees(self, text: str) -> None:
        """Reads on until the text was shown."""
        while text not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], PATIENCE)
            try:
                shown = os.read(self.terminal, 4096) if ready else b""
            except OSError:  # Linux reports the other end's closing so
                shown = b""
            assert shown, f"{text!r} was never shown, but:\n{self.seen}"
            self.seen += shown.decode()

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def ends(self) -> int:
        return self.process.wait(PATIENCE)


@contextmanager
def person(folder: Path, *options: str) -> Generator[Person]:
    (folder / "a.flow").write_text(SCRIPT, encoding="utf-8")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONUTF8": "1", "TERM": "xterm", "COLUMNS": "200"}
    process = subprocess.Popen(
        [FLOW, "run", "a.flow", *options],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    try:
        yield Person(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(theirs)
        os.close(ours)


def test_a_key_typed_during_the_prompt_is_the_answer(tmp_path: Path) -> None:
    with person(tmp_path) as somebody:
        somebody.sees("Press a key.")
        somebody.types("hold\r")
        somebody.sees("log: held")
        somebody.types("5\r")
        somebody.sees("log: pressed 5")
        somebody.sees("» And then?")
        somebody.types("hangup\r")
        somebody.sees("flow main is over: the caller has left")
        assert somebody.ends() == 0


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 0)])
def test_ctrl_c_and_ctrl_d_hang_up(tmp_path: Path, key: str, code: int) -> None:
    with person(tmp_path) as somebody:
        somebody.sees("» Press a key.")
        somebody.types(key)
        somebody.sees("you hung up (normal)")
        assert somebody.ends() == code
        assert "Traceback" not in somebody.seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_left_as_it_was(tmp_path: Path, number: signal.Signals) -> None:
    with person(tmp_path) as somebody:
        before = termios.tcgetattr(somebody.terminal)
        somebody.sees("» Press a key.")
        assert termios.tcgetattr(somebody.terminal) != before
        somebody.process.send_signal(number)
        assert somebody.ends() == 128 + number
        assert termios.tcgetattr(somebody.terminal) == before
