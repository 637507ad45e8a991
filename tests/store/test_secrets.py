"""Secrets stand in a store only as ciphertext, under a key that is not in its folder; without it nothing that
needs one goes on, and nothing is spoilt."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as some

import flowlang
from flowlang.backends.simulator import SimulatorBackend
from flowlang.engine.replay import Builds, replayed
from flowlang.model.action import Action, Parameter
from flowlang.model.plain import SealedError, from_plain
from flowlang.model.values import DAY, SECOND
from flowlang.store import StoreError
from flowlang.store.keys import Keys
from flowlang.store.reading import open_archive
from flowlang.store.sealing import Sealer, key_missing
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

from .recovering import Watched

Virtual = trio.testing.MockClock

TEXT = """
flow main {
    secret let pin = ask_pin()
    wait for signal "go"
    check_pin(pin)
    wait for signal "end"
    return "ended"
}
"""
ASK = Action("ask_pin", "Asks.")
CHECK = Action("check_pin", "Checks.", (Parameter("pin", ("text",), "it", by_place=True),), recovery="repeat")
PIN = "4711-very-secret"


async def run(
    folder: Path, keys: Path, *signals: str, begin: bool = False, park: bool = False
) -> tuple[Any, list[str]]:
    """A process: what it recovered, and the pins that were checked."""
    checked: list[str] = []

    async def ask_pin() -> str:
        return PIN

    async def check_pin(pin: str) -> None:
        checked.append(pin)

    with SqliteStore(folder, keys) as store:
        async with flowlang.open_engine(store=store) as engine:
            engine.add_action(ASK, ask_pin)
            engine.add_action(CHECK, check_pin)
            recovered = engine.recover()
            if begin:
                engine.load_text(TEXT)
                engine.start("main")
            await trio.sleep(80 if park else 1)
            with open_archive(folder, keys) as archive:
                (stored,) = archive.activeflows()
            for each in signals:
                await engine.signalled(stored.id, each)
                await trio.sleep(1)
    return recovered, checked


def on_disk(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


async def test_a_secret_is_ciphertext_on_disk_and_itself_after_recovery(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    await run(data, keys, begin=True)
    assert PIN.encode() not in on_disk(data)
    assert b"$sealed" in on_disk(data)
    _, checked = await run(data, keys, "go")
    assert checked == [PIN]
    assert PIN.encode() not in on_disk(data)
    (key,) = keys.rglob("*.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() not in on_disk(data)


@pytest.mark.parametrize("park", [False, True])
async def test_without_the_key_it_waits_for_a_start_that_has_it(
    park: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    await run(data, keys, begin=True, park=park)
    recovered, checked = await run(data, tmp_path / "others", "go")
    assert (recovered.live, recovered.diverged, checked) == ((), {}, [])
    if not park:
        (why,) = recovered.held.values()
        (key,) = keys.rglob("*.key")
        missing = tmp_path / "others" / key.relative_to(keys)
        assert why == f"entry 1 has a secret whose key {missing} is missing: put it back"
    _, checked = await run(data, keys, "go", "end")
    assert checked == [PIN]


BANK = """
route call => main
flow main {
    answer
    say "Welcome to the bank."
    let choice = ask("Press one.", digits: 1)
    say "Now then."
    secret let pin = ask("Your PIN?", digits: 4)
    if number(pin.text) == 4790 + 5 { log "right" }
    handoff rest()
}
flow rest { let more = ask("Anything else?", digits: 1); wait for signal "end" }
"""


@pytest.mark.parametrize(
    "moments", [{0: "14795"}, {1: "14795"}, {1: "1", 2: "4795"}, {1: "1", 4: "4795"}, {0: "14795638"}]
)
async def test_digits_of_a_secret_stand_nowhere_in_clear_whenever_they_are_typed(
    moments: dict[int, str], tmp_path: Path, autojump_clock: Virtual
) -> None:
    backend, lines = SimulatorBackend(), Watched()
    with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
        async with flowlang.open_engine([backend], store=store) as engine:
            engine.observe(lines)
            engine.load_text(BANK)
            await engine.listen()
            phone = backend.call(source="+16045550100", to="+16062067563")
            await phone.wait_answered()
            for second in range(20):
                phone.press(moments.get(second, ""))
                await trio.sleep(1)
            await trio.sleep(60)
            (stored,) = store.archive.activeflows()
            builds = Builds(store.archive, {})
            assert replayed(stored, store.archive.entries(stored), builds).flow.ending is None
    assert lines.lines == ["right"]
    given = on_disk(tmp_path / "data")
    for digit in "4795638":
        assert f'"DigitPressed",0,"{digit}"'.encode() not in given
        assert f'"typed":"{digit}'.encode() not in given
    assert b"4795" not in given


def test_a_replay_without_the_key_stops_at_the_first_line_that_needs_it(tmp_path: Path) -> None:
    async def at_once() -> None:
        await run(tmp_path / "data", tmp_path / "keys", "go", begin=True)

    trio.run(at_once)
    (store,) = (tmp_path / "keys").iterdir()
    with open_archive(tmp_path / "data", tmp_path / "keys") as archive:
        (stored,) = archive.activeflows()
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "flowlang" / "keys"
    done = flow("replay", stored.id, "--data", "data", folder=tmp_path)
    assert done.code == 1
    (key,) = store.iterdir()
    missing = keys / store.name / key.name
    assert f"entry 1 has a secret whose key {missing} is missing: put it back" in done.err
    assert done.out.count("begin") == 1
    shutil.copytree(store, keys / store.name)
    for command in ("replay", "show", "trace"):
        done = flow(command, stored.id, "--data", "data", folder=tmp_path)
        assert (done.code, done.err) == (0, "")
        assert PIN not in done.out
        assert PIN not in flow(command, stored.id, "--data", "data", "--json", folder=tmp_path).out


plain_data = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | some.text(),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.text(max_size=5), inner, max_size=3)
        | some.builds(lambda value: {"$secret": value}, inner)
        | some.builds(lambda value: {"$map": {"$secret": value, "$sealed": value}}, inner)
    ),
    max_leaves=12,
)


@given(plain=plain_data)
def test_what_was_sealed_comes_back_and_without_the_key_nothing_of_it(
    plain: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = tmp_path_factory.mktemp("keys")
    text = Sealer(Keys(keys, "a")).encode(plain, 0)
    assert Sealer(Keys(keys, "a")).decode(text) == plain
    sealed = Sealer(Keys(keys, "b")).decode(text)
    if key_missing(sealed):
        with pytest.raises(SealedError):
            from_plain(sealed)
    else:
        assert sealed == plain


def test_each_month_has_a_key_and_those_of_old_months_are_dropped(tmp_path: Path) -> None:
    at = 1_700_000_000 * SECOND  # November 2023
    keys = Keys(tmp_path, "a")
    sealer = Sealer(keys)
    old = sealer.encode([{"$secret": "old"}], at)
    new = sealer.encode([{"$secret": "new"}], at + 40 * DAY)
    assert [each[:8] for each in keys.drop_before(at + 20 * DAY)] == ["2023-11-"]
    assert "2023-11" in (key_missing(sealer.decode(old)) or "")
    assert sealer.decode(new) == [{"$secret": "new"}]


def test_a_key_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    keys = Keys(tmp_path, "a")
    name, _ = keys.current(0.0)
    for text in ("", "no hex", "abcd"):
        (tmp_path / "a" / f"{name}.key").write_text(text)
        with pytest.raises(StoreError, match=r"\.key: this"):
            Keys(tmp_path, "a").find(name)
