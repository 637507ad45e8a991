"""Observations for a program: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable

from flowlang.model.observations import Observation, observation_to_plain

Observe = Callable[[Callable[[Observation], None]], object]
"""How one begins to watch an engine."""


class JsonLines:
    """Call it with each observation."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def __call__(self, observation: Observation) -> None:
        """Writes one."""
        self._write(json.dumps(observation_to_plain(observation), ensure_ascii=False))
