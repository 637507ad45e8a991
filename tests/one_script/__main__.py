"""`make show-channels`: the transcript of one script on every channel, simulated and with real peers, as a
table.

The last line is JSON: how many ways there are, how many of them gave the one transcript, and its lines.
"""

from __future__ import annotations

import json
import sys

import trio

from .conversation import TRANSCRIPT, transcript_of
from .ways import SIMULATED, WAYS


def main() -> int:
    """Run it; 1 where a channel differs."""
    heads = [f"{name} (simulated)" if name in SIMULATED else name for name in WAYS]
    transcripts = [trio.run(transcript_of, way) for way in WAYS.values()]
    width = max(map(len, TRANSCRIPT)) + 2
    for number, head in enumerate(heads, 1):
        print(f"  {number}  {head}")
    print(f"\n{'':{width}}{'  '.join(map(str, range(1, len(heads) + 1)))}")
    for place in range(max(map(len, transcripts))):
        wanted = TRANSCRIPT[place] if place < len(TRANSCRIPT) else "(no more)"
        marks = ["=" if each[place : place + 1] == [wanted] else "!" for each in transcripts]
        print(f"{wanted:{width}}{'  '.join(marks)}")
    for head, each in zip(heads, transcripts, strict=True):
        if each != TRANSCRIPT:
            print(f"{head}: {each}")
    alike = transcripts.count(TRANSCRIPT)
    print(json.dumps({"channels": len(WAYS), "alike": alike, "lines": len(TRANSCRIPT)}))
    return 0 if alike == len(WAYS) else 1


if __name__ == "__main__":
    sys.exit(main())
