"""Prompts come from the cache while their file is the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import trio

from flowlang.backends.media import Prompt, PromptCache, PromptError, prompts, read_prompt
from flowlang.rtp import PCMA, PCMU, WavWriter


def write(path: Path, samples: int = 800) -> Path:
    with path.open("wb") as file:
        writer = WavWriter(file)
        writer.write(bytes(range(100)) * (samples // 50))
        writer.finish()
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that was read."""
    seen: list[Path] = []

    def counting(path: Path) -> Prompt:
        seen.append(path)
        return read_prompt(path)

    monkeypatch.setattr(prompts, "read_prompt", counting)
    return seen


async def test_a_prompt_is_decoded_to_both_laws(tmp_path: Path) -> None:
    prompt = await PromptCache().load(write(tmp_path / "a.wav"))
    assert prompt.seconds == 0.1
    assert prompt.encoded(PCMU) == PCMU.encode(bytes(range(100)) * 16)
    assert prompt.encoded(PCMA) == PCMA.encode(bytes(range(100)) * 16)


async def test_an_unchanged_file_is_read_once(tmp_path: Path, reads: list[Path]) -> None:
    cache, path = PromptCache(), write(tmp_path / "a.wav")
    assert await cache.load(path) is await cache.load(path)
    assert reads == [path]


async def test_a_changed_file_is_read_again(tmp_path: Path, reads: list[Path]) -> None:
    cache, path = PromptCache(), write(tmp_path / "a.wav")
    await cache.load(path)
    os.utime(path, ns=(1, 1))
    await cache.load(path)
    write(path, 1600)
    assert (await cache.load(path)).seconds == 0.2
    assert len(reads) == 3


async def test_equal_requests_at_one_time_read_the_file_once(tmp_path: Path, reads: list[Path]) -> None:
    cache, path = PromptCache(), write(tmp_path / "a.wav")
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(cache.load, path)
    assert len(reads) == 1


async def test_what_was_used_least_recently_is_forgotten(tmp_path: Path, reads: list[Path]) -> None:
    cache = PromptCache(max_bytes=3500)  # two prompts of 800 samples in two laws
    one, two, three = (write(tmp_path / f"{name}.wav") for name in "abc")
    for path in (one, two, one, three, one, two):
        await cache.load(path)
    assert reads == [one, two, three, two]


@pytest.mark.parametrize(
    ("name", "fault"),
    [("none.wav", "no such file"), (".", "not a file"), ("a\0b", "no file can have this name")],
)
async def test_a_prompt_that_is_missing_is_named(tmp_path: Path, name: str, fault: str) -> None:
    with pytest.raises(PromptError) as caught:
        await PromptCache().load(tmp_path / name)
    assert caught.value.fault == fault
    assert "\n" not in str(caught.value)


async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(PromptError, match=r"pipe\.wav: not a file$"):
        await PromptCache().load(tmp_path / "pipe.wav")


async def test_a_bad_file_is_an_error_each_time_until_it_is_mended(tmp_path: Path) -> None:
    cache, path = PromptCache(), tmp_path / "a.wav"
    path.write_bytes(b"no sound")
    for _ in range(2):
        with pytest.raises(PromptError, match=r"a\.wav: not a WAV file$"):
            await cache.load(path)
    write(path)
    assert (await cache.load(path)).seconds == 0.1
