"""`ask` on a call: a prompt, then digits.

The timeout runs from the end of the prompt and again from each digit. Digits typed ahead count, and a digit
stops the prompt. The terminator ends the digits and is never part of them.
"""

from __future__ import annotations

from enum import Enum

from flowlang.compile.runtime.patterns import matches_whole
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import SECOND, Duration, Outcome, Regex

from ..mailbox import Mailbox
from ..timers import Timer, TimerClass
from .choices import options_of
from .stage import Stage
from .undoing import Undoing

_TIMEOUT = 5 * SECOND  # a person who is used to telephones answers a menu within five seconds

_TRAILING = 2 * SECOND  # who ends four digits with `#` out of habit does so at once

_NO_INPUT = Outcome("no_input")


async def ask(stage: Stage) -> Outcome:
    """Asks, and again as often as `retries` says; the last outcome counts."""
    wanted = _Wanted(stage)
    await stage.answer_first()
    outcome = _NO_INPUT
    for _ in range(1 + wanted.retries):
        typed = await _Collection(stage, wanted).run()
        outcome = wanted.judge(typed)
        if outcome.name == "text":
            break
    return outcome


class _Wanted:
    """What the script asks for."""

    __slots__ = ("at_least", "digits", "options", "pattern", "retries", "terminator", "timeout")

    def __init__(self, stage: Stage) -> None:
        given = stage.given
        self.options = options_of(given["options"])
        digits = given["digits"]
        if digits is None and self.options:
            digits = len(str(len(self.options)))
        assert digits is None or isinstance(digits, int)
        self.digits = digits
        at_least = given["at_least"]
        self.at_least = at_least if isinstance(at_least, int) else (digits or 1)
        if self.options:
            self.at_least = 1
        self.terminator = stage.text("terminator")
        timeout = given["timeout"]
        self.timeout = timeout.microseconds if isinstance(timeout, Duration) else _TIMEOUT
        self.retries = stage.integer("retries")
        pattern = given["pattern"]
        self.pattern = pattern if isinstance(pattern, Regex) else None

    def complete(self, typed: str) -> bool:
        """Whether no further digit is wanted."""
        return self.digits is not None and len(typed) >= self.digits

    def judge(self, typed: str | None) -> Outcome:
        """The outcome for what was typed; `None` where nothing came at all."""
        if typed is None:
            return _NO_INPUT
        wrong = Outcome("no_match", {"text": typed})
        if len(typed) < self.at_least:
            return wrong
        if self.options:
            if not typed.isdecimal() or not 1 <= int(typed) <= len(self.options):
                return wrong
            return Outcome("text", {"text": self.options[int(typed) - 1]})
        if self.pattern is not None and not matches_whole(self.pattern, typed):
            return wrong
        return Outcome("text", {"text": typed})


class _Kind(Enum):
    """What may happen while digits are collected."""

    DIGIT = "digit"
    PROMPT = "prompt"
    TIME = "time"


_News = tuple[_Kind, str | Result | None]


class _Collection:
    """One attempt: plays the prompt, collects, and cleans up however it ends."""

    __slots__ = ("_box", "_complete", "_playing", "_stage", "_timer", "_typed", "_wanted")

    def __init__(self, stage: Stage, wanted: _Wanted) -> None:
        self._stage = stage
        self._wanted = wanted
        self._box: Mailbox[_News] = Mailbox(stage.strand)
        self._playing = None
        self._timer: Timer | None = None
        self._typed: str | None = None
        self._complete = False

    async def run(self) -> str | None:
        """The digits; `None` where none came, the text without the terminator else."""
        stage = self._stage
        stage.flow.digits.collect(stage.strand, lambda digit: self._box.put((_Kind.DIGIT, digit)))
        with Undoing(self._stop):
            self._take_kept()
            self._start_prompt()
            while not self._is_over():
                self._handle(await self._box.get())
        return self._typed

    def _stop(self) -> None:
        self._stop_prompt()
        if self._timer is not None:
            self._timer.cancel()
        self._stage.flow.digits.stop_collecting(self._stage.strand)

    def _is_over(self) -> bool:
        """It has all that it wants, or the time is up; a prompt that no digit may stop is heard to its
        end."""
        return self._complete and (self._playing is None or self._barge_in)

    @property
    def _barge_in(self) -> bool:
        return self._stage.given["barge_in"] is True

    def _take_kept(self) -> None:
        digits = self._stage.flow.digits
        while not self._complete and (digit := digits.take_kept()) is not None:
            self._take(digit)

    def _start_prompt(self) -> None:
        stage = self._stage
        if self._typed is not None and self._barge_in:
            self._start_timer()
            return
        text = _with_options(stage.text("prompt"), self._wanted.options)
        command = stage.prompt(text, stage.given["play"])
        if command is None:
            self._start_timer()
        else:
            self._playing = stage.begin(command, lambda result: self._box.put((_Kind.PROMPT, result)))

    def _stop_prompt(self) -> None:
        if self._playing is not None:
            self._playing()
            self._playing = None

    def _start_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        flow = self._stage.flow
        due = flow.at + self._wanted.timeout
        self._timer = flow.timers.add(due, TimerClass.WAIT, 0, lambda: self._box.put((_Kind.TIME, None)))

    def _handle(self, news: _News) -> None:
        """One thing that happened."""
        match news:
            case _Kind.TIME, _:
                self._complete = True
            case _Kind.DIGIT, str(digit):
                if self._barge_in:
                    self._stop_prompt()
                self._take(digit)
                if self._playing is None:
                    self._start_timer()
            case _, Done() | Failed() as result:
                self._playing = None
                self._stage.value_of(result)
                self._start_timer()
            case _:
                raise AssertionError(news)

    def _take(self, digit: str) -> None:
        """Adds a digit; with the last that is wanted it is complete, and further ones are the next
        `ask`'s."""
        wanted, flow = self._wanted, self._stage.flow
        self._typed = self._typed or ""
        if digit == wanted.terminator:
            self._complete = True
        else:
            self._typed += digit
            if wanted.complete(self._typed):
                self._complete = True
                flow.digits.expect_terminator(wanted.terminator, flow.at + _TRAILING)
        if self._complete:
            flow.digits.stop_collecting(self._stage.strand)


def _with_options(prompt: str, options: tuple[str, ...]) -> str:
    """The prompt with its options, as a caller needs them: which key for which."""
    spoken = [f"For {option}, press {key}." for key, option in enumerate(options, 1)]
    return " ".join([prompt, *spoken]) if prompt else " ".join(spoken)
