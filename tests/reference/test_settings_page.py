"""`docs/settings.md` tells of every section and setting of `flow.toml`, and of no other."""

from __future__ import annotations

import re
import tomllib

from flowlang.diagnostics import Source
from flowlang.project.sections import SECTIONS, SETTINGS
from flowlang.project.shapes import Report
from tools import reference, settings

PAGE = reference.SETTINGS_PAGE.read_text(encoding="utf-8")
ALL = {
    each.path: each.shape for name, shape in SECTIONS.items() for each in settings.below(shape, f"{name}.")
}


def test_the_tables_are_up_to_date() -> None:
    assert reference.renewed(PAGE) == PAGE, "run `make reference`"


def test_every_section_has_its_table() -> None:
    assert re.findall(r"^## `\[(\w+)\]`$", PAGE, re.MULTILINE) == list(SECTIONS)


def test_every_setting_says_what_it_is_for() -> None:
    leaves = {path for path in ALL if not any(other.startswith(f"{path}.") for other in ALL)}
    assert sorted(path for path in leaves if not settings.meaning(ALL[path])) == []


def test_a_number_is_shown_with_its_unit() -> None:
    assert settings.takes(ALL["sip.max_cps"]) == "calls a second, from 0.1 to 100000"
    assert settings.takes(ALL["messages.thread_window"]) == "seconds, from 1 to 86400"


def test_the_example_is_right() -> None:
    for text in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        report = Report(Source("flow.toml", text))
        SETTINGS.read(tomllib.loads(text), (), report)
        assert report.found == []
