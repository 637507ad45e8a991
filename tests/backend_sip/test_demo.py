"""The demonstration knows the script that it calls, and its judge tells one answer from another."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from flowlang.testing.listening import as_heard, find
from flowlang.voices import ToneVoice

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", EXAMPLES / "demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_texts_stand_in_the_clinics_script(demo: ModuleType) -> None:
    script = (EXAMPLES / "clinic" / "desk.flow").read_text(encoding="utf-8")
    for text in (demo.MENU, *demo.ANSWERS.values()):
        assert f'"{text}"' in script
    assert demo.NUMBER in script


async def test_a_sound_is_found_where_it_is_and_another_is_not(tmp_path: Path) -> None:
    voice = ToneVoice(tmp_path)
    one, other = [as_heard(await voice.speak(text, language="en")) for text in ("one answer", "another one")]
    silence = one[:4000] * 0
    recording = np.concatenate((silence, one, silence))
    found = find(one, recording)
    assert found.same
    assert found.at == pytest.approx(0.5, abs=0.01)
    assert not find(other, recording).same


def test_the_demonstration_ends_well() -> None:
    command = [sys.executable, str(EXAMPLES / "demo.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INVITE" in done.stdout
    assert "record:" in done.stdout
