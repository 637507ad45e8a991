"""The fault: an error that a script can catch."""

from __future__ import annotations

from flowlang.compile.names import FILE
from flowlang.model.places import Line, file_of
from flowlang.model.values import Outcome, Value


class Fault(Exception):
    """`code` is a stable word (`type`, `overflow`, `budget`, `prompt_missing`, …), `text` one line for
    people, `line` the script's line, 0 while it is not known; that of a module knows its file."""

    def __init__(self, code: str, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.line = line

    @property
    def file(self) -> str | None:
        """The module that it was raised in; `None` for the entry script."""
        return file_of(self.line)

    def as_outcome(self) -> Outcome:
        """The fault as `catch e` holds it."""
        place: dict[str, Value] = {"line": int(self.line), "file": self.file}
        return Outcome(self.code, {"code": self.code, "text": self.text, **place})


def script_line(error: BaseException) -> int:
    """The innermost line of the script, or of a module of it, in an error's traceback; 0 if there is none."""
    line = 0
    traceback = error.__traceback__
    while traceback is not None:
        namespace = traceback.tb_frame.f_globals
        if FILE in namespace:
            file = namespace[FILE]
            line = traceback.tb_lineno if file is None else Line(traceback.tb_lineno, file)
        traceback = traceback.tb_next
    return line
