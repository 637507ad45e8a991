"""How the operator would have flowlang behave towards people who write: `[messages]` in `flow.toml`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from .values import MINUTE


@dataclass(frozen=True, slots=True)
class Manners:
    """The operator's settings. Words count in capitals or not, on `opt_out_channels`; an empty text is not
    sent. `thread` messages may come in one thread within `thread_window` microseconds, and `recipient` go to
    one address within a minute."""

    opt_out: tuple[str, ...] = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT")
    opt_in: tuple[str, ...] = ("START", "UNSTOP")
    opt_out_channels: tuple[str, ...] = ("sms",)
    opt_out_text: str = "You will get no more messages from us. Reply START to get them again."
    opt_in_text: str = "You will get our messages again. Reply STOP to end them."
    thread: int = 60
    thread_window: int = 10 * MINUTE
    recipient: int = 60


def words_of(given: Iterable[str]) -> frozenset[str]:
    """Words as they are compared."""
    return frozenset(map(word_of, given)) - {""}


def word_of(text: str) -> str:
    """The letters and digits, as phones of all kinds write them: full width, with marks that nobody sees,
    quotes around and spaces between."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())
