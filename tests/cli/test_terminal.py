"""The line that is typed, and the terminal around it."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager

import pytest
import trio
import trio.testing
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output.vt100 import Vt100_Output

from flowlang.backends.console.editor import LineEditor, Submitted
from flowlang.backends.console.live import LiveTerminal
from flowlang.backends.console.piped import PipedTerminal


def typed(*keys: Keys | str) -> tuple[LineEditor, Submitted | Keys | None]:
    editor, last = LineEditor(), None
    for key in keys:
        last = editor.feed(KeyPress(key))
    return editor, last


@pytest.mark.parametrize(
    ("keys", "text", "cursor"),
    [
        (["1", "2"], "12", 2),
        (["1", "2", Keys.Backspace], "1", 1),
        (["1", "3", Keys.Left, "2"], "123", 2),
        (["1", "2", Keys.Home, Keys.Delete], "2", 0),
        (["1", "2", Keys.ControlA, Keys.ControlK], "", 0),
        (["1", "2", Keys.ControlU], "", 0),
        ([*"wait 5s", Keys.ControlW], "wait ", 5),
        (["1", Keys.Enter, Keys.Up], "1", 1),
        (["1", Keys.Enter, Keys.Up, Keys.Down], "", 0),
        (["1", Keys.Enter, "2", Keys.Enter, Keys.Up, Keys.Up, Keys.Up], "1", 1),
        (["é", Keys.F1, Keys.PageUp], "é", 1),
    ],
)
def test_keys_edit_the_line(keys: list[Keys | str], text: str, cursor: int) -> None:
    editor, _ = typed(*keys)
    assert (editor.text, editor.cursor) == (text, cursor)


def test_enter_gives_the_line_and_begins_a_new_one() -> None:
    editor, last = typed("1", "#", Keys.Enter)
    assert last == "1#"
    assert isinstance(last, Submitted)
    assert editor.text == ""


def test_ctrl_c_and_ctrl_d_on_an_empty_line_come_out() -> None:
    assert typed("1", Keys.ControlC)[1] is Keys.ControlC
    assert typed(Keys.ControlD)[1] is Keys.ControlD
    assert typed("1", Keys.ControlD)[1] is None


def test_what_is_pasted_has_no_line_ends_and_a_limit() -> None:
    editor = LineEditor()
    editor.feed(KeyPress(Keys.BracketedPaste, "1\n2\x1b[31m" + "3" * 500))
    assert editor.text.startswith("12[31m3")
    assert len(editor.text) == 200


@contextmanager
def live(columns: int = 20) -> Generator[tuple[LiveTerminal, PipeInput, io.StringIO]]:
    with create_pipe_input() as keyboard:
        shown = io.StringIO()
        screen = Vt100_Output(shown, lambda: Size(rows=5, columns=columns), term="xterm")
        yield LiveTerminal(keyboard, screen), keyboard, shown


async def never() -> None:
    await trio.sleep_forever()


async def test_a_line_is_read_key_by_key_without_waiting_for_the_phone() -> None:
    with live() as (terminal, keyboard, shown):
        keyboard.send_text("12\x7f#\r3")
        assert await terminal.read(never) == "1#"
        keyboard.send_text("4\r")
        assert await terminal.read(never) == "34"
        assert "> 1#\r\n" in shown.getvalue()


async def test_what_is_said_while_somebody_types_stands_above_the_whole_line() -> None:
    with live() as (terminal, keyboard, shown):
        async with trio.open_nursery() as nursery:

            async def speak() -> None:
                await trio.testing.wait_all_tasks_blocked()
                terminal.write("» hello")
                keyboard.send_text("\r")

            keyboard.send_text("12")
            nursery.start_soon(speak)
            assert await terminal.read(never) == "12"
        assert "\r\x1b[K» hello\r\n\r\x1b[K> 12" in shown.getvalue()


@pytest.mark.parametrize(("key", "error"), [("\x03", KeyboardInterrupt), ("\x04", EOFError)])
async def test_ctrl_c_interrupts_and_ctrl_d_ends_the_input(key: str, error: type[BaseException]) -> None:
    with live() as (terminal, keyboard, _):
        keyboard.send_text(key)
        with pytest.raises(error):
            await terminal.read(never)


async def test_a_line_longer_than_the_terminal_stays_on_one_row() -> None:
    with live(columns=10) as (terminal, keyboard, shown):
        keyboard.send_text("12345678901234567890\r")
        await terminal.read(never)
        drawn = shown.getvalue().split("\r\x1b[K")
        assert all(len(each) <= 10 for each in drawn if "\n" not in each)


async def test_piped_input_is_read_when_the_phone_has_come_to_rest() -> None:
    order: list[str] = []

    class Pipe(io.BytesIO):
        def readline(self, size: int | None = -1) -> bytes:  # type: ignore[override]
            order.append("read")
            return super().readline(size)

    async def ready() -> None:
        order.append("at rest")

    terminal = PipedTerminal(Pipe(b"1\r\n\xff\n2"), order.append)
    assert [await terminal.read(ready) for _ in range(3)] == ["1", "\N{REPLACEMENT CHARACTER}", "2"]
    with pytest.raises(EOFError):
        await terminal.read(ready)
    assert order == ["at rest", "read"] * 4
