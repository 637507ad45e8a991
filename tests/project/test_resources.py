"""The grammar and the standard library are found from a checkout and from an installed wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flowlang import resources

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
from flowlang import resources
print(resources.__file__)
print(*sorted(p.name for p in resources.grammar_path().glob("*.lark")))
print(*sorted(p.name for p in resources.stdlib_path().iterdir()))
"""


def test_a_checkout_reads_the_folders_at_its_top() -> None:
    assert resources.grammar_path() == ROOT / "grammar"
    assert resources.stdlib_path() == ROOT / "stdlib"


def test_each_grammar_file_is_read_by_its_name() -> None:
    names = [path.name for path in (ROOT / "grammar").glob("*.lark")]
    assert names
    for name in names:
        assert resources.grammar_file(name) == (ROOT / "grammar" / name).read_text(encoding="utf-8")


def test_an_unknown_grammar_file_is_an_error_that_names_it() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.lark"):
        resources.grammar_file("nothing.lark")


def test_the_wheel_carries_grammar_and_stdlib_and_finds_them(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    built = subprocess.run([*pip, "--wheel-dir", tmp_path, ROOT], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("flowlang-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert {re.split("[-/]", name)[0] for name in names} == {"flowlang"}, "the wheel claims a foreign name"
    assert "flowlang/py.typed" in names

    # -S keeps the editable install out: the extracted wheel is all there is.
    probe = [sys.executable, "-S", "-c", PROBE]
    done = subprocess.run(probe, cwd=tmp_path / "site", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    place, grammar, stdlib = done.stdout.splitlines()
    assert Path(place).is_relative_to(tmp_path)
    assert grammar.split() == sorted(path.name for path in (ROOT / "grammar").glob("*.lark"))
    assert stdlib.split() == sorted(path.name for path in (ROOT / "stdlib").iterdir())
