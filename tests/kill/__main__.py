"""`make kill-test KILLS=300`: kills `flow serve` with `kill -9` again and again, and counts what that cost.

Beside it are processes that are never killed: an SMSC, a mail server, a machine that takes webhooks and
knows keys, sipp that calls and is called. Every other kill is at a random moment of the very `flow serve`,
its start and recovery among them; the rest at numbered points (`victim.py`). The last process works until
all that was acknowledged is done, and ends politely; then the ledgers of the others are compared with the
data folder.

The last line is JSON. `lost`: inputs acknowledged and not done, messages that neither arrived nor are told
to be in doubt, activeflows that stand still. `doubled`: at the peer that knows keys. `cdr_wrong`: records
that are missing, double or open, of legs that sipp saw answered. Mail and SMS know no keys:
`doubled_without_keys` of them came twice, `unknown_without_keys` are told to be in doubt. `messages_wrong`:
message records that are missing or too many. The exit code is 1 where any of these is not 0, but for what
has no keys.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import trio

from .killer import Killer

_STEP = 10  # kills: about half a minute


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="kill-test", description="Kills a server and counts the cost.")
    parser.add_argument("kills", type=int, nargs="?", default=300)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--rate", type=float, default=2.0, help="calls a second of each of three kinds")
    parser.add_argument("--keep", type=Path, help="a folder in which all is left")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result = trio.run(Killer(folder, given.seed).run, given.kills, given.rate, _progress(given.kills))
    print(json.dumps(result))
    return int(any(result[each] for each in ("lost", "doubled", "cdr_wrong", "messages_wrong")))


def _progress(kills: int) -> Callable[[int], None]:
    def told(number: int) -> None:
        if number % _STEP == 0:
            print(f"{number} of {kills} kills", file=sys.stderr)

    return told


if __name__ == "__main__":
    sys.exit(main())
