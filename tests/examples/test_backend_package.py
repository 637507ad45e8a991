"""`examples/backend_package` is a distribution: it is built, installed into an environment of its own,
listed from its metadata, and passes its tests there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "backend_package"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Surroundings in which the package is installed beside what this environment has."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(PACKAGE)], check=True, capture_output=True, text=True)
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(target), str(ROOT)])}


def test_it_is_listed_without_being_imported(installed: dict[str, str]) -> None:
    code = (
        "import sys; from flowlang.project.backends import installed_kinds;"
        "(found,) = [each for each in installed_kinds() if each.name == 'pigeon'];"
        "print(found.package, found.version, found.where); assert 'flowlang_pigeon' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=installed, capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout == "flowlang-pigeon 0.1.0 flowlang_pigeon:KIND\n"


def test_its_own_tests_pass(installed: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir"]
    command += [str(PACKAGE), str(PACKAGE / "tests")]
    done = subprocess.run(command, env=installed, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
