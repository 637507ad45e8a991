"""Only what the script says of itself, and what went wrong: for a person who is busy with the phone."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.diagnostics import Source
from flowlang.model.observations import FlowEnded, Logged, Observation, Refused

from .safe import printable
from .style import Style


class Brief:
    """Call it with each observation. `source` is the script."""

    def __init__(self, write: Callable[[str], None], style: Style, source: Source) -> None:
        self._write = write
        self._style = style
        self._source = source

    def __call__(self, observation: Observation) -> None:
        """Shows a log line, a refusal, and how a flow ended."""
        match observation:
            case Logged(level="info"):
                self._write(self._style("green", f"log: {printable(observation.text, 1000)}"))
            case Logged():
                self._write(self._style("yellow", f"warning: {printable(observation.text, 1000)}"))
            case Refused():
                self._write(self._style("yellow", f"no flow took the call: {printable(observation.why)}"))
            case FlowEnded(how="fault"):
                name = observation.file or self._source.name
                where = f"{name}:{observation.line}" if observation.line else name
                text = f"{where}: fault {observation.code}: {printable(observation.text or '')}"
                self._write(self._style("red", text))
            case FlowEnded():
                how = {"done": "done", "stop": "stopped", "gone": "the caller has left"}[observation.how]
                self._write(self._style("dim", f"flow {observation.flow} is over: {how}"))
            case _:
                pass
