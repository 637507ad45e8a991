"""Whatever way a secret goes, it stands nowhere in clear in the data folder: not in a table, not in a log of
SQLite's, not in a file beside it; and the commands that look into the folder do not show it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
import trio

import flowlang
from flowlang.backends.border import Backend, Finish, Host, Incoming, nothing
from flowlang.backends.simulator import SimulatorBackend
from flowlang.backends.values import StoredValues
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Failed
from flowlang.model.secrets import MASK
from flowlang.model.values import Outcome, Value
from flowlang.store.opt_outs import OptedOut
from flowlang.store.reading import open_archive
from flowlang.store.sealing import LastingSealer
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

Virtual = trio.testing.MockClock

SECRET = "41555013"
"""Eight digits: a PIN, a telephone number, an amount."""
Act = Callable[[flowlang.Engine, "World", SimulatorBackend], Awaitable[None]]
OURS, ANN = "sms:+16062067563", "sms:+16045550100"


class World:
    """All channels but calls, and other machines. Whatever is wrong with what goes out, it says so and names
    it, as gateways do."""

    name = "world"
    channels = frozenset({"sms", "email", "chat", "webhook"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms", "email", "chat", "http"})

    def __init__(self) -> None:
        self.out: list[OutsideCommand] = []
        self.host: Host | None = None

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        self.host = host
        task_status.started("world")
        await trio.sleep_forever()

    async def settle(self) -> None:
        pass

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        self.out.append(command)
        match command:
            case SendMessage(text="fail"):
                finish(
                    Done(Outcome("failed", {"reason": "refused", "detail": f"no such number: {command.to}"}))
                )
            case SendMessage():
                finish(Done(Outcome("sent", {"id": command.key})))
                assert self.host is not None
                bounces = command.text == "bounce"
                status, why = ("failed", f"nobody is at {command.to}") if bounces else ("delivered", None)
                self.host.report(command.key, status, why)
            case HttpRequest():
                finish(Failed("value", f"nothing is at {command.url}"))
            case _:
                finish(Failed("value", f"cannot {command!r}"))
        return nothing

    def comes(self, channel: str, text: str, to: str = OURS, source: str = ANN, **data: Value) -> None:
        """Somebody writes, or posts."""
        assert self.host is not None
        data |= {"text": text, "subject": None, "id": f"id-{len(self.out)}-{channel}-{len(text)}"}
        self.host.receive(Incoming(channel, to, source, f"in-{channel}-{len(text)}", data=data), nothing)


POLICY = """
const PINS = "https://pins.example/"
policy { allow sms "+1*"; allow email "*"; allow http "https://pins.example/*"; allow dial "+1*" }
"""
REST = """
flow rest(given) { secret let mine = given; wait for signal "end"; return mine }
flow posted(given) { secret let pin = given; log "${pin}"; wait 1h }
"""
ASKED = """
route sms => main
flow main { say "Hello."; secret let pin = ask("Your PIN?"); %s }
"""
PASSED_ON = {
    "in a message": 'sms to: "+14155550100", text: "pin ${pin.text}"',
    "in a notice of what failed": 'sms to: "+14155550100", text: "fail"; say "no: ${pin.text}"',
    "as an address": 'sms to: "+1${pin.text}00", text: "hello"; wait 1h',
    "as one that a carrier refuses": 'sms to: "+1${pin.text}00", text: "fail"; wait 1h',
    "as one that bounces": 'on failed as f { log f.reason }\nsms to: "+1${pin.text}00", text: "bounce"',
    "as a mail address": 'email to: "mailto:${pin.text}@clinic.example", subject: "a", body: "fail"; wait 1h',
    "asked of a machine": 'try { log http.get("${PINS}${pin.text}").text } catch e { log e.text }',
    "posted": 'let r = http.post("${PINS}${pin.text}", json: {pin: pin.text}); log r.text',
    "kept": 'store.put("pin", pin.text); log "${store.get("pin")}"',
    "added": 'store.add("sum", number(pin.text)); log "${store.get("sum")}"',
    "logged": 'log "it is ${pin.text}"; wait 1h',
    "raised": 'try { raise "not ${pin.text}" } catch e { log e.text }; log "${number("x${pin.text}")}"',
    "raised at the end": 'raise "not ${pin.text}"',
    "handed on": "handoff rest(pin.text)",
    "started": "start rest(pin.text); wait 1h",
    "returned": "return pin.text",
    "waited with": 'wait for signal "end"',
}


@asynccontextmanager
async def living(data: Path, text: str) -> AsyncGenerator[tuple[flowlang.Engine, World, SimulatorBackend]]:
    """A process with all that `flow serve` gives it to keep things in."""
    world, phones, opted_out = World(), SimulatorBackend(characters_a_second=1_000), OptedOut(data)
    with closing(opted_out), SqliteStore(data) as store:
        values = StoredValues(data, LastingSealer(store.keys))
        backends: list[Backend] = [world, phones, values]
        async with flowlang.open_engine(
            backends, store=store, policy=EVERYTHING, opted_out=opted_out
        ) as engine:
            engine.load_text(POLICY + text + REST)
            engine.recover()
            await engine.listen()
            yield engine, world, phones


def is_nowhere(data: Path) -> None:
    """The secret is in no file; something is sealed, so that the test looks at something."""
    found = [each.name for each in data.rglob("*") if each.is_file() and SECRET.encode() in each.read_bytes()]
    assert not found
    assert any(b"$sealed" in each.read_bytes() for each in data.rglob("*.db*"))


def is_shown_nowhere(folder: Path) -> None:
    """By no command that looks into the folder."""
    with open_archive(folder / "data") as archive:
        found = list(archive.activeflows(all_of_them=True))
    assert not [each for each in found if each.ending and "policy" in each.ending]  # it came to what is tried
    ids = [each.id for each in found]
    commands = [("ps", "--all"), ("outbox",), ("cdr",), ("cdr", "--messages")]
    commands += [(name, each) for each in ids for name in ("show", "trace", "replay", "export-test")]
    for command in commands:
        for more in ((), ("--json",)):
            done = flow(*command, "--data", "data", *more, folder=folder)
            assert SECRET not in done.out + done.err, command


async def whole_run(tmp_path: Path, text: str, act: Act) -> None:
    """What it leaves on disk while it runs, parked, at rest, and again after a start."""
    data = tmp_path / "data"
    async with living(data, text) as (engine, world, phones):
        await act(engine, world, phones)
        await trio.sleep(5)
        is_nowhere(data)
        await trio.sleep(120)  # parked, as far as it waits for long
        is_nowhere(data)
    is_nowhere(data)
    async with living(data, text):
        await trio.sleep(5)
    is_nowhere(data)
    is_shown_nowhere(tmp_path)


@pytest.mark.parametrize("then", PASSED_ON.values(), ids=PASSED_ON)
async def test_a_secret_that_is_passed_on_is_in_clear_nowhere(
    then: str, tmp_path: Path, autojump_clock: Virtual
) -> None:
    async def asked(_engine: flowlang.Engine, world: World, _phones: SimulatorBackend) -> None:
        world.comes("sms", "hello")
        await trio.sleep(1)
        world.comes("sms", SECRET)

    await whole_run(tmp_path, ASKED % then, asked)


async def asked_and_told(world: World) -> None:
    world.comes("sms", "hello")
    await trio.sleep(1)
    world.comes("sms", SECRET)
    await trio.sleep(1)


def writes_back(world: World, text: str) -> None:
    world.comes("sms", text, source=f"sms:+1{SECRET}00")


@pytest.mark.parametrize("then", ["wait for message; wait 1h", "wait 5s; handoff rest(1)"])
@pytest.mark.parametrize("parked", [False, True], ids=["awake", "parked"])
async def test_who_writes_from_an_address_that_is_a_secret_is_in_clear_nowhere(
    then: str, parked: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    data = tmp_path / "data"
    text = ASKED % f'sms to: "+1${{pin.text}}00", text: "hello"; {then}'
    async with living(data, text) as (engine, world, _):
        await asked_and_told(world)
        writes_back(world, "yes")
        await trio.sleep(120 if parked else 10)
        writes_back(world, "or rather no")
        await trio.sleep(120 if parked else 1)
        assert len(engine.activeflows) == (0 if parked else 1)
        is_nowhere(data)
    async with living(data, text) as (_, world, _):
        await trio.sleep(10)
        writes_back(world, "but yes, again")
        await trio.sleep(1)
        is_nowhere(data)
    is_nowhere(data)
    is_shown_nowhere(tmp_path)
    with open_archive(data) as archive:
        found = [each for each in archive.messages() if each.direction == "in"]
    assert [each.source for each in found].count(MASK) == 3
    assert all(each.activeflow for each in found)


async def test_an_address_that_is_a_secret_is_one_still_where_a_flow_hands_over_again_after_a_start(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    data = tmp_path / "data"
    text = ASKED % 'sms to: "+1${pin.text}00", text: "hello"; handoff second()'
    text += 'flow second { wait for signal "on"; handoff third() }\nflow third { wait 1h }\n'
    async with living(data, text) as (_, world, _):
        await asked_and_told(world)
        await trio.sleep(5)
    async with living(data, text) as (engine, world, _):
        (activeflow,) = engine.activeflows
        assert await engine.signalled(activeflow, "on", None)
        await trio.sleep(5)
        writes_back(world, "yes")
        await trio.sleep(5)
        is_nowhere(data)
    is_nowhere(data)
    is_shown_nowhere(tmp_path)
    with open_archive(data) as archive:
        assert [each.flow for each in archive.messages() if each.source == MASK] == ["third"]


async def test_who_writes_to_one_that_has_lost_its_key_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: Virtual
) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    monkeypatch.setenv("FLOWLANG_KEYS", str(keys))
    text = ASKED % PASSED_ON["as an address"]
    async with living(data, text) as (_, world, _):
        await asked_and_told(world)
        await trio.sleep(120)
    lost = [each for each in keys.rglob("*.key") if not each.name.startswith("values")]
    assert lost
    for each in lost:
        each.unlink()
    async with living(data, text) as (_, world, _):
        writes_back(world, "yes")
        await trio.sleep(1)
    is_nowhere(data)
    with open_archive(data) as archive:
        (refused,) = [each for each in archive.messages() if each.source == MASK]
    assert refused.failed


async def test_who_opts_out_from_an_address_that_is_a_secret_is_in_clear_in_the_list_alone(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    data = tmp_path / "data"
    async with living(data, ASKED % PASSED_ON["as an address"]) as (_, world, _):
        await asked_and_told(world)
        writes_back(world, "STOP")
        await trio.sleep(5)
    assert isinstance(world.out[-1], SendMessage)
    assert world.out[-1].to == f"sms:+1{SECRET}00"  # he is told
    found = [each.name for each in data.rglob("*") if each.is_file() and SECRET.encode() in each.read_bytes()]
    assert found == ["opted_out"]


async def by_digits(_engine: flowlang.Engine, _world: World, phones: SimulatorBackend) -> None:
    phone = phones.call(source="+16045550100", to="+16062067563")
    await phone.wait_answered()
    await trio.sleep(1)
    phone.press(SECRET)


async def by_a_message(_engine: flowlang.Engine, world: World, _phones: SimulatorBackend) -> None:
    for text in ("hello", SECRET):
        world.comes("sms", text)
        await trio.sleep(1)


async def by_chat(_engine: flowlang.Engine, world: World, _phones: SimulatorBackend) -> None:
    for text in ("hello", SECRET):
        world.comes("chat", text, to="chat:web", source="chat:v1")
        await trio.sleep(1)


async def by_a_hook(_engine: flowlang.Engine, world: World, _phones: SimulatorBackend) -> None:
    world.comes(
        "webhook", f'{{"pin": "{SECRET}"}}', to="webhook:/pins", source="webhook:", data={"pin": SECRET}
    )


async def by_signal(engine: flowlang.Engine, world: World, _phones: SimulatorBackend) -> None:
    world.comes("sms", "hello")
    await trio.sleep(1)
    (activeflow,) = engine.activeflows
    for name in ("pin", "go"):
        assert await engine.signalled(activeflow, name, SECRET if name == "pin" else None)


BROUGHT = {
    "digits": (
        by_digits,
        'route call => main\nflow main { secret let pin = ask("PIN?", digits: 8); wait 1h }',
    ),
    "digits of a number that is called": (
        by_digits,
        'route call => main\nflow main { secret let p = ask("PIN?", digits: 8); dial("+1${p.text}00") }',
    ),
    "a message": (by_a_message, 'route sms => main\nflow main { secret let pin = ask("PIN?"); wait 1h }'),
    "a message before it is asked for": (
        by_a_message,
        'route sms => main\nflow main { wait 30s; secret let pin = ask("PIN?"); wait 1h }',
    ),
    "a handler's message": (
        by_a_message,
        "route sms => main\nflow main { on message as m { secret let pin = m.text; log pin }; wait 1h }",
    ),
    "chat": (
        by_chat,
        'route chat => main\nflow main { secret let pin = ask("PIN?"); say "${pin.text}"; wait 1h }',
    ),
    "what a flow that is called keeps as one": (
        by_a_message,
        """
        route sms => main
        flow main { let it = ask("PIN?"); keep(it.text) }
        flow keep(given) { secret let pin = given; wait 1h }
        """,
    ),
    "a hook": (by_a_hook, "route webhook => posted(webhook.data.pin)"),
    "a signal": (
        by_signal,
        'route sms => main\nflow main { secret let pin = wait for signal "pin"; log "${pin.data}"; wait 1h }',
    ),
    "a signal before it is waited for": (
        by_signal,
        'route sms => main\nflow main { wait for signal "go"; secret let p = wait for signal "pin" }',
    ),
    "a signal long before any is waited for": (
        by_signal,
        "route sms => main\nflow main { wait 30s; secret let p = wait for signal; wait 1h }",
    ),
    "a handler's signal": (
        by_signal,
        'route sms => main\nflow main { wait 30s; on signal "pin" as s { secret let p = s.data }; wait 1h }',
    ),
}


@pytest.mark.parametrize(("act", "text"), BROUGHT.values(), ids=BROUGHT)
async def test_a_secret_is_in_clear_nowhere_whatever_brings_it(
    act: Act, text: str, tmp_path: Path, autojump_clock: Virtual
) -> None:
    await whole_run(tmp_path, text, act)


async def test_a_secret_that_is_signalled_while_no_server_runs_is_in_clear_nowhere(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    data, text = (
        tmp_path / "data",
        'flow main { secret let p = wait for signal "pin"; log "${p.data}"; wait 1h }',
    )
    async with living(data, text) as (engine, _, _):
        run = engine.start("main").id
        await trio.sleep(1)
    done = flow("signal", run, "pin", SECRET, "--data", "data", folder=tmp_path)
    assert (done.code, SECRET in done.out) == (0, False)
    is_nowhere(data)
    is_shown_nowhere(tmp_path)
    async with living(data, text) as (engine, _, _):
        await trio.sleep(5)
        assert engine.activeflows == (run,)
        is_nowhere(data)
    is_nowhere(data)
    is_shown_nowhere(tmp_path)
