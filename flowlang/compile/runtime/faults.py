"""The fault: an error that a script can catch."""

from __future__ import annotations

from flowlang.model.values import Outcome


class Fault(Exception):
    """`code` is a stable word (`type`, `overflow`, `budget`, `prompt_missing`, …), `text` one line for
    people, `line` the script's line, 0 while it is not known."""

    def __init__(self, code: str, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.line = line

    def as_outcome(self) -> Outcome:
        """The fault as `catch e` holds it."""
        return Outcome(self.code, {"code": self.code, "text": self.text, "line": self.line})
