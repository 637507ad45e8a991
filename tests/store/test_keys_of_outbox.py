"""Keys of secrets stay as long as something may need them; what lost its key all the same is settled, and
stops nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.model.action import Action
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Result
from flowlang.model.values import DAY, Outcome
from flowlang.store import StoreError
from flowlang.store.sending import Sending
from flowlang.store.sqlite import SqliteStore
from tests.cli.flow import flow

from .recovering import Carrier
from .test_damage import BUILD

Virtual = trio.testing.MockClock

POLICY = 'policy { allow sms "+1415*" }\n'
TEXT = """
flow main {
    secret let pin = ask_pin()
    within 1s { sms to: "+14155550100", text: "pin ${pin}" } else { }
}
"""
ASK = Action("ask_pin", "Asks.")
GONE = Done(Outcome("failed", {"reason": "carrier_down"}))


async def process(
    data: Path, keys: Path, result: Result | None, *retried: str, begin: bool = False
) -> Carrier:
    """One process, whose carrier answers so; `None` for never."""

    async def ask_pin() -> str:
        return "4711"

    carrier = Carrier(lambda _: result)
    with SqliteStore(data, keys) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            engine.add_action(ASK, ask_pin)
            engine.recover()
            if begin:
                engine.load_text(POLICY + TEXT)
                engine.start("main")
            await engine.listen()
            await trio.sleep(10)
            for key in retried:
                engine.outbox.retry(key)
            await trio.sleep(10)
    return carrier


def outbox(data: Path, keys: Path) -> list[Sending]:
    with SqliteStore(data, keys) as store:
        return store.archive.outbox()


async def test_one_that_is_open_and_has_no_key_is_given_up_and_the_start_goes_on(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    assert (await process(data, keys, None, begin=True)).sent == ["pin 4711"]
    shutil.rmtree(keys)
    for _ in range(2):
        assert (await process(data, keys, None)).sent == []
        (kept,) = outbox(data, keys)
        assert kept.state == "failed"
        assert "is missing: put it back" in str(kept.reason)
        assert "4711" not in str(kept.reason)


async def test_a_retry_without_the_key_is_refused_before_anything_is_written(
    tmp_path: Path, autojump_clock: Virtual
) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    await process(data, keys, GONE, begin=True)
    (kept,) = outbox(data, keys)
    assert kept.state == "failed"
    assert [each.key for each in (await process(data, keys, GONE, kept.key)).commands_out] == [
        f"{kept.key}.1"
    ]
    shutil.rmtree(keys)
    (before,) = outbox(data, keys)
    with pytest.raises(StoreError, match="is missing: put it back"):
        await process(data, keys, GONE, kept.key)
    assert outbox(data, keys) == [before]
    retried = flow("outbox", "--data", "data", "--retry", kept.key, folder=tmp_path)
    assert (retried.code, retried.err.count("\n"), "is missing: put it back" in retried.err) == (1, 1, True)
    everything = flow("outbox", "--data", "data", "--retry-all", folder=tmp_path)
    assert (everything.code, "cannot be sent" in everything.out) == (0, True)
    assert outbox(data, keys) == [before]


@pytest.mark.parametrize("what", ["ended", "open", "asked"])
def test_a_key_stays_while_something_of_its_month_is_kept(what: str, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "data", tmp_path / "keys") as store:
        name, _ = store.keys.current(0.0)
        if what == "open":
            store.keep_sending(Sending("k", "one", {}, 15 * DAY))
        elif what == "asked":
            store.keep_request("one", ["stop", 15 * DAY])
        else:
            journal = store.journal("one", BUILD)
            journal.open({"flow": "main", "at": 15 * DAY})
            journal.end(395 * DAY, [])
        store.commit()
        store.prune(390 * DAY, 0, 0)
        store.commit()
        assert store.keys.find(name) is not None
        store.drop_sending("k")
        store.drop_request(1)
        store.prune(400 * DAY, 0, 0)
        store.commit()
        store.prune(400 * DAY, 0, 0)
        assert store.keys.find(name) is None
