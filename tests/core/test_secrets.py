"""Secrets: what is made of one shows as `•••` to all who watch, is marked in the journal, and works in the
script."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal

import pytest

from flowlang.backends.kept_values import KeptValues
from flowlang.core import Activeflow, Begin, Ending, Happened, Input, Note, Opening, Perform
from flowlang.core.inputs import ActionOver, input_from_plain, input_to_plain
from flowlang.core.inspect import strands_of
from flowlang.core.journal import outcome_hash, run_input
from flowlang.core.kept import opening_from_plain
from flowlang.core.limits import Limits
from flowlang.core.opening import Inherited
from flowlang.core.outputs import Launch, Output
from flowlang.model.commands import RunHostAction, Say
from flowlang.model.events import DigitPressed
from flowlang.model.message_commands import StoreAdd, StoreGet, StorePut
from flowlang.model.plain import from_plain, to_plain
from flowlang.model.results import Done
from flowlang.model.secrets import MASK, Secret, Secrets, marked, unmarked
from flowlang.model.values import Value

from .machine import TEST_ACTIONS, compiled

Kept = StoreAdd | StoreGet | StorePut


class Watching:
    """Runs `main`, with speech that is over at once, and keeps all that watchers and the journal get."""

    def __init__(self, text: str) -> None:
        opening = Opening("a1", "main", {}, 0, 1, "call", "sip:a@x.example", "sip:b@x.example")
        self.flow = Activeflow(compiled(text), opening, Limits(), TEST_ACTIONS)
        self.seen: list[str] = []
        self.said: list[str] = []
        self.hosted: list[int] = []
        self.launched: list[Launch] = []
        self.kept: list[object] = []
        self.values = KeptValues()
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
                    if isinstance(command, StorePut):
                        self.kept.append(to_plain(command.value))
                    over.append(
                        ActionOver(
                            0, number, self.values.perform(command) if isinstance(command, Kept) else Done()
                        )
                    )
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


BESIDE = [
    'on dtmf "*" as e { log "star ${e.text}" }\n' + ASK,
    'on dtmf "*" as e { log "star ${e.text}" }\nlet pin = typed()',
    'stream { secret let pin = ask("PIN?", digits: 4) }\non dtmf "*" as e { log "star ${e.text}" }\nwait 1h',
    'secret let pin = ask("PIN?", digits: 4) { on dtmf "*" as e { log "star ${e.text}" } }',
    'parallel {\nstream { secret let pin = ask("PIN?", digits: 4) }\nstream { let s = wait for dtmf "*" }\n}',
]
TYPED = '\nflow typed { secret let pin = ask("PIN?", digits: 4)\nreturn pin.text }'


@pytest.mark.parametrize("body", BESIDE)
def test_what_a_handler_takes_while_a_secret_is_asked_for_may_be_part_of_it(body: str) -> None:
    run = Watching(f"flow main {{\n{body}\n}}{TYPED}")
    run.press("47*1")
    assert not any('"detail": "*"' in each or "star *" in each for each in run.seen)
    digits = [each for each in run.journal if "DigitPressed" in each]
    assert all("$secret" in each for each in digits)
    assert len(digits) == 4


def test_what_a_handler_takes_elsewhere_is_seen() -> None:
    text = 'flow main {\nloop up to 1 { on dtmf "*" as e { log "star ${e.text}" }\nfetch "x" }\n' + ASK + "}"
    run = Watching(text)
    run.press("*")
    assert '"star *"' in run.all_seen


KEPT = [
    'store.put "pin", pin.text\nlet again = store.get("pin")',
    'store.put "pin/${caller.number}", pin.text\nlet again = store.get("pin/${flow.id}")',
    'let key = "a"\nstore.put key, pin.text\nlet again = store.get("b")',
    'store.add "sum", number(pin.text)\nlet again = store.get("sum")',
    'store.put "pin", pin.text\nlet again = read("pin")',
]


@pytest.mark.parametrize("body", KEPT)
def test_a_secret_that_is_kept_is_one_when_it_comes_back(body: str) -> None:
    run = Watching(
        f'flow main {{\n{ASK}{body}\nlog "${{again}}"\n}}\nflow read(key) {{ return store.get(key) }}'
    )
    run.press("4711")
    assert [each for each in run.seen if "Logged" in each or '"text"' in each]
    assert "4711" not in run.all_seen


def test_what_goes_into_a_secret_from_the_store_is_marked_where_it_is_kept() -> None:
    text = (
        'flow main {\nstore.put "pin", "4711"\nstore.put "other", 4711\nsecret let pin = store.get("pin")\n}'
    )
    run = Watching(text)
    assert run.kept == [{"$secret": "4711"}, 4711]


def test_another_key_of_the_store_is_no_secret() -> None:
    run = Watching(
        f'flow main {{\n{ASK}store.put "pin", pin.text\nlet n = store.add("calls")\nlog "n ${{n}}"\n}}'
    )
    run.press("4711")
    assert '"n 1"' in run.all_seen


def test_a_number_made_of_a_secret_is_marked_wherever_it_goes() -> None:
    body = 'let n = number(pin.text)\nstart later([n, n / 2])\nstore.put "n", {n: n}'
    run = Watching(f"flow main {{\n{ASK}{body}\n}}\n{REST}")
    run.press("4711")
    marks = [{"$secret": 4711}, {"$secret": {"$decimal": "2355.5"}}]
    assert to_plain(run.launched[0].arguments) == {"what": marks}
    assert run.kept == [{"n": {"$secret": 4711}}]


def test_a_handed_over_flow_hides_what_was_typed_ahead() -> None:
    opening = Opening("a1", "main", {}, 0, 1, inherited=Inherited(0, typed="4711"), data={"text": "4711"})
    plain = opening.to_plain(Secrets(opening=True))
    assert plain["data"] == {"$secret": {"text": "4711"}}
    assert {"$secret": "4711"} in plain["inherited"]
    assert opening_from_plain(plain) == opening


def test_what_comes_out_of_a_journal_tells_nothing_of_a_secret() -> None:
    """Who has the journal and not the keys could else try all PINs until one gives the same bytes."""
    hashes = {outcome_hash([Perform(1, Say(0, Secret(pin), None, None, False))]) for pin in ("4711", "0815")}
    assert len(hashes) == 1
    assert outcome_hash([Perform(1, Say(0, "4711", None, None, False))]) not in hashes


@pytest.mark.parametrize("value", [4711, Decimal("47.11"), (4711, "x"), {"n": 4711}])
def test_a_marked_number_is_the_same_number(value: Value) -> None:
    assert marked(value) == value
    assert from_plain(to_plain(marked(value))) == value
    assert "47" not in repr(marked(value))
    assert repr(unmarked(marked(value))) == repr(value)
