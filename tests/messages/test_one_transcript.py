"""One script, one transcript: what a person writes and gets is the same in `flow test` and on the engine."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from flowlang import open_engine
from flowlang.backends.simulator import SimulatedPost
from flowlang.model.policy import EVERYTHING
from flowlang.model.values import SECOND
from tests.flow_test.testing import failure, passes

SCRIPT = """
policy { allow sms "*"; allow email "*"; allow chat "*" }
route sms to "+16062067563" => booking
route chat to "web" => booking
route email to "mailto:desk@clinic.example" => booking

flow booking {
    on message "help" { say "Call us." }
    let day = ask("Which day?", options: ["Monday", "Tuesday"], retries: 1)
    match day {
        no_input, no_match => say "We shall call you back."
        _ => {
            let name = ask("Your name?")
            match name { text as t => say "See you on ${day.text}, ${t.text}."; _ => stop }
        }
    }
}
"""

OURS = {"sms": "+16062067563", "chat": "web", "email": "mailto:desk@clinic.example"}
PERSON = {"sms": "+14155550100", "chat": "chat:alice", "email": "mailto:alice@example.com"}
CONVERSATIONS = {
    "all is well": ["hi", "2", "Ann"],
    "help in between": ["hi", "tuesday", "help", "Ann"],
    "wrong, then right": ["hi", "Friday", " MONDAY. ", "Ann"],
    "wrong twice": ["hi", "Friday", "Sunday"],
    "again from the start": ["hi", "1", "Ann", "hi again", "2", "Ben"],
    "opts out": ["hi", "STOP", "hi"],
}
HASTY = """
policy { allow sms "*" }
route sms to "+16062067563" => twice
flow twice {
    let first = ask("First?")
    wait 5s
    say "Thank you for ${first.text}."
}
"""


def in_test(channel: str, written: list[str], script: str = SCRIPT) -> list[str]:
    first, *more = written
    subject = 'subject: "", ' if channel == "email" else ""
    found = failure(
        script,
        f'let a = {channel}(from: "{PERSON[channel]}", to: "{OURS[channel]}", {subject}text: "{first}")',
        *(f'a sends "{each}"' for each in more),
        "after 20s",
        'expect a gets "no such thing"',
    )
    ends = found.seen[0].at + 20 * SECOND  # what the last line waits for is longer
    return [f"{each.what}" for each in found.seen if each.who == "a" and each.at <= ends]


async def on_engine(channel: str, written: list[str], script: str = SCRIPT, wait: float = 0.0) -> list[str]:
    post, seen = SimulatedPost(), list[str]()
    async with open_engine([post], policy=EVERYTHING) as engine:
        await engine.listen()
        engine.load_text(script)
        person = post.person(channel, PERSON[channel])
        for text in written:
            before = len(post.sent)
            seen.append(f'sends "{text}"')
            person.write(text, to=OURS[channel])
            await trio.testing.wait_all_tasks_blocked()
            if text == written[-1]:
                await trio.sleep(wait)
            for each in post.sent[before:]:
                subject = f"{each.subject}\n" if each.subject else ""
                seen.append(f'gets "{subject}{each.text}"')
    return seen


@pytest.mark.parametrize("channel", OURS)
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_reads_the_same_in_a_test_and_on_the_engine(channel: str, name: str) -> None:
    written = CONVERSATIONS[name]
    expected = in_test(channel, written)
    assert trio.run(on_engine, channel, written, clock=MockClock()) == expected
    assert sum(each.startswith("gets") for each in expected) >= 2


def test_a_message_left_over_at_the_end_begins_a_new_activeflow_on_both() -> None:
    written = ["hi", "one", "more", "and more"]
    expected = in_test("sms", written, HASTY)
    clock = MockClock(autojump_threshold=0)
    assert trio.run(on_engine, "sms", written, HASTY, 20.0, clock=clock) == expected
    assert expected[-2:] == ['gets "Thank you for one."', 'gets "First?"']


ELSEWHERE = """
policy { allow sms "*" }
route sms from +14155550100 => writes
route sms from +14155550199 => texts
flow texts { say "You wrote ${message.text}." }
flow writes { sms to: +14155550199, text: "Look.", from: +16062067563; wait 10s }
"""


def test_a_message_of_somebody_else_left_over_at_the_end_begins_what_its_route_says_on_both() -> None:
    passes(
        ELSEWHERE, 'let a = sms(from: "+14155550100", to: "+16062067563", text: "hi")',
        'let b = sms(from: "+14155550199", to: "+16062067563", text: "nice")',
        "after 20s", 'expect b gets "You wrote nice."',
    )  # fmt: skip

    async def main() -> None:
        post = SimulatedPost()
        async with open_engine([post], policy=EVERYTHING) as engine:
            await engine.listen()
            engine.load_text(ELSEWHERE)
            post.person("sms", "+14155550100").write("hi", to="+16062067563")
            await trio.testing.wait_all_tasks_blocked()
            other = post.person("sms", "+14155550199")
            other.write("nice", to="+16062067563")
            assert await other.wait_message() == "You wrote nice."
            assert not engine.activeflows

    trio.run(main, clock=MockClock(autojump_threshold=0))
