"""`docs/backends.md`: what it shows of `flow.toml` is what each kind takes."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from flowlang.diagnostics import Source
from flowlang.project.backends import GROUP, BackendKind
from flowlang.project.secrets import Hidden
from flowlang.project.shapes import Report

PAGE = (Path(__file__).parents[2] / "docs" / "backends.md").read_text(encoding="utf-8")
BLOCKS = [
    (tomllib.loads(text)["backends"].popitem()[1]["kind"], text)
    for text in re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    if "[backends." in text
]


@pytest.mark.parametrize(("name", "toml"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_its_settings_are_those_of_the_kind(name: str, toml: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden(_self: Hidden, given: Any, _path: object, _report: object) -> Any:
        assert set(given) in ({"env"}, {"file"})
        return "secret"

    monkeypatch.setattr(Hidden, "read", hidden)
    (entry,) = entry_points(group=GROUP, name=name)
    kind = entry.load()
    assert isinstance(kind, BackendKind)
    (section,) = tomllib.loads(toml)["backends"].values()
    assert section.pop("kind") == name
    report = Report(Source("flow.toml", toml))
    kind.settings.read(section, (), report)
    assert not report.found, report.found[0].message


def test_every_section_shows_its_settings() -> None:
    assert {name for name, _ in BLOCKS} == set(re.findall(r"^## `(\w+)`$", PAGE, re.MULTILINE))
