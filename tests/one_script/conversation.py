"""A conversation that one script has with whoever is there, and what the engine tells of it."""

from __future__ import annotations

import trio

from flowlang import open_engine
from flowlang.model.observations import ActionEnded, ActionStarted, FlowEnded, Logged, Observation
from flowlang.model.policy import EVERYTHING
from flowlang.model.values import Outcome

from .ways import Way

SCRIPT = """
route call to +16062067563 => booking
route sms to +16062067563 => booking
route email => booking
route chat => booking

flow booking {
    say "Welcome to the clinic."
    let day = ask("Which day suits you?", options: ["Monday", "Tuesday"], retries: 1, timeout: 30s)
    match day {
        no_input, no_match => say "We shall call you back."
        _ => {
            log "booked ${day.text}"
            say "See you on ${day.text}."
        }
    }
    let name = ask("Shall we remind you?", options: ["Yes", "No"], timeout: 30s)
    log "remind: ${name.text}"
    say "Goodbye."
}
"""

TRANSCRIPT = [
    "say Welcome to the clinic.",
    "say done None",
    "ask Which day suits you?",
    "ask done text Tuesday",
    "log booked Tuesday",
    "say See you on Tuesday.",
    "say done None",
    "ask Shall we remind you?",
    "ask done text Yes",
    "log remind: Yes",
    "say Goodbye.",
    "say done None",
    "end done",
]


def line(seen: Observation) -> str | None:
    """What of it is the script's."""
    match seen:
        case ActionStarted(name=name, detail=detail) if name != "log":
            return f"{name} {detail}"
        case ActionEnded(name=name, how=how, value=value) if name != "log":
            came = f"{value.name} {value.fields['text']}" if isinstance(value, Outcome) else str(value)
            return f"{name} {how} {came}"
        case Logged(text=text):
            return f"log {text}"
        case FlowEnded(how=how):
            return f"end {how}"
        case _:
            return None


async def transcript_of(way: Way) -> list[str]:
    """What becomes of the script when somebody comes by this way, first answers wrongly, and is reminded."""
    transcript: list[str] = []
    ended = trio.Event()

    def watch(seen: Observation) -> None:
        told = line(seen)
        if told is not None:
            transcript.append(told)
        if isinstance(seen, FlowEnded):
            ended.set()

    with trio.fail_after(30):
        async with way() as (backend, person), open_engine([backend], policy=EVERYTHING) as engine:
            engine.observe(watch)
            engine.load_text(SCRIPT)
            await engine.listen()
            await person.begin()
            await person.gets("Welcome to the clinic.")
            await person.gets("Which day suits you?")
            await person.answers("9")
            await person.gets("Which day suits you?")
            await person.answers("2")
            await person.gets("See you on Tuesday.")
            await person.gets("Shall we remind you?")
            await person.answers("1")
            await person.gets("Goodbye.")
            await ended.wait()
            await engine.shutdown()
    return transcript
