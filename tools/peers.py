"""Install the Debian packages that the tests call as peers: what `make setup-peers` runs.

The list below is the only one. Where the right to install is lacking, one line says what an administrator has
to run; the tests that need the peer then fail and say so, they never skip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# Debian package -> the command by which we know that it is there.
PEERS = {
    "baresip-core": "baresip",
    "chromium": "chromium",
    "dovecot-imapd": "dovecot",
    "kamailio": "kamailio",
    "linphone-cli": "linphonec",
    "postgresql": "pg_lsclusters",
    "sip-tester": "sipp",
    "sqlite3": "sqlite3",
}


def main() -> int:
    """Install what is missing; 0 if all peers are there at the end."""
    missing = [package for package, command in PEERS.items() if not shutil.which(command)]
    if not missing:
        return 0
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    advice = f"an administrator must run: apt-get update && {' '.join(install)}"
    if not shutil.which("apt-get"):
        print(f"setup: no apt-get here; the tests need {', '.join(missing)} from elsewhere", file=sys.stderr)
        return 1
    prefix = elevate()
    if prefix is None:
        print(f"setup: no right to install {', '.join(missing)}; {advice}", file=sys.stderr)
        return 1
    for command in (["apt-get", "update"], install):
        print(f"setup: {' '.join(command)}", flush=True)
        done = subprocess.run([*prefix, *command], capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            print(f"setup: apt-get failed: {reason[-1]}; {advice}", file=sys.stderr)
            return 1
    return 0


def elevate() -> list[str] | None:
    """What to put before a command so that it runs as root; None if there is no way without a password."""
    plain = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return plain
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", *plain]
    return None


if __name__ == "__main__":
    sys.exit(main())
