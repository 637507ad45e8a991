"""Secrets: what is made of one shows as `•••` to all who watch, is marked in the journal, and works in the
script."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from flowlang.core import Activeflow, Begin, Ending, Happened, Input, Note, Opening, Perform
from flowlang.core.inputs import ActionOver, input_from_plain, input_to_plain
from flowlang.core.inspect import strands_of
from flowlang.core.journal import run_input
from flowlang.core.limits import Limits
from flowlang.core.outputs import Launch, Output
from flowlang.model.commands import RunHostAction, Say
from flowlang.model.events import DigitPressed
from flowlang.model.plain import from_plain, to_plain
from flowlang.model.results import Done
from flowlang.model.secrets import MASK, Secret, marked, unmarked

from .machine import TEST_ACTIONS, compiled


class Watching:
    """Runs `main`, with speech that is over at once, and keeps all that watchers and the journal get."""

    def __init__(self, text: str) -> None:
        opening = Opening("a1", "main", {}, 0, 1, "call", "sip:a@x.example", "sip:b@x.example")
        self.flow = Activeflow(compiled(text), opening, Limits(), TEST_ACTIONS)
        self.seen: list[str] = []
        self.said: list[str] = []
        self.hosted: list[int] = []
        self.launched: list[Launch] = []
        self.journal: list[str] = []
        self.feed(Begin(0))

    def feed(self, given: Input) -> None:
        outputs: list[Output] = run_input(self.flow, given)
        plain = input_to_plain(given, secret=self.flow.secret_input)
        assert input_from_plain(json.loads(json.dumps(plain))) == given
        self.journal.append(json.dumps(plain))
        over: list[ActionOver] = []
        for output in outputs:
            match output:
                case Note(observation):
                    self.seen.append(json.dumps(asdict(observation), default=repr, ensure_ascii=False))
                case Perform(number, RunHostAction()):
                    self.hosted.append(number)
                case Perform(number, command):
                    if isinstance(command, Say):
                        self.said.append(command.text)
                    over.append(ActionOver(0, number, Done()))
                case Launch():
                    self.launched.append(output)
                case _:
                    pass
        for each in over:
            if self.flow.ending is None:
                self.feed(each)

    def press(self, keys: str) -> None:
        for key in keys:
            self.feed(Happened(0, DigitPressed(0, key)))

    @property
    def all_seen(self) -> str:
        return "\n".join(self.seen)

    @property
    def ending(self) -> Ending:
        assert self.flow.ending is not None
        return self.flow.ending


ASK = 'secret let pin = ask("PIN?", digits: 4)\n'

SPREADING = [
    'log "${pin}"',
    "let copy = pin.text\nlog copy",
    'let later = ""\nlater = "it is ${pin}"\nlog later',
    'log "${double(pin.text)}"',
    "log twice(pin.text)",
    "show(pin.text)",
    "match pin { text as t => log t.text; _ => stop }",
    "for each in [pin.text] { log each }",
    'say "You typed ${pin}."',
    "fetch pin.text",
    'on typed as e { log "${e.data}" }\nemit typed, pin.text\nwait 1s',
    'try { raise "no ${pin}" } catch e { log e.text }',
    'raise "no ${pin}"',
    'try { log "${instant(pin.text, "UTC")}" } catch e { raise e }',
    "return pin.text",
    "start later(pin.text)\nhandoff later(pin.text)",
]

REST = """
func double(text) = "${text}${text}"
flow twice(text) { return "${text} ${text}" }
flow show(what) { log "shown: ${what}" }
flow later(what) { log "later: ${what}" }
"""


@pytest.mark.parametrize("body", SPREADING)
def test_what_is_made_of_a_secret_is_seen_by_nobody(body: str) -> None:
    run = Watching(f"flow main {{\n{ASK}{body}\n}}\n{REST}")
    run.press("4711")
    assert "4711" not in run.all_seen
    assert "4, 7" not in run.all_seen
    assert MASK in run.all_seen


def test_what_is_not_made_of_a_secret_is_seen() -> None:
    text = f'flow main {{\n{ASK}log "hello"\nlet colour = ask("Colour?", digits: 1)\nlog "${{colour}}"\n}}'
    run = Watching(text)
    run.press("47119")
    assert '"hello"' in run.all_seen
    assert '"9"' in run.all_seen


def test_a_secret_works_in_the_script_and_the_caller_hears_it() -> None:
    run = Watching(f'flow main {{\n{ASK}if pin.text == "4711" {{ say "Right, ${{pin}}." }}\n}}')
    run.press("4711")
    assert run.said == ["PIN?", "Right, 4711."]
    assert run.ending.how == "done"


def test_digits_that_a_secret_ask_takes_are_masked_and_marked_also_typed_ahead() -> None:
    text = f'flow main {{\nfetch "x"\n{ASK}}}'
    run = Watching(text)
    run.press("47")
    run.feed(ActionOver(0, run.hosted[0], Done()))
    run.press("11")
    digits = [each for each in run.journal if "DigitPressed" in each]
    assert digits == [f'["event", 0, "DigitPressed", 0, {{"$secret": "{key}"}}]' for key in "4711"]
    assert sum(MASK in each for each in run.seen if '"dtmf"' in each) == 4


def test_the_result_of_an_action_that_goes_into_a_secret_is_marked() -> None:
    run = Watching('flow main {\nsecret let token = fetch("token")\nlog "${token}"\n}')
    run.feed(ActionOver(0, run.hosted[0], Done("abc")))
    assert run.journal[-1] == f'["done", 0, {run.hosted[0]}, {{"$secret": "abc"}}]'
    assert "abc" not in run.all_seen


def test_a_secret_is_secret_where_it_comes_from() -> None:
    text = 'flow main {\nsecret let pin = typed()\nlog "${pin}"\n}\n'
    run = Watching(text + 'flow typed {\nlet keys = ask("PIN?", digits: 4)\nreturn keys.text\n}')
    run.press("4711")
    assert "4711" not in run.all_seen
    assert sum(MASK in each for each in run.seen if '"dtmf"' in each) == 4


def test_a_secret_goes_marked_into_the_journals_of_other_flows() -> None:
    run = Watching(f"flow main {{\n{ASK}start later(pin.text)\n}}\n{REST}")
    run.press("4711")
    assert to_plain(run.launched[0].arguments) == {"what": {"$secret": "4711"}}


def test_a_look_at_the_variables_does_not_show_a_secret() -> None:
    run = Watching(f"flow main {{\n{ASK}wait 1h\n}}")
    run.press("4711")
    (strand,) = strands_of(run.flow)
    assert strand.frames[0].variables == {"pin": MASK}


def test_a_marked_value_is_the_same_value() -> None:
    value = {"pin": "4711", "tries": (1, "2")}
    assert marked(value) == value
    assert repr(marked("4711")) == MASK
    assert from_plain(to_plain(marked(value))) == value
    assert type(unmarked(Secret("4711"))) is str
