"""Every diagnostic's code. A code keeps its meaning for ever; one that goes out of use is not given again.

E1xx the text is not the language; E2xx names; E3xx values and arguments; E4xx channels and backends; E5xx
control flow; E6xx routes, modules and files; E7xx tests; E8xx the settings in `flow.toml`; E9xx in the
language, but this version does not run it; W… doubtful, but it runs.
"""

from __future__ import annotations

from .code import Code
from .codes_checks import CHECK_CODES
from .codes_syntax import SYNTAX_CODES

CODES: dict[str, Code] = SYNTAX_CODES | CHECK_CODES

RETIRED: dict[str, str] = {
    "E116": "a mistake of syntax that is told otherwise now",
    "E901": "a construct that an earlier version did not run",
    "E904": "a channel that an earlier version did not serve",
}
"""Codes out of use, with what they were for."""

__all__ = ["CODES", "RETIRED", "Code"]
