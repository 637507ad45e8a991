"""What `use` may read: the standard library and what lies in the script's folder, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.analysis import Missing
from flowlang.diagnostics import Source
from flowlang.modules import ModuleFiles

FLOW = "flow run {}\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script with a module beside it, one below, and one that is out of its reach."""
    folder = tmp_path / "scripts"
    (folder / "lib").mkdir(parents=True)
    for path in ("desk", "beside", "lib/inner", "lib/other"):
        (folder / f"{path}.flow").write_text(FLOW)
    (tmp_path / "secret.flow").write_text(FLOW)
    return folder / "desk.flow"


def load(script: Path, path: str) -> Source | Missing:
    return ModuleFiles(script)(path, Source(str(script), FLOW))


def test_a_module_beside_the_script_or_below_it_is_read(script: Path) -> None:
    for path in ("./beside", "./lib/inner"):
        found = load(script, path)
        assert isinstance(found, Source)
        assert found.name == str(script.parent / f"{path[2:]}.flow")
        assert found.text == FLOW


def test_a_path_begins_at_the_module_that_has_it(script: Path) -> None:
    files = ModuleFiles(script)
    inner = files("./lib/inner", Source(str(script), FLOW))
    assert isinstance(inner, Source)
    other = files("./other", inner)
    assert isinstance(other, Source)
    assert isinstance(files("./beside", inner), Missing)


@pytest.mark.parametrize(
    "path",
    [
        "../secret", "./../secret", "./lib/../../secret", "/etc/passwd", ".//etc/passwd", "./", "", "std/",
        "std/../secret", "std//etc/passwd", "std/.././secret", "./.hidden", "./lib\\..\\..\\secret",
        "./beside\0",
        "./beside.flow", "./" + "a" * 5000, "http://example.com/x", "./lib", "./résumé",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_folder(script: Path, path: str) -> None:
    assert isinstance(load(script, path), Missing)


def test_no_link_leads_out_of_the_folder(script: Path) -> None:
    (script.parent / "link.flow").symlink_to(script.parent.parent / "secret.flow")
    (script.parent / "way").symlink_to(script.parent.parent)
    for path in ("./link", "./way/secret"):
        found = load(script, path)
        assert isinstance(found, Missing)
        assert "outside" in found.why


def test_two_ways_to_a_module_give_one_name(script: Path) -> None:
    (script.parent / "same.flow").symlink_to(script.parent / "lib" / "inner.flow")
    first, second = load(script, "./same"), load(script, "./lib/inner")
    assert isinstance(first, Source)
    assert isinstance(second, Source)
    assert first.name == second.name


def test_what_is_not_there_is_told_with_what_is(script: Path) -> None:
    assert load(script, "./lib/iner") == Missing(
        "there is no file `lib/iner.flow`", ("./lib/inner", "./lib/other")
    )
    found = load(script, "std/huors")
    assert isinstance(found, Missing)
    assert "std/hours" in found.known


def test_what_is_no_text_or_no_file_is_told(script: Path) -> None:
    (script.parent / "bytes.flow").write_bytes(b"\xff\xfe")
    (script.parent / "folder.flow").mkdir()
    for path in ("./bytes", "./folder"):
        assert isinstance(load(script, path), Missing)


def test_a_text_that_is_no_file_has_the_standard_library_only() -> None:
    files = ModuleFiles(None)
    assert isinstance(files("std/hours", Source("<text>", "")), Source)
    assert isinstance(files("./beside", Source("<text>", "")), Missing)


def test_a_module_of_the_standard_library_is_called_as_it_is_written() -> None:
    found = ModuleFiles(None)("std/menu", Source("<text>", ""))
    assert isinstance(found, Source)
    assert found.name == "std/menu"
