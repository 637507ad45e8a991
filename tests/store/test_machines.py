"""Who is a machine is one after a restart too, for a day."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowlang.core.manners import Arrived, Porter
from flowlang.model.message_commands import SendMessage
from flowlang.model.values import DAY, HOUR, SECOND
from flowlang.store import StoreError
from flowlang.store import machines as storing
from flowlang.store.machines import FILE, KnownMachines

BOT = "mailto:bot@x.example"
NOW = 1_700_000_000 * SECOND


def reopened(machines: KnownMachines, folder: Path) -> KnownMachines:
    machines.close()
    return KnownMachines(folder)


def test_a_restart_gives_a_machine_no_more_messages(tmp_path: Path) -> None:
    machines = KnownMachines(tmp_path)
    Porter(machines=machines).looks_at(
        Arrived("email", BOT, "mailto:desk@c.example", "away", "<1>", automatic=True), NOW, in_thread=False
    )
    porter = Porter(machines=reopened(machines, tmp_path))
    whys = [porter.why_not(SendMessage("email", BOT, "x", f"k{n}"), NOW + n * SECOND) for n in range(30)]
    assert whys == [None] * 20 + ["automatic"] * 10


def test_it_is_forgotten_after_a_day_whose_end_the_newest_line_tells(tmp_path: Path) -> None:
    machines = KnownMachines(tmp_path)
    machines.put(BOT, NOW)
    machines.put("mailto:other@x.example", NOW + DAY)
    machines = reopened(machines, tmp_path)
    assert machines.last(BOT) is None
    assert machines.last("mailto:other@x.example") == NOW + DAY
    machines.close()
    assert (tmp_path / FILE).read_text().splitlines() == [f"{(NOW + DAY) // SECOND} mailto:other@x.example"]


def test_a_file_that_somebody_else_wrote_into_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    lines = [b"", b"x y", b"12", b"999999999999999999999 a", b"\xff\xfe", "²² a".encode(), b"100 mailto:a@b"]
    (tmp_path / FILE).write_bytes(b"\n".join(lines))
    machines = KnownMachines(tmp_path)
    assert machines.last("mailto:a@b") == 100 * SECOND
    machines.close()


def test_one_machine_takes_a_line_an_hour_and_no_line_but_its_own(tmp_path: Path) -> None:
    machines = KnownMachines(tmp_path)
    for minute in range(90):
        machines.put(BOT, NOW + minute * HOUR // 60)
    machines.put("mailto:a@b\n1 mailto:ann@c.example", NOW)
    machines.close()
    assert len((tmp_path / FILE).read_text().splitlines()) == 2


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "_MOST_LINES", 10)
    machines = KnownMachines(tmp_path)
    for number in range(100):
        machines.put(BOT, NOW + number * HOUR)
    assert len((tmp_path / FILE).read_text().splitlines()) <= 10
    assert reopened(machines, tmp_path).last(BOT) == NOW + 99 * HOUR


def test_a_full_disk_stops_nobody_and_a_folder_that_is_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = KnownMachines(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "no space")))
        machines.put(BOT, NOW)
    assert machines.last(BOT) == NOW
    machines.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        KnownMachines(tmp_path / "file")
