"""The engine gives what needs no leg to the backend that has the outlet."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from flowlang import open_engine
from flowlang.analysis.capabilities import KINDS
from flowlang.backends.border import Finish, Host
from flowlang.backends.console.backend import ConsoleBackend
from flowlang.backends.pyvoip import PhoneSettings, PyVoipBackend, open_phone
from flowlang.backends.simulator import SimulatorBackend
from flowlang.backends.sip import SipBackend
from flowlang.backends.sql import SqlBackend, SqliteConnection
from flowlang.engine.errors import ScriptError
from flowlang.model.actions import ACTIONS
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done
from flowlang.model.secrets import Secret
from flowlang.model.values import Outcome
from flowlang.project.backends import GROUP, BackendKind
from flowlang.voices import SilentVoice
from tests.cli.flow import flow

SCRIPT = """
policy { allow sms "*"; allow http "*" }
flow main {
    let m = sms(to: "+14155550111", text: "Hello")
    let r = http.get("https://api.example/x")
    return "${m.id} ${r.data.a}"
}
"""


class Post:
    """Sends text messages and asks other machines; keeps what it was given."""

    name = "post"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms", "http"})

    def __init__(self) -> None:
        self.given: list[OutsideCommand] = []

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started("here")
        await trio.sleep_forever()

    async def settle(self) -> None:
        pass

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        self.given.append(command)
        if isinstance(command, SendMessage):
            finish(Done(Outcome("sent", {"id": "m1"})))
        else:
            finish(Done({"status": 200, "text": '{"a": 7}', "headers": {}}))
        return lambda: None


def test_a_command_goes_to_the_backend_with_its_outlet_and_has_a_key_of_its_own() -> None:
    post = Post()

    async def main() -> None:
        async with open_engine([post], policy=EVERYTHING, new_id=lambda: "flow1") as engine:
            await engine.listen()
            engine.load_text(SCRIPT)
            ending = await engine.start("main").ended()
            assert (ending.how, ending.value, ending.text) == ("done", "m1 7", None)

    trio.run(main, clock=MockClock())
    message, request = post.given
    assert isinstance(message, SendMessage)
    assert isinstance(request, HttpRequest)
    assert message.to == "sms:+14155550111"
    assert message.key.startswith("flow1-")
    assert request.key.startswith("flow1-")
    assert message.key != request.key


@pytest.mark.parametrize(
    ("action", "outlet"),
    [
        ('notify "x"', "notify"),
        ('store.put "a", 1', "store"),
        ('let _x = 1; parallel { stream { email to: "a@b.example", subject: "x", body: "x" } }', "email"),
        ('send "x", to: "mailto:a@b.example"', "email"),
        ('let who = "ann"; send "x", to: "chat:${who}"', "chat"),
    ],
)
def test_a_script_that_needs_an_outlet_no_backend_has_is_refused(action: str, outlet: str) -> None:
    async def main() -> None:
        async with open_engine([Post()]) as engine:
            with pytest.raises(ScriptError) as refused:
                engine.load_text(f'policy {{ allow email "*"; allow chat "*" }}\nflow main {{ {action} }}')
            (found,) = refused.value.diagnostics
            assert (found.code, found.message) == (
                "E407", f"this needs the outlet `{outlet}`, which no backend here has",
            )  # fmt: skip

    trio.run(main, clock=MockClock())


def test_a_script_that_names_a_data_base_that_there_is_not_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_engine([SqlBackend({"orders": SqliteConnection(tmp_path / "orders.db")})]) as engine:
            with pytest.raises(ScriptError) as refused:
                engine.load_text('policy { allow sql "*" }\nflow main { sql.run "oders", "vacuum" }')
            (found,) = refused.value.diagnostics
            assert (found.code, found.near) == ("E408", "orders")

    trio.run(main, clock=MockClock())


def test_where_only_running_tells_it_is_a_fault() -> None:
    script = 'policy { allow email "*" }\nflow main(to) { send "x", to: to }'

    async def main() -> None:
        async with open_engine([Post()], policy=EVERYTHING) as engine:
            engine.load_text(script)
            ending = await engine.start("main", to="mailto:a@b.example").ended()
            assert (ending.how, ending.code) == ("fault", "no_backend")

    trio.run(main, clock=MockClock())


def test_what_a_module_of_the_standard_library_can_send_need_not_be_there() -> None:
    script = 'policy { allow email "*" }\nuse "std/voicemail"\nroute call => main\n'
    script += 'flow main { voicemail.take "desk" }'

    async def main() -> None:
        async with open_engine([Post()]) as engine:
            assert engine.load_text(script).program.flows

    trio.run(main, clock=MockClock())


class Phone:
    """Takes calls by the ways `vias`, and can do these commands."""

    name = "phone"
    channels = frozenset({"call"})

    def __init__(self, vias: set[str], *commands: str) -> None:
        self.vias = frozenset(vias)
        self.commands = frozenset(commands)

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started("here")
        await trio.sleep_forever()

    async def settle(self) -> None:
        pass


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ("", None),
        ('via "trunk"', None),
        ('via "nobody\'s"', None),
        ('via "desk"', 'the call backend of "desk" cannot do'),
        ("via DESK", 'the call backend of "desk" cannot do'),
        ("via BOTH", 'the call backend of "desk" cannot do'),
    ],
)
def test_a_route_by_a_way_is_judged_by_the_backend_that_has_it(route: str, told: str | None) -> None:
    script = f"""
        const DESK = "desk"
        const BOTH = ["trunk", DESK]
        route call {route} => main
        flow main {{ hold }}
    """
    backends = [Phone({"trunk"}, "answer", "hold", "resume"), Phone({"desk"}, "answer")]

    async def main() -> None:
        async with open_engine(backends) as engine:
            try:
                engine.load_text(script)
            except ScriptError as error:
                found = [each for each in error.diagnostics if each.code == "E405"]
                assert told is not None
                assert all(told in each.message for each in found)
                assert "hold" in found[0].message + found[-1].message
            else:
                assert told is None

    trio.run(main, clock=MockClock())


# What each action needs of a backend: an outlet, else commands of the border.
NEEDS = {
    "sms": "sms", "email": "email", "chat": "chat", "notify": "notify", "webhook": "http", "http.get": "http",
    "http.post": "http", "http.put": "http", "http.delete": "http", "sql.query": "sql", "sql.run": "sql",
    "store.get": "store", "store.put": "store", "store.add": "store",
}  # fmt: skip


# … and the commands that each needs of its leg.
NEEDS_OF_LEG = {
    "answer": "answer", "ring": "ring", "reject": "reject", "hangup": "hangup", "say": "answer say",
    "play": "answer play", "ask": "answer play say", "dial": "answer bridge hangup place_call",
    "call": "place_call", "record": "answer record", "start_recording": "record",
    "stop_recording": "record", "hold": "hold", "unhold": "hold", "mute": "mute", "unmute": "mute",
    "press": "answer press", "transfer": "answer transfer", "redirect": "redirect",
}  # fmt: skip
LACKS = {
    "sip": (), "simulator": (), "console": (),
    "pyvoip": ("bridge", "hold", "mute", "press", "record", "redirect", "transfer"),
}  # fmt: skip


def test_each_action_of_a_call_needs_commands_and_each_backend_for_calls_has_them_or_is_told_not_to() -> None:
    needed = {each.name: " ".join(sorted(each.needs)) for each in ACTIONS.values() if each.needs}
    assert needed == {name: " ".join(sorted(needs.split())) for name, needs in NEEDS_OF_LEG.items()}
    voice, phone = SilentVoice(Path()), PhoneSettings("127.0.0.1", "desk", Secret("x"))
    able = {
        "sip": SipBackend(voice=voice).commands,
        "simulator": SimulatorBackend().commands,
        "console": ConsoleBackend.commands,
        "pyvoip": PyVoipBackend(phone, open_phone(), voice=voice).commands,
    }
    every = {each for needs in NEEDS_OF_LEG.values() for each in needs.split()}
    assert {name: tuple(sorted(every - has)) for name, has in able.items()} == LACKS


def test_each_action_needs_an_outlet_or_commands_and_each_outlet_has_its_kinds() -> None:
    assert {each.name: each.sends for each in ACTIONS.values() if each.sends is not None} == NEEDS
    given: dict[str, set[str]] = {}
    for entry in entry_points(group=GROUP):
        kind = entry.load()
        if entry.value.startswith("flowlang.") and isinstance(kind, BackendKind):
            assert kind.outlets is not None, "what `flow check` knows of ours"
            assert kind.serves is not None
            for outlet, setting in kind.outlets.items():
                assert setting is None or setting in kind.settings.keys
                given.setdefault(outlet, set()).add(entry.name)
    assert given == {outlet: set(kinds) for outlet, kinds in KINDS.items()}


SMS = """policy { allow sms "*" }
route call => main
flow main { sms to: caller.number, text: "x"; store.add "n", 1 }
"""
MAIL = """policy { allow email "*" }
route call => main
flow main { email to: "a@c.example", subject: "x", body: "x" }
"""


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (None, False),  # no project: whoever embeds it has backends of his own
        ("[actions]\n", False),
        ("", True),
        ('[backends.web]\nkind = "web"\nlisten = "127.0.0.1:0"\nchat = {}\n', True),
        ('[backends.m]\nkind = "email"\nfrom = "a@b.example"\nsmtp = { host = "mx.b.example" }\n', True),
        ('[backends.s]\nkind = "smpp"\nhost = "h"\nsystem_id = "x"\nfrom = "Clinic"\n', False),
    ],
)
def test_check_tells_in_a_project_what_serve_would_refuse(
    tmp_path: Path, toml: str | None, told: bool
) -> None:
    (tmp_path / "desk.flow").write_text(SMS, encoding="utf-8")
    if toml is not None:
        (tmp_path / "flow.toml").write_text(toml, encoding="utf-8")
    done = flow("check", "desk.flow", folder=tmp_path)
    assert ("desk.flow:3:13: error E407: this needs the outlet `sms`" in done.out) is told, done
    assert done.code == (1 if told else 0)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('listener = { addresses = ["@b.example"] }', True),
        ('smtp = { host = "b.example" }', False),
    ],
)
def test_a_section_that_only_takes_mails_in_sends_none(tmp_path: Path, settings: str, told: bool) -> None:
    (tmp_path / "desk.flow").write_text(MAIL, encoding="utf-8")
    toml = f'[backends.m]\nkind = "email"\nfrom = "a@b.example"\n{settings}\n'
    (tmp_path / "flow.toml").write_text(toml, encoding="utf-8")
    assert ("`email`, which no backend" in flow("check", "desk.flow", folder=tmp_path).out) is told
