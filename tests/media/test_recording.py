"""Recordings of calls: what is in them, and what ends them."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from flowlang.backends.media import (
    PCMU,
    CallRecording,
    MediaPlane,
    Prompt,
    Recorded,
    RecordingFile,
)
from flowlang.rtp import read_wav

from .conftest import LOOPBACK

HIGH, LOW = PCMU.encode(b"\x00\x20") * 8000, PCMU.encode(b"\x00\xf0") * 8000
LOUD, QUIET = Prompt("loud", HIGH, HIGH), Prompt("quiet", LOW, LOW)


class Taped:
    """A port that is recorded, and the phone at its other end."""

    def __init__(self, plane: MediaPlane, folder: Path) -> None:
        self.plane = plane
        self.folder = folder
        self.phone, self.port = plane.open(LOOPBACK), plane.open(LOOPBACK)
        self.phone.connect(self.port.address)
        self.port.connect(self.phone.address)
        self.done: list[Recorded] = []
        self.ended = trio.Event()

    def record(self, name: str = "a/b.wav", **options: float) -> CallRecording:
        file = RecordingFile(self.folder, name)
        recording = CallRecording(self.plane.recorder, file, self._on_done, **options)  # type: ignore[arg-type]
        self.port.record_call(recording)
        return recording

    def _on_done(self, recorded: Recorded) -> None:
        self.done.append(recorded)
        self.ended.set()

    async def recorded(self) -> Recorded:
        with trio.fail_after(60):
            await self.ended.wait()
        (recorded,) = self.done
        return recorded

    def samples(self, name: str = "a/b.wav") -> array[int]:
        return array("h", read_wav((self.folder / name).read_bytes(), name))


@pytest.fixture
async def taped(plane: MediaPlane, tmp_path: Path) -> Taped:
    made = Taped(plane, tmp_path)
    await trio.sleep(0.005)
    return made


async def test_a_pause_ends_it_and_its_length_is_that_of_the_words(
    autojump_clock: MockClock, taped: Taped
) -> None:
    taped.record(silence=2.0, limit=60.0)
    taped.phone.play(LOUD)
    recorded = await taped.recorded()
    assert (recorded.by, recorded.error) == ("silence", None)
    assert recorded.seconds == pytest.approx(1.0, abs=0.05)
    samples = taped.samples()
    assert len(samples) / 8000 == pytest.approx(3.0, abs=0.1)
    assert sum(each > 4000 for each in samples) == 8000


async def test_nobody_speaks(autojump_clock: MockClock, taped: Taped) -> None:
    began = trio.current_time()
    recording = taped.record(silence=2.0)
    await trio.sleep_until(began + 1.9)
    assert not recording.over
    await trio.sleep_until(began + 2.1)
    assert recording.over  # its file is closed by a thread, for which the virtual clock does not wait
    recorded = await taped.recorded()
    assert (recorded.by, recorded.seconds) == ("silence", 0)


async def test_the_limit_ends_it_while_somebody_speaks(autojump_clock: MockClock, taped: Taped) -> None:
    taped.record(silence=2.0, limit=3.0)
    taped.phone.play(LOUD, loop=True)
    recorded = await taped.recorded()
    assert (recorded.by, recorded.seconds) == ("limit", pytest.approx(3.0, abs=0.05))


async def test_both_directions_are_mixed_and_in_step(autojump_clock: MockClock, taped: Taped) -> None:
    recording = taped.record(both=True)
    taped.phone.play(LOUD)
    await trio.sleep(0.5)
    taped.port.play(QUIET)
    await trio.sleep(2)
    recording.stop()
    recorded = await taped.recorded()
    assert recorded.by == "stopped"
    loud, quiet = (array("h", PCMU.decode(each))[0] for each in (HIGH, LOW))
    levels = [loud, loud + quiet, quiet]
    runs = [sum(abs(each - level) < 10 for each in taped.samples()) / 8000 for level in levels]
    assert runs == [pytest.approx(0.5, abs=0.05)] * 3


async def test_what_is_on_disk_grows_while_it_is_recorded(autojump_clock: MockClock, taped: Taped) -> None:
    recording = taped.record()
    taped.phone.play(LOUD, loop=True)
    await trio.sleep(5)
    taped.plane.recorder.finish()
    for _ in range(1_000):  # a batch may still be on its thread
        if len(taped.samples()) / 8000 > 4.5:
            break
        await trio.to_thread.run_sync(lambda: None)
    assert len(taped.samples()) / 8000 == pytest.approx(4.8, abs=0.3)
    recording.stop()
    await taped.recorded()


async def test_who_is_muted_is_not_recorded(autojump_clock: MockClock, taped: Taped) -> None:
    taped.port.muted = True
    taped.record(silence=2.0)
    taped.phone.play(LOUD, loop=True)
    assert (await taped.recorded()).seconds == 0


async def test_the_end_of_the_port_keeps_what_there_is(autojump_clock: MockClock, taped: Taped) -> None:
    taped.record(silence=9.0)
    taped.phone.play(LOUD, loop=True)
    await trio.sleep(1.5)
    taped.port.close()
    recorded = await taped.recorded()
    assert (recorded.by, recorded.seconds) == ("stopped", pytest.approx(1.5, abs=0.05))
    assert len(taped.samples()) / 8000 == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize("name", ["../out.wav", "link/out.wav", "a\0.wav", "x" * 300 + ".wav"])
async def test_a_file_that_cannot_be_is_told_and_nothing_is_written(
    autojump_clock: MockClock, taped: Taped, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (taped.folder / "link").symlink_to(outside)
    taped.record(name, limit=1.0)
    assert (await taped.recorded()).error is not None
    assert not list(outside.iterdir())
    assert not (taped.folder.parent / "out.wav").exists()


async def test_the_end_of_the_plane_writes_what_is_left(
    autojump_clock: MockClock, nursery: trio.Nursery, tmp_path: Path
) -> None:
    plane = MediaPlane()
    async with trio.open_nursery() as inner:
        await inner.start(plane.run)
        taped = Taped(plane, tmp_path)
        taped.record()
        taped.phone.play(LOUD, loop=True)
        await trio.sleep(1.505)
        inner.cancel_scope.cancel()
    assert [each.by for each in taped.done] == ["stopped"]
    assert len(taped.samples()) / 8000 == pytest.approx(1.5, abs=0.05)
