"""`docs/settings.md` tells of every section and setting of `flow.toml`, and of no other."""

from __future__ import annotations

import re
import tomllib

from flowlang.diagnostics import Source
from flowlang.project.sections import SECTIONS, SETTINGS
from flowlang.project.shapes import Report
from tools import reference, settings

PAGE = reference.SETTINGS_PAGE.read_text(encoding="utf-8")
KNOWN = {path for name, shape in SECTIONS.items() for path, _ in settings.paths(shape, name)}


def test_the_tables_are_up_to_date() -> None:
    assert reference.renewed(PAGE) == PAGE, "run `make reference`"


def test_every_section_has_its_table() -> None:
    assert re.findall(r"^## `\[(\w+)\]`$", PAGE, re.MULTILINE) == list(SECTIONS)


def test_what_has_a_meaning_is_there() -> None:
    assert sorted(settings.MEANING.keys() - KNOWN) == []


def test_the_example_is_right() -> None:
    for text in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        report = Report(Source("flow.toml", text))
        SETTINGS.read(tomllib.loads(text), (), report)
        assert report.found == []
