"""`docs/backends.md` tells of every kind of backend that is ours, and of every setting of each."""

from __future__ import annotations

import re

import pytest

from tools import reference, settings

PAGE = reference.BACKENDS_PAGE.read_text(encoding="utf-8")
KINDS = settings.kinds()


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
