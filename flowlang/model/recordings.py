"""Recordings: how a script names one."""

from __future__ import annotations

_LONGEST_NAME = 200
RECORDING_FORM = "a recording is a `.wav` file below the folder of recordings, such as `desk/${call.id}.wav`"


def is_recording(name: str) -> bool:
    """Whether a name leads nowhere but below the folder of recordings."""
    parts = name.split("/")
    is_sound = name.endswith(".wav") and len(name) <= _LONGEST_NAME and name.isprintable()
    return is_sound and not any(
        each.startswith(".") or not each or "\\" in each or ":" in each for each in parts
    )
