"""pyVoIP in `flow.toml`, and what is refused before anybody calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import flowlang
from flowlang.backends.pyvoip import KIND, PhoneSettings, PyVoipBackend, open_phone
from flowlang.model.secrets import Secret
from flowlang.project.backends import Section, SettingsError, Surroundings
from flowlang.voices import ToneVoice

GIVEN = {"server": "127.0.0.1", "user": "desk", "password": Secret("wonder")}
ENQUIRY = """
policy { allow dial "+14155550100" }
route call to "+16062067563" => main

flow main {
    %s
}
"""


def section(folder: Path, *, voice: bool = False, **more: object) -> Section:
    speaks = ToneVoice(folder) if voice else None
    return Section("desk", GIVEN | more, Surroundings(folder, voice=speaks))


def test_pyvoip_is_imported_only_where_a_project_has_it() -> None:
    code = "import sys, flowlang.backends.pyvoip; sys.exit('pyVoIP' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_without_the_extra_a_project_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "flowlang.backends.pyvoip.phone", None)
    with pytest.raises(SettingsError, match=r"pip install flowlang\[pyvoip\]"):
        KIND.make(section(tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [("server", "x\r\ny"), ("user", "a>b"), ("number", "200"), ("rtp_ports", (4000, 3000))],
)
def test_a_setting_that_is_none_is_told(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(SettingsError) as raised:
        KIND.make(section(tmp_path, **{name: value}))
    assert raised.value.where == (name,)


def test_it_says_what_scripts_say_where_there_is_a_voice(tmp_path: Path) -> None:
    assert "say" not in KIND.make(section(tmp_path)).commands
    assert "say" in KIND.make(section(tmp_path, voice=True)).commands


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ('dial("+14155550100")', "bridge"),
        ('record to: "a.wav"', "record"),
        ("hold", "hold"),
        ('press "1"', "press"),
    ],
)
async def test_a_flow_that_needs_more_is_refused_by_what_it_needs(statement: str, missing: str) -> None:
    backend = PyVoipBackend(PhoneSettings("127.0.0.1", "desk", Secret("wonder")), open_phone())
    async with flowlang.open_engine(backends=[backend]) as engine:
        with pytest.raises(flowlang.ScriptError) as raised:
            engine.load_text(ENQUIRY % statement)
    told = [each.message for each in raised.value.diagnostics if each.code == "E405"]
    assert any(f"`{missing}`" in each for each in told)
