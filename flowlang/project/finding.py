"""Where the settings of a script lie: in `flow.toml` in its folder, or in the nearest folder above.

The way up ends at a folder with `.git`, and before one that another user owns, so that nobody finds settings
in `/tmp` or `/home` that he has not put there.
"""

from __future__ import annotations

import os
from pathlib import Path

NAME = "flow.toml"

_MOST_FOLDERS = 50  # deeper than any project lies


def find_settings(script: Path) -> Path | None:
    """The settings file of a script, or of the folder with scripts."""
    folder = os.path.abspath(script if script.is_dir() else script.parent)
    try:
        owner = _owner(folder)
        for _ in range(_MOST_FOLDERS):
            settings = os.path.join(folder, NAME)
            if os.path.isfile(settings):
                return Path(settings)
            above = os.path.dirname(folder)
            is_border = os.path.exists(os.path.join(folder, ".git")) or above == folder
            if is_border or _owner(above) != owner:
                return None
            folder = above
    except (OSError, ValueError):  # a folder that is not there has no settings
        pass
    return None


def _owner(folder: str) -> int:
    return os.stat(folder).st_uid
