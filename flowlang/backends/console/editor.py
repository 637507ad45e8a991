"""One line being typed: keys in, text and cursor out. No terminal, so that every key is tested without one.

prompt-toolkit's own `PromptSession` runs on asyncio; here trio is the only loop, so that only its `Buffer`
and its decoding of keys are used.
"""

from __future__ import annotations

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

_LONGEST = 200  # characters; longer than any sensible line at a phone
_REMEMBERED = 100  # lines


class Submitted(str):
    """The line is complete."""

    __slots__ = ()


class LineEditor:
    """`feed` takes one key and returns `Submitted` when that ended the line, Ctrl-C or Ctrl-D when that was
    it."""

    def __init__(self) -> None:
        self._buffer = Buffer(multiline=False)
        self._lines: list[str] = []
        self._back = 0

    @property
    def text(self) -> str:
        """What is typed so far."""
        return self._buffer.text

    @property
    def cursor(self) -> int:
        """Where the next character goes."""
        return self._buffer.cursor_position

    def feed(self, press: KeyPress) -> Submitted | Keys | None:
        """Takes one key."""
        buffer = self._buffer
        match press.key:
            case Keys.ControlM | Keys.ControlJ:
                return self._submit()
            case Keys.ControlC:
                return Keys.ControlC
            case Keys.ControlD if not buffer.text:
                return Keys.ControlD
            case Keys.ControlH:
                buffer.delete_before_cursor()
            case Keys.Delete | Keys.ControlD:
                buffer.delete()
            case Keys.Left | Keys.ControlB:
                buffer.cursor_left()
            case Keys.Right | Keys.ControlF:
                buffer.cursor_right()
            case Keys.Home | Keys.ControlA:
                buffer.cursor_position = 0
            case Keys.End | Keys.ControlE:
                buffer.cursor_position = len(buffer.text)
            case Keys.ControlU:
                buffer.delete_before_cursor(buffer.cursor_position)
            case Keys.ControlK:
                buffer.delete(len(buffer.text) - buffer.cursor_position)
            case Keys.ControlW:
                self._delete_word()
            case Keys.Up | Keys.ControlP:
                self._recall(1)
            case Keys.Down | Keys.ControlN:
                self._recall(-1)
            case Keys.BracketedPaste:
                self._insert(press.data)
            case str(key) if not isinstance(key, Keys):
                self._insert(key)
            case _:
                pass
        return None

    def _insert(self, text: str) -> None:
        printable = "".join(each for each in text if each.isprintable())
        self._buffer.insert_text(printable[: _LONGEST - len(self._buffer.text)])

    def _delete_word(self) -> None:
        before = self._buffer.document.text_before_cursor
        kept = before.rstrip().rpartition(" ")
        self._buffer.delete_before_cursor(len(before) - len(kept[0] + kept[1]))

    def _recall(self, step: int) -> None:
        back = self._back + step
        if 0 <= back <= len(self._lines):
            self._back = back
            self._buffer.text = self._lines[-back] if back else ""
            self._buffer.cursor_position = len(self._buffer.text)

    def _submit(self) -> Submitted:
        line = self._buffer.text
        if line.strip() and self._lines[-1:] != [line]:
            self._lines = [*self._lines[-_REMEMBERED + 1 :], line]
        self._back = 0
        self._buffer.text = ""
        return Submitted(line)
