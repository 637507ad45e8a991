"""Every diagnostic's code. A code keeps its meaning for ever; one that goes out of use is not given again.

E1xx the text is not the language; E2xx names; E3xx values and arguments; E4xx channels and backends; E5xx control flow;
E6xx routes, modules and files; E9xx in the language, but this version does not run it; W… doubtful, but it runs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for: a title of a few words and an explanation of a few sentences."""

    title: str
    explanation: str


CODES: dict[str, Code] = {
    "E101": Code(
        "unexpected text",
        "The parser met something that cannot stand at this place. The message says what it met and what could stand there.",
    ),
    "E201": Code(
        "unknown name",
        "Nothing of that name can be seen from here: no variable, constant, flow, function or action.",
    ),
}
