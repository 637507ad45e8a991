"""A disk that is full under `flow serve`: it says so in a line and stops; with room again it goes on, and
nothing that it had acknowledged is lost.

The disk is a tmpfs of a few megabytes. Where nobody may mount one, not even in a namespace of his own
(mount_namespaces(7)), a limit on the size of files (setrlimit(2)) takes its place: there writes fail as well.
"""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from .killer import Killer
from .service import serving
from .verdict import verdict

SMALL, LARGE = 1_500, 200_000  # KiB
FULL_IN = 60.0  # seconds


class SmallDisk:
    """Of a service; `grow` gives it room."""

    def __init__(self, mounted: Path | None) -> None:
        self._mounted = mounted

    def grow(self) -> None:
        """From now on there is room."""
        if self._mounted is not None:
            _mount(self._mounted, LARGE, "remount,")
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, _unlimited())


@contextmanager
def small_disk(data: Path) -> Generator[SmallDisk]:
    """At that folder."""
    data.mkdir(mode=0o700)
    if _mount(data, SMALL) == 0:
        try:
            yield SmallDisk(data)
        finally:
            subprocess.run(["umount", "--lazy", str(data)], check=True)
        return
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL * 1024, _unlimited()[1]))  # processes inherit it
        yield SmallDisk(None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, _unlimited())


def _mount(folder: Path, kib: int, how: str = "") -> int:
    command = ["mount", "-t", "tmpfs", "-o", f"{how}size={kib}k", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode


def _unlimited() -> tuple[int, int]:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    return hard, hard


@pytest.mark.parametrize("attempts", [2])
async def test_a_full_disk_is_told_in_a_line_and_costs_nothing_that_was_acknowledged(
    tmp_path: Path, attempts: int
) -> None:
    killer = Killer(tmp_path, 1)
    log = tmp_path / "service.log"
    with small_disk(tmp_path / "data") as disk:
        async with killer.world.running(2.0):
            for _ in range(attempts):
                before = log.stat().st_size if log.exists() else 0
                async with serving(tmp_path) as service:
                    with trio.fail_after(FULL_IN):
                        await service.process.wait()
                    await service.over.wait()
                    killer.world.kills.append(service.died or time.time())
                    assert service.process.returncode == 4
                said = log.read_bytes()[before:].decode(errors="replace")
                assert "Traceback" not in said
                last = said.splitlines()[-1]
                assert last.startswith("flow: "), said[-1000:]
                assert "full" in last or "disk I/O error" in last
            disk.grow()
            await killer.last()
        found = verdict(killer.world)
    assert found["acknowledged"] > 0
    wrong = {each: found[each] for each in ("lost", "lost_names", "doubled", "cdr_wrong", "cdr_names")}
    assert (found["lost"], found["doubled"], found["cdr_wrong"]) == (0, 0, 0), wrong
