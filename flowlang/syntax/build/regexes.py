"""Regexes: `/pattern/flags`, tried by RE2 as they are read."""

from __future__ import annotations

from typing import Any, cast

import re2  # pyright: ignore[reportMissingTypeStubs]

from .building import Building

_MAX_PATTERN = 1_000  # characters
_MEMORY = 1 << 20  # bytes that RE2 may use for one compiled pattern


def regex_parts(b: Building, token: Any) -> tuple[str, str]:
    """Pattern and flags of a regex.

    A slash in the pattern is written `\\/`. Both empty where they are wrong.
    """
    body, _, flags = token.text[1:].rpartition("/")
    pattern = body.replace("\\/", "/")
    if len(set(flags) & set("ims")) != len(flags):
        hint = "flags are `i`, `m` and `s`, each once"
        b.report("E117", token.span, f"`{flags}` cannot stand behind a regex", hint=hint)
        return "", ""
    if len(pattern) > _MAX_PATTERN:
        b.report("E117", token.span, f"the regex is longer than {_MAX_PATTERN:,} characters")
        return "", ""
    reason = _refusal(pattern)
    if reason is not None:
        b.report("E117", token.span, f"RE2 does not take this regex: {reason}")
        return "", ""
    return pattern, flags


def _refusal(pattern: str) -> str | None:
    """Why RE2 does not take a pattern; `None` where it does."""
    options: Any = re2.Options()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        re2.compile(pattern, options)  # pyright: ignore[reportUnknownMemberType]
    except re2.error as error:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        reason = cast("bytes | str", error.args[0])  # pyright: ignore[reportUnknownMemberType]
        return reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    return None
