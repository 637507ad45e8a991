"""Values that are kept: on disk before the script goes on, in one order, each key once."""

from __future__ import annotations

import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from flowlang import open_engine
from flowlang.backends.values import StoredValues
from flowlang.model.message_commands import OutsideCommand, StoreAdd, StoreGet, StorePut
from flowlang.model.plain import Sealing
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import Secret, SecretInteger
from flowlang.store.keys import Keys
from flowlang.store.sealing import LastingSealer
from flowlang.testing import Subject, check_backend
from flowlang.testing.conformance import KitHost
from tests.backends.naughty import ALL
from tests.backends.naughty_fields import FIELDS


@asynccontextmanager
async def running(folder: Path | None, sealing: Sealing | None = None) -> AsyncGenerator[StoredValues]:
    async with trio.open_nursery() as nursery:
        values = StoredValues(folder, sealing)
        await nursery.start(values.run, KitHost())
        yield values
        nursery.cancel_scope.cancel()


async def all_of(values: StoredValues, *commands: OutsideCommand) -> list[Result]:
    """Given out at once; what comes of them."""
    found: list[list[Result]] = [[] for _ in commands]
    for place, command in enumerate(commands):
        values.send(command, found[place].append)
    await values.settle()
    return [each for (each,) in found]


async def test_what_is_kept_outlives_the_process(tmp_path: Path) -> None:
    value = {"a": (1, Decimal("2.5"), "x"), "b": None}
    async with running(tmp_path) as values:
        await all_of(
            values, StorePut("one", value, "k1"), StorePut("two", 2, "k2"), StorePut("two", None, "k3")
        )
    async with running(tmp_path) as values:
        assert await all_of(values, StoreGet("one"), StoreGet("two")) == [Done((value,)), Done(())]


async def test_commands_given_at_once_are_done_in_order(tmp_path: Path) -> None:
    async with running(tmp_path) as values:
        results = await all_of(
            values, StoreAdd("n", 2, "k1"), StoreGet("n"), StoreAdd("n", Decimal("0.5"), "k2"),
            StorePut("n", 7, "k3"), StoreAdd("n", 1, "k4"), StoreGet("n"),
        )  # fmt: skip
    assert results == [Done(2), Done((2,)), Done(Decimal("2.5")), Done(), Done(8), Done((8,))]


async def test_a_key_that_comes_again_adds_nothing_also_after_a_crash(tmp_path: Path) -> None:
    async with running(tmp_path) as values:
        assert await all_of(values, StoreAdd("n", 2, "k1"), StoreAdd("n", 2, "k1")) == [Done(2), Done(2)]
    async with running(tmp_path) as values:
        assert await all_of(values, StoreAdd("n", 2, "k1"), StoreGet("n")) == [Done(2), Done((2,))]
        await all_of(values, StorePut("n", 9, "k2"))
        await all_of(values, StorePut("n", 1, "k3"), StorePut("n", 9, "k2"))
        assert await all_of(values, StoreGet("n")) == [Done((1,))]


async def test_what_is_no_number_is_not_added_to() -> None:
    async with running(None) as values:
        _, result = await all_of(values, StorePut("n", "x", "k1"), StoreAdd("n", 1, "k2"))
    assert isinstance(result, Failed)
    assert result.code == "type"


async def test_it_conforms() -> None:
    held = await check_backend(
        Subject(make=lambda: StoredValues(None), command=lambda key, text: StorePut(text or "x", text, key))
    )
    assert {"sends each once", "twice is once", "waits until it runs", "cancels"} <= set(held)


async def test_activeflows_share_them(tmp_path: Path) -> None:
    script = 'flow main { store.add "calls"; return store.get("calls") }'
    async with open_engine([StoredValues(tmp_path)]) as engine:
        engine.load_text(script)
        await engine.listen()
        ended = [await engine.start("main").ended() for _ in range(3)]
    assert [each.value for each in ended] == [1, 2, 3]


async def test_secrets_are_ciphertext_on_disk_and_themselves_when_they_are_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    sealing = LastingSealer(Keys(tmp_path / "keys", "a"))
    put = (
        StorePut("pin", {"pin": Secret("4711-secret")}, "k1"),
        StorePut("sum", SecretInteger(987654321), "k2"),
    )
    async with running(data, sealing) as values:
        assert (await all_of(values, *put, StoreAdd("sum", 1, "k3")))[2] == Done(987654322)
    async with running(data, LastingSealer(Keys(tmp_path / "keys", "a"))) as values:
        found = await all_of(values, StoreGet("pin"), StoreAdd("sum", 1, "k3"), StoreGet("sum"))
        assert found == [Done(({"pin": "4711-secret"},)), Done(987654322), Done((987654322,))]
        on_disk = b"".join(each.read_bytes() for each in data.iterdir())
        assert b"4711-secret" not in on_disk
        assert b"98765432" not in on_disk
        assert stat.S_IMODE((data / "values.db").stat().st_mode) == 0o600
    for without in (None, LastingSealer(Keys(tmp_path / "other", "a"))):
        async with running(data, without) as values:
            (failed,) = await all_of(values, StoreGet("pin"))
            assert isinstance(failed, Failed)
            assert failed.code == "no_key"


async def test_without_a_key_no_secret_is_written(tmp_path: Path) -> None:
    async with running(tmp_path) as values:
        (failed,) = await all_of(values, StorePut("pin", Secret("4711-secret"), "k1"))
        assert isinstance(failed, Failed)
        assert await all_of(values, StoreGet("pin"), StorePut("n", 1, "k1")) == [Done(()), Done()]
    (tmp_path / "keys").write_text("")
    async with running(tmp_path, LastingSealer(Keys(tmp_path / "keys", "a"))) as values:
        (failed,) = await all_of(values, StorePut("pin", Secret("4711-secret"), "k2"))
        assert isinstance(failed, Failed)
        assert "key" in failed.text


async def test_whatever_a_name_or_a_value_says_it_is_kept(tmp_path: Path) -> None:
    texts = tuple(dict.fromkeys(each.encode("utf-8", "replace").decode() for each in (*ALL, *FIELDS)))
    async with running(tmp_path) as values:
        put = [StorePut(text, text, f"af1/{number}") for number, text in enumerate(texts)]
        assert set(map(str, await all_of(values, *put))) == {str(Done())}
        assert await all_of(values, StorePut("half \ud800", "\udfff", "af2/1"), StoreGet("half \ud800")) == [
            Done(), Done(("\udfff",)),
        ]  # fmt: skip
    async with running(tmp_path) as values:
        found = await all_of(values, *(StoreGet(text) for text in texts), StoreGet("half ?"))
    assert found == [*(Done((text,)) for text in texts), Done(("\udfff",))]


async def test_where_the_disk_is_full_it_waits_until_there_is_room(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path) as values:
        assert await all_of(values, StorePut("small", 1, "af1/1")) == [Done()]
        file: Any = values._file._writer  # pyright: ignore[reportPrivateUsage]
        file.execute("PRAGMA max_page_count = 1")
        results: list[Result] = []
        values.send(StorePut("large", "x" * 100_000, "af1/2"), results.append)
        values.send(StoreGet("large"), results.append)
        while "cannot be written" not in caplog.text:  # noqa: ASYNC110 (a log tells nobody)
            await trio.sleep(0.1)
        assert results == [Done(("x" * 100_000,))]
        file.execute("PRAGMA max_page_count = 1000000")
        await values.settle()
    assert results[1:] == [Done()]
    async with running(tmp_path) as values:
        assert await all_of(values, StoreGet("small"), StoreGet("large")) == [
            Done((1,)),
            Done(("x" * 100_000,)),
        ]
