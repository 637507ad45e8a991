"""Make `.venv` on a machine that has nothing but Python 3.11: what `make setup` runs.

Standard library only. A second run with nothing changed costs one hash: the stamp in `.venv` holds the hash
of all that decides its content. Where Debian's python3-venv is missing, pip comes from the package index
(see pip_wheel.py). Errors are one line; pip's whole output stands in `.venv/setup.log`.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PROJECT = ROOT / "pyproject.toml"
LOG = VENV / "setup.log"
STAMP = VENV / "setup.stamp"
# What failed; pip's own last line, `error: metadata-generation-failed`, tells nothing.
REASON = re.compile(r"\s*(\w*Error|ERROR): ")


class SetupError(Exception):
    """Something that the reader has to mend; its text is the one line shown."""


def main() -> int:
    """Bring `.venv` up to date and return the exit code."""
    with PROJECT.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two `make` at once must not write into one .venv
        try:
            if VENV.is_symlink():
                raise SetupError(
                    ".venv is a link to another's: what is installed there would change; remove the link"
                )
            wanted = fingerprint()
            if not is_current(wanted):
                make(wanted)
        except SetupError as error:
            print(f"setup: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("setup: interrupted; `make setup` goes on from here", file=sys.stderr)
            return 130
    return 0


def fingerprint() -> str:
    """The hash of what decides the content of `.venv`: the project file, this script, Python, the place."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {VENV}\n".encode())
    for path in (PROJECT, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(wanted: str) -> bool:
    """Whether `.venv` was made from just this, and still runs."""
    try:
        return STAMP.read_text() == wanted and os.access(VENV / "bin" / "flow", os.X_OK)
    except OSError:
        return False


def make(wanted: str) -> None:
    """Create the environment if need be and install the project into it, editable."""
    STAMP.unlink(missing_ok=True)
    if not runs_here():
        say(f"making .venv with Python {sys.version.split()[0]}")
        create()
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    extras = ",".join(sorted(project["project"]["optional-dependencies"]))
    say("installing flowlang, its extras and the tools of its developers (a minute the first time)")
    pip("install", "--editable", f"{ROOT}[{extras}]", *project["dependency-groups"]["dev"])
    STAMP.write_text(wanted)
    say("done: .venv/bin/flow is there")


def runs_here() -> bool:
    """Whether `.venv` holds this Python with a pip. A moved folder or another Python is made anew."""
    probe = "import sys, pip; print(*sys.version_info[:2], sys.prefix)"
    try:
        done = subprocess.run([VENV / "bin" / "python", "-c", probe], capture_output=True, text=True)
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.split(maxsplit=2) == [
        *(str(part) for part in sys.version_info[:2]),
        f"{VENV}\n",
    ]


def create() -> None:
    """Make an empty `.venv` with pip in it."""
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip"):
        run([sys.executable, "-m", "venv", VENV], "python -m venv failed")
        return
    import pip_wheel

    run([sys.executable, "-m", "venv", "--without-pip", VENV], "python -m venv failed")
    say("this Python has no ensurepip: fetching pip from the package index")
    try:
        wheel = pip_wheel.fetch(VENV)
    except pip_wheel.FetchError as error:
        raise SetupError(f"{error}; or install Debian's package python3-venv") from error
    install = [VENV / "bin" / "python", wheel / "pip", "install", "--no-index", wheel]
    run(install, "pip could not install itself")
    wheel.unlink()


def pip(*arguments: str) -> None:
    """Run the pip of `.venv`, showing what it fetches."""
    command = [VENV / "bin" / "python", "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    with LOG.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd=ROOT
        )
        last_error = "no reason given"
        for line in process.stdout or ():
            log.write(line)
            if line.startswith("Collecting "):
                say(f"  {line.split()[1]}")
            elif REASON.match(line):
                last_error = line.strip()
    if process.wait():
        raise SetupError(f"pip failed: {last_error} (all of its output: {LOG.relative_to(ROOT)})")


def run(command: list[str | Path], complaint: str) -> None:
    """Run a command in silence; if it fails, its last line is the reason."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise SetupError(f"{complaint}: {lines[-1]}")


def say(text: str) -> None:
    """Show progress at once, also where the output is a file."""
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
