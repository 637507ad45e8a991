"""A server whose scripts speak does not start without a voice."""

from __future__ import annotations

import importlib.metadata

import pytest

from flowlang.analysis import Program, check
from flowlang.backends.border import BackendError
from flowlang.cli.speaking import require_voice
from flowlang.diagnostics import Source
from flowlang.syntax import parse


def program(text: str) -> Program:
    parsed = parse(Source("a.flow", text))
    assert parsed.module is not None
    checked = check(parsed.module)
    assert checked.program is not None
    return checked.program


@pytest.fixture
def no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", version)


@pytest.mark.usefixtures("no_voice")
@pytest.mark.parametrize("statement", ['say "Hello"', 'let x = ask("Who?")\n log "${x}"', 'ask "Who?"'])
def test_a_script_that_speaks_needs_a_voice(statement: str) -> None:
    with pytest.raises(BackendError, match=r"a\.flow:3 speaks, and there is no voice: .*pip install"):
        require_voice([program("flow other { answer }\nflow main {\n" + statement + "\n}")])


@pytest.mark.usefixtures("no_voice")
@pytest.mark.parametrize("statement", ["answer", 'play "a.wav"', 'ask play: "a.wav"'])
def test_a_script_of_recorded_prompts_needs_none(statement: str) -> None:
    require_voice([program("flow main { " + statement + " }")])


def test_with_a_voice_all_is_well() -> None:
    require_voice([program('flow main { say "Hello" }')])
