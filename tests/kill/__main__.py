"""`make kill-test KILLS=300`: kills `flow serve` with `kill -9` again and again, and counts what that cost.

This is the whole service, as others see it: beside it are processes that are never killed, an SMSC, a mail
server, a machine that takes webhooks and knows keys, sipp that calls and is called. (`make kill-engine` is
the engine alone, inside its commits, where a life takes 200 ms.) Every other kill is at a random moment of
the very `flow serve`, its start and recovery among them; the rest at named points (`victim.py`). While it
is down, and while it runs, signals are given by the command line, and what was refused is sent again. No more
is begun than can be done. The last process works until nothing is open any more, and ends politely; then the
ledgers of the others are compared with the data folder.

The last line is JSON. What has to be 0 for the exit code 0 (`clean`):

- `lost`: what was acknowledged and is not done, and that neither waits nor is told to be in doubt;
- `open`: what waits still at the end, as the time for that was over (`open_names`); `failed`: in the outbox;
- `standing`: activeflows that never ended;
- `doubled`: what came twice at the peer that knows keys;
- `cdr_wrong`: call records that are missing, double, open, without the answer that a phone saw, or with times
  that no phone saw;
- `messages_wrong`: message records that are missing or too many, receipts of which none tells;
- `inputs_mixed_up`: answers to another question; `written_to_opted_out`: what came after STOP was answered;
  `unconfirmed`: who wrote STOP and never had the confirmation.

Mail and SMS know no keys: `doubled_without_keys` of them came twice, `unknown_without_keys` are told to be in
doubt. `cdr_picked_up_late` are people who picked up when the process that called them was gone.
`never_reached` are points at which no process was killed though they had their turn; they are wrong where
there are three times as many kills as points.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from tools.killing import main

from .killer import Killer
from .verdict import WRONG
from .victim import POINTS


def run(kills: int, seed: int, folder: Path, progress: Callable[[int], None]) -> dict[str, Any]:
    """As of `tools.killing.Run`."""
    return trio.run(Killer(folder, seed).run, kills, progress)


if __name__ == "__main__":
    sys.exit(main(run, WRONG, len(POINTS), "Kills flow serve and counts the cost."))
