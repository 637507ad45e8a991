"""Reads a settings file: TOML, then the shapes of `sections`. What is wrong with it comes back as
diagnostics."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowlang.diagnostics import Source, Span

from .sections import SETTINGS
from .shapes import WRONG, Report

_MAX_BYTES = 2**20  # of text that people write
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


def read_settings(path: Path) -> tuple[Mapping[str, Any], Report]:
    """The sections of a file, and what is wrong with them. Raises `OSError`."""
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    return parse_settings(data, str(path))


def parse_settings(data: bytes, name: str) -> tuple[Mapping[str, Any], Report]:
    """The same for the bytes of one; `name` is what people see of it."""
    report = Report(Source(name, data.decode("utf-8-sig", "replace")))
    if len(data) > _MAX_BYTES:
        report.add("E801", Span(0, 1), f"settings have at most {_MAX_BYTES // 2**20} MiB")
        return {}, report
    try:
        given = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        at = len(data[: error.start].decode("utf-8-sig", "replace"))
        report.add("E801", Span(at, at + 1), "this is not UTF-8 text; save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        _not_toml(str(error), report)
    except RecursionError:
        report.add("E801", Span(0, 1), "this is nested too deep")
    else:
        read = SETTINGS.read(given, (), report)
        return ({} if read is WRONG else read), report
    return {}, report


def _not_toml(message: str, report: Report) -> None:
    match = _PLACE.search(message)
    why = message[: match.start()] if match is not None else message
    text = report.source.text
    start = len(text.rstrip())
    if match is not None and match[1] is not None:
        start = 0
        for _ in range(int(match[1]) - 1):
            start = text.find("\n", start) + 1
        start += int(match[2]) - 1
    report.add("E801", Span(start, start + 1), f"this is no TOML: {why[:1].lower()}{why[1:]}")
