"""`ask` in a thread: writes the question, then the person's next message that no handler takes is the answer.

The options are written one a line with their numbers; an answer names one by its number or its text, in
capitals or not. Of an e-mail its first line will do, or the one behind `Hello,`: what stands around it is
greetings and signatures. What only a call has (`terminator`, `barge_in`, a voice) means nothing here.
"""

from __future__ import annotations

from flowlang.compile.runtime.patterns import matches_whole
from flowlang.model.values import DAY, MINUTE, Duration, Outcome, Regex

from ..mailbox import Mailbox
from ..timers import TimerClass
from . import thread
from .choices import options_of
from .stage import Stage

_TIMEOUTS = {"sms": DAY, "email": 3 * DAY, "chat": 10 * MINUTE}
"""How long an answer may take where the script does not say: who chats is there, who writes may be away."""

_MOST_GREETINGS = 2
_NO_INPUT = Outcome("no_input")
_CLOSING = " \t\r\n.,;:!?\"'"


async def ask(stage: Stage) -> Outcome:
    """Asks, and again as often as `retries` says; the last outcome counts."""
    options = options_of(stage.given["options"])
    question = "\n".join(filter(None, [stage.text("prompt"), *_numbered(options)]))
    outcome = _NO_INPUT
    for _ in range(1 + stage.integer("retries")):
        answer = await _answer(stage, question)
        outcome = _NO_INPUT if answer is None else _best(stage, answer, options)
        if outcome.name == "text":
            break
    return outcome


def _numbered(options: tuple[str, ...]) -> list[str]:
    return [f"{number}: {option}" for number, option in enumerate(options, 1)]


async def _answer(stage: Stage, question: str) -> str | None:
    """One attempt: the text of the next message, `None` where none comes in time. What came before the
    question was out is no answer to it; without a question it is. Where nobody knows whether the question
    went out (after a crash its answer may be here before that is told), what came since it was given out
    is."""
    flow = stage.flow
    before = flow.messages.kept if question else ()
    if not question or not await thread.write(stage, question):
        party = flow.opening.party

        def answers(message: Outcome) -> bool:
            return message.fields.get("from") == party and not any(message is each for each in before)

        kept = flow.messages.take_kept(answers)
        if kept is not None:
            return str(kept.fields["text"])
    box: Mailbox[Outcome | None] = Mailbox(stage.strand)

    def time_out() -> None:
        flow.messages.stop_asking(stage.strand)  # what comes with this very input is nobody's answer
        box.put(None)

    flow.messages.ask(stage.strand, box.put)
    timer = flow.timers.add(flow.at + _timeout(stage), TimerClass.WAIT, 0, time_out)
    try:
        message = await box.get()
    finally:
        flow.messages.stop_asking(stage.strand)
        timer.cancel()
        for each in box.left:  # it came as a deadline around this was met
            if each is not None:
                flow.messages.keep(each)
    return str(message.fields["text"]) if message is not None else None


def _timeout(stage: Stage) -> int:
    given = stage.given["timeout"]
    if isinstance(given, Duration):
        return given.microseconds
    return _TIMEOUTS[stage.flow.opening.channel or "sms"]


def _best(stage: Stage, text: str, options: tuple[str, ...]) -> Outcome:
    whole = _judged(stage, text, options)
    if whole.name == "text" or stage.flow.opening.channel != "email":
        return whole
    judged = (_judged(stage, each, options) for each in _first_lines(text))
    return next((each for each in judged if each.name == "text"), whole)


def _first_lines(mail: str) -> list[str]:
    """What a mail begins with, and what follows where that is no more than `Hello,`."""
    lines = [line for each in mail.splitlines() if (line := each.strip())]
    greetings = [each for each in lines[:_MOST_GREETINGS] if each.endswith(",")]
    return lines[: len(greetings) + 1] if greetings == lines[: len(greetings)] else lines[:1]


def _judged(stage: Stage, text: str, options: tuple[str, ...]) -> Outcome:
    answer = text.strip()
    wrong = Outcome("no_match", {"text": answer})
    if options:
        chosen = _chosen(answer, options)
        return Outcome("text", {"text": chosen}) if chosen is not None else wrong
    digits = stage.given["digits"]
    if isinstance(digits, int):
        typed = "".join(answer.split())
        at_least = stage.given["at_least"]
        least = at_least if isinstance(at_least, int) else digits
        if not (typed.isascii() and typed.isdigit() and least <= len(typed) <= digits):
            return wrong
        answer = typed
    pattern = stage.given["pattern"]
    if isinstance(pattern, Regex) and not matches_whole(pattern, answer):
        return wrong
    return Outcome("text", {"text": answer})


def _chosen(answer: str, options: tuple[str, ...]) -> str | None:
    plain = answer.strip(_CLOSING).casefold()
    for number, option in enumerate(options, 1):
        if plain in (str(number), option.strip(_CLOSING).casefold()):
            return option
    return None
