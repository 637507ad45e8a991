"""`docs/backends.md` tells of every kind of backend that is ours, and of every setting of each."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from flowlang.backends.sip.config import sip_settings
from flowlang.diagnostics import Source
from flowlang.project.sections import SETTINGS
from flowlang.project.shapes import Report
from tools import reference, settings

PAGE = reference.BACKENDS_PAGE.read_text(encoding="utf-8")
KINDS = settings.kinds()
SIP = PAGE.partition("\n## SIP\n")[2].partition("\n## ")[0]
SIP_PARTS = dict(re.findall(r"^### (.+)\n\n```toml\n((?:.*\n)*?)```$", SIP, re.MULTILINE))


def test_the_tables_are_up_to_date() -> None:
    assert reference.renewed(PAGE) == PAGE, "run `make reference`"


def test_every_kind_has_its_section_and_its_table() -> None:
    sections = set(re.findall(r"^## `(\w+)`$", PAGE, re.MULTILINE))
    assert sections == KINDS.keys()
    tables = set(re.findall(r"^<!-- generated: kind_(\w+) -->$", PAGE, re.MULTILINE))
    assert tables == {name for name, kind in KINDS.items() if kind.settings.keys}


@pytest.mark.parametrize("name", KINDS)
def test_every_setting_says_what_it_is_for_and_is_on_the_page(name: str) -> None:
    section = PAGE.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
    for each in settings.below(KINDS[name].settings, ""):
        assert settings.meaning(each.shape), f"{name}: {each.path} is not told"
        assert f"\n| `{each.path}` | " in section


def test_each_part_on_sip_shows_its_settings() -> None:
    assert SIP_PARTS.keys() == set(re.findall(r"^### (.+)$", SIP, re.MULTILINE))


@pytest.mark.parametrize("name", SIP_PARTS)
def test_the_settings_of_sip_that_are_shown_can_be_used(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "alice").write_text("secret")
    for each in re.findall(r'env = "(\w+)"', SIP_PARTS[name]):
        monkeypatch.setenv(each, "secret")
    report = Report(Source(str(tmp_path / "flow.toml"), SIP_PARTS[name]))
    given = SETTINGS.read(tomllib.loads(SIP_PARTS[name]), (), report)
    assert not report.found, report.found[0].message
    sip_settings(given, report)
    assert not report.found, report.found[0].message
