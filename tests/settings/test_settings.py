"""Settings files: which one belongs to a script, and how their mistakes are told. For each code see
tests/diagnostics."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.diagnostics import render
from flowlang.project.finding import find_settings
from flowlang.project.sections import SECTIONS
from flowlang.project.settings import parse_settings
from flowlang.project.shapes import Flag, Integer, Items, Table, Text


def test_the_nearest_file_upward_counts(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    below = tmp_path / "scripts" / "desk"
    below.mkdir(parents=True)
    assert find_settings(below / "a.flow") is None
    (tmp_path / "flow.toml").touch()
    assert find_settings(below / "a.flow") == tmp_path / "flow.toml"
    assert find_settings(below) == tmp_path / "flow.toml"
    (below / "flow.toml").touch()
    assert find_settings(below / "a.flow") == below / "flow.toml"


def test_nothing_above_a_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").touch()
    (tmp_path / "project" / ".git").mkdir(parents=True)
    assert find_settings(tmp_path / "project" / "a.flow") is None


def test_the_folders_of_others_are_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flow.toml").touch()
    below = tmp_path / "mine"
    below.mkdir()
    monkeypatch.setattr("flowlang.project.finding._owner", lambda folder: 1000 if folder == str(below) else 0)
    assert find_settings(below / "a.flow") is None


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert find_settings(tmp_path / "gone" / "a.flow") is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a = \xff", "flow.toml:1:5: error E801: this is not UTF-8 text"),
        (b"[actions\n", "flow.toml:1:9: error E801: this is no TOML"),
        (b"a = " + b"[" * 5000, "error E801: this is "),
        (b"a = [", "error E801: this is no TOML"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(data: bytes, told: str) -> None:
    settings, report = parse_settings(data, "flow.toml")
    assert settings == {}
    assert told in render(report.found[0])


@given(st.binary(max_size=60) | st.text("[]{}.=\"'#\n actions", max_size=60).map(str.encode))
def test_any_bytes_give_settings_or_diagnostics(data: bytes) -> None:
    _, report = parse_settings(data, "flow.toml")
    for each in report.found:
        assert render(each)


def test_a_section_is_added_as_data(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = Table(
        {"host": Text(), "port": Integer(1, 65535), "tls": Flag(), "codecs": Items(Text(), "a list")},
        required=frozenset({"host"}),
    )
    monkeypatch.setitem(SECTIONS, "trunk", shape)
    good = b'[trunk]\nhost = "a"\nport = 5060\ncodecs = ["PCMU"]\n'
    assert parse_settings(good, "flow.toml")[0] == {"trunk": {"host": "a", "port": 5060, "codecs": ("PCMU",)}}
    _, report = parse_settings(b'[trunk]\nport = 70000\ntls = "yes"\ncodecs = [1]\n', "flow.toml")
    assert [each.message for each in report.found] == [
        "`port` is out of range",
        "`tls` cannot be a text",
        "`codecs` cannot be an integer",
        "the setting `host` is missing",
    ]
