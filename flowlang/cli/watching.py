"""Observations for a program: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

from flowlang.model.observations import Observation, observation_to_plain

Observe = Callable[[Callable[[Observation], None]], object]
"""How one begins to watch an engine."""


def json_lines(observation: Observation) -> None:
    """Writes one to standard output."""
    click.echo(json.dumps(observation_to_plain(observation), ensure_ascii=False))
