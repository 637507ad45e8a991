"""The terminal with a person at it: what is typed stays in the last line, what is said scrolls above it.

prompt-toolkit decodes the keys and draws; trio waits for them. Nothing else may write to the terminal
meanwhile: all output goes through `write`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TextIO

import trio
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.utils import get_cwidth

from .editor import LineEditor, Submitted

_PROMPT = "> "


class LiveTerminal:
    """One person, one line at a time."""

    live = True

    def __init__(self, keyboard: Input, screen: Output) -> None:
        self._keyboard = keyboard
        self._screen = screen
        self._editor = LineEditor()
        self._typed: deque[KeyPress] = deque()
        self._reading = False

    def attached(self) -> AbstractContextManager[None]:
        """Keys come one by one while this is entered; then the terminal is as it was, whatever happened."""
        return self._keyboard.raw_mode()

    def write(self, line: str) -> None:
        """Shows a line above what is being typed."""
        self._erase()
        self._screen.write_raw(line + "\r\n")
        self._draw()

    async def read(self, ready: Callable[[], Awaitable[None]]) -> str:
        """The next line, as soon as it is typed; a person need not wait for the phone."""
        del ready
        self._reading = True
        self._draw()
        try:
            while True:
                while self._typed:
                    if (line := self._take(self._typed.popleft())) is not None:
                        return line
                self._draw()
                await trio.lowlevel.wait_readable(self._keyboard.fileno())
                self._typed.extend(self._keyboard.read_keys())
                if self._keyboard.closed:
                    raise EOFError
        finally:
            self._erase()
            self._screen.flush()
            self._reading = False

    def _take(self, press: KeyPress) -> str | None:
        match self._editor.feed(press):
            case Submitted() as line:
                self._erase()
                self._screen.write_raw(f"{_PROMPT}{line}\r\n")
                return str(line)
            case Keys.ControlC:
                raise KeyboardInterrupt
            case Keys.ControlD:
                raise EOFError
            case _:
                return None

    def _erase(self) -> None:
        if self._reading:
            self._screen.write_raw("\r")
            self._screen.erase_end_of_line()

    def _draw(self) -> None:
        """The line as far as it fits: what is left of the cursor comes first."""
        if self._reading:
            room = max(1, self._screen.get_size().columns - len(_PROMPT) - 1)
            before = self._editor.text[: self._editor.cursor]
            while get_cwidth(before) > room:
                before = before[1:]
            after = self._editor.text[self._editor.cursor :]
            while get_cwidth(before + after) > room:
                after = after[:-1]
            self._erase()
            self._screen.write_raw(_PROMPT + before + after)
            if after:
                self._screen.cursor_backward(get_cwidth(after))
        self._screen.flush()


def open_live_terminal(keyboard: TextIO, screen: TextIO) -> LiveTerminal:
    """The terminal behind two files of this process."""
    return LiveTerminal(create_input(keyboard), create_output(screen))
