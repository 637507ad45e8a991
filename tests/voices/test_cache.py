"""The speech cache: made once, whole or absent, bounded."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
import trio

from flowlang.voices import CachedVoice, SpeechCache, ToneVoice, VoiceUnavailable
from flowlang.voices.tone import ToneSynthesizer


def key(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class Maker:
    """Makes `size` bytes when let; counts how often it was asked."""

    def __init__(self, size: int = 100) -> None:
        self.size = size
        self.asked = 0
        self.gate = trio.Event()
        self.gate.set()

    async def __call__(self) -> bytes:
        self.asked += 1
        await self.gate.wait()
        return bytes(self.size)


async def test_the_second_request_is_served_from_the_folder(tmp_path: Path) -> None:
    maker = Maker()
    first = await SpeechCache(tmp_path).get(key("a"), maker)
    assert await SpeechCache(tmp_path).get(key("a"), maker) == first
    assert maker.asked == 1


async def test_equal_requests_at_one_time_are_made_once(tmp_path: Path) -> None:
    cache, maker = SpeechCache(tmp_path), Maker()
    maker.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(cache.get, key("a"), maker)
        await trio.testing.wait_all_tasks_blocked()
        maker.gate.set()
    assert maker.asked == 1


async def test_a_maker_that_is_cancelled_leaves_the_work_to_the_next(tmp_path: Path) -> None:
    cache, maker = SpeechCache(tmp_path), Maker()
    maker.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        scope = trio.CancelScope()

        async def cancelled() -> None:
            with scope:
                await cache.get(key("a"), maker)

        nursery.start_soon(cancelled)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(cache.get, key("a"), maker)
        await trio.testing.wait_all_tasks_blocked()
        scope.cancel()
        await trio.testing.wait_all_tasks_blocked()
        maker.gate.set()
    assert maker.asked == 2
    assert names(tmp_path) == {f"{key('a')}.wav"}


async def test_a_maker_that_fails_leaves_nothing(tmp_path: Path) -> None:
    async def fail() -> bytes:
        raise VoiceUnavailable("no")

    with pytest.raises(VoiceUnavailable):
        await SpeechCache(tmp_path).get(key("a"), fail)
    assert names(tmp_path) == set()


async def test_what_was_used_longest_ago_goes_first_and_strangers_files_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(bytes(5000))
    cache, maker = SpeechCache(tmp_path, max_bytes=250), Maker()
    for age, name in enumerate("ab"):
        path = await cache.get(key(name), maker)
        os.utime(path, (1000 + age, 1000))
    await cache.get(key("a"), maker)
    await cache.get(key("c"), maker)
    assert names(tmp_path) == {"mine.wav", f"{key('a')}.wav", f"{key('c')}.wav"}


async def test_using_a_file_does_not_change_its_date(tmp_path: Path) -> None:
    cache, maker = SpeechCache(tmp_path), Maker()
    path = await cache.get(key("a"), maker)
    os.utime(path, (1000, 1000))
    await cache.get(key("a"), maker)
    assert path.stat().st_mtime == 1000
    assert path.stat().st_atime > 1000


async def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "speech"
    path = await SpeechCache(folder).get(key("a"), Maker())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    voice = CachedVoice(ToneSynthesizer(), SpeechCache(tmp_path / "file"))
    with pytest.raises(VoiceUnavailable, match=r"speech cannot be kept in .*/file: "):
        await voice.speak("Hello", language="en")


async def test_a_voice_is_ready_before_its_folder_is_there(tmp_path: Path) -> None:
    path = await ToneVoice(tmp_path / "new").speak("Hello", language="en")
    assert path.exists()
