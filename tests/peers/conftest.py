"""What there is to be heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sound import LONG, PROMPT, VOICES


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """The folder with the prompts and what each user says."""
    for each in (PROMPT, LONG, *VOICES.values()):
        each.write(tmp_path)
    return tmp_path
