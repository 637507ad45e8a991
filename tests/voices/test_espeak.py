"""The default voice, with the real engine in its real process."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import trio

from flowlang.rtp import read_wav
from flowlang.voices import (
    CachedVoice,
    EspeakSynthesizer,
    SpeechCache,
    UnknownLanguage,
    VoiceUnavailable,
    espeak,
    open_espeak,
)
from flowlang.voices.worker import Worker, WorkerError, start_worker


@pytest.fixture
async def engine() -> AsyncIterator[EspeakSynthesizer]:
    made = EspeakSynthesizer()
    yield made
    await made.aclose()


@pytest.fixture
def voice(engine: EspeakSynthesizer, tmp_path: Path) -> CachedVoice:
    return CachedVoice(engine, SpeechCache(tmp_path))


def children() -> list[int]:
    """Processes that run the worker for us, whichever thread of ours started them."""
    lists = Path("/proc/self/task").glob("*/children")
    numbers = [int(number) for listed in lists for number in listed.read_text(encoding="ascii").split()]
    return [number for number in numbers if b"espeak_worker" in Path(f"/proc/{number}/cmdline").read_bytes()]


def state(number: int) -> str:
    """The kernel's letter for what a process does; Z for one that ended."""
    return Path(f"/proc/{number}/stat").read_text(encoding="ascii").split()[2]


def limits(number: int) -> dict[str, str]:
    """Soft limits of a process by the kernel's name for them."""
    lines = Path(f"/proc/{number}/limits").read_text(encoding="ascii").splitlines()
    return {line[:25].strip(): line[26:].split()[0] for line in lines[1:]}


def mapped() -> str:
    """Names of all libraries in this process."""
    return Path("/proc/self/maps").read_text(encoding="utf-8")


def sound(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.frombuffer(read_wav(path.read_bytes(), path.name), np.int16).astype(np.float64)


async def test_a_sentence_is_heard_at_speaking_length(voice: CachedVoice) -> None:
    samples = sound(await voice.speak("Welcome to the clinic. Press one for the nurse.", language="en-GB"))
    assert 2 < samples.size / 8000 < 6
    assert np.sqrt(np.mean(samples**2)) > 1000  # of 32768: -30 dB
    assert np.abs(samples).max() < 32767


async def test_longer_texts_are_longer_and_languages_sound_unlike(voice: CachedVoice) -> None:
    short = sound(await voice.speak("Hello.", language="en"))
    long = sound(await voice.speak("Hello, and good morning to all of you.", language="en"))
    german = sound(await voice.speak("Hello.", language="de"))
    assert short.size < long.size
    assert not np.array_equal(short, german)


async def test_the_second_call_is_from_the_cache(voice: CachedVoice, engine: EspeakSynthesizer) -> None:
    one = await voice.speak("Hello.", language="en")
    await engine.aclose()
    assert children() == []
    assert await voice.speak("Hello.", language="en") == one
    assert children() == []


async def test_many_texts_at_once_need_one_worker(voice: CachedVoice) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(10):

            async def speak(text: str = f"Number {number}") -> None:
                await voice.speak(text, language="en")

            nursery.start_soon(speak)
    assert len(children()) == 1


@pytest.mark.parametrize(
    "markup",
    ['<voice name="de">cow</voice>', "<speak><break time='60s'/></speak>", "[[D,Is Iz]]", "\x0150S slow"],
)
async def test_markup_in_a_text_is_read_out_and_not_obeyed(
    voice: CachedVoice, engine: EspeakSynthesizer, markup: str
) -> None:
    samples = sound(await voice.speak(markup, language="en"))
    assert 0.3 < samples.size / 8000 < 10


async def test_no_text_and_text_without_sound_are_a_moment_of_silence(voice: CachedVoice) -> None:
    for text in ("", "   ", "\u200b"):
        assert 0 < sound(await voice.speak(text, language="en")).size < 800


async def test_the_longest_text_is_spoken(voice: CachedVoice) -> None:
    samples = sound(await voice.speak("word " * 800, language="en"))
    assert 60 < samples.size / 8000 <= 301


async def test_an_unknown_language_leaves_the_worker_fit(voice: CachedVoice) -> None:
    with pytest.raises(UnknownLanguage, match="espeak-ng has no language 'xx'"):
        await voice.speak("Hello.", language="xx")
    await voice.speak("Hello.", language="en")
    assert len(children()) == 1


async def test_a_worker_that_died_is_started_again(voice: CachedVoice) -> None:
    await voice.speak("one", language="en")
    [number] = children()
    os.kill(number, signal.SIGKILL)
    while state(number) not in "ZX":
        await trio.lowlevel.checkpoint()
    await voice.speak("two", language="en")
    assert len(children()) == 1
    assert children() != [number]


async def test_a_cancelled_request_does_not_answer_the_next(voice: CachedVoice, tmp_path: Path) -> None:
    await voice.speak("ready", language="en")
    with trio.move_on_after(0.002):
        await voice.speak("word " * 700, language="en")
    samples = sound(await voice.speak("Hi.", language="en"))
    assert samples.size / 8000 < 2


async def test_the_worker_is_gone_when_the_block_ends(tmp_path: Path) -> None:
    async with open_espeak(tmp_path) as voice:
        assert children() == []  # started at need
        await voice.speak("Hello.", language="en")
        assert len(children()) == 1
    assert children() == []


async def test_the_worker_ends_with_its_standard_input() -> None:
    ended = await trio.run_process(espeak.WORKER, stdin=b"", capture_stdout=True)
    assert ended.returncode == 0


async def test_the_worker_answers_garbage_with_errors_and_lives() -> None:
    lines = [b"no json", b"[]", b"{}", b'{"text": "a"}', b'{"text": "a", "voice": "../x"}']
    ended = await trio.run_process(espeak.WORKER, stdin=b"\n".join(lines) + b"\n", capture_stdout=True)
    _, *answers = ended.stdout.splitlines()
    assert len(answers) == len(lines)
    assert all(answer.startswith(b'{"error": ') for answer in answers)


async def test_the_worker_is_confined(engine: EspeakSynthesizer) -> None:
    await engine.synthesize("Hello.", language="en", voice=None)
    [number] = children()
    values = limits(number)
    assert values["Max file size"] == "0"
    assert values["Max core file size"] == "0"
    assert values["Max processes"] == "0"
    assert values["Max address space"] == str(1 << 30)


async def test_the_library_is_never_loaded_by_us(engine: EspeakSynthesizer) -> None:
    await engine.synthesize("Hello.", language="en", voice=None)
    assert "espeak-ng.so" not in mapped()
    assert "espeakng_loader" not in sys.modules


async def test_a_missing_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    async with open_espeak(tmp_path) as voice:
        with pytest.raises(VoiceUnavailable) as caught:
            await voice.speak("Hello.", language="en")
    assert str(caught.value) == 'text to speech wants espeak-ng: pip install "flowlang[espeak]"'


async def speak_with(script: str, tmp_path: Path) -> None:
    engine = EspeakSynthesizer((sys.executable, "-c", script))
    try:
        await CachedVoice(engine, SpeechCache(tmp_path)).speak("Hello.", language="en")
    finally:
        await engine.aclose()


@pytest.mark.parametrize(
    "script",
    ["", "raise SystemExit(3)", "print('no json')", "print('[]' * 3)", 'print(\'{"voices": {"en": "x"}}\')'],
)
async def test_a_worker_that_does_not_do_its_work_is_said(tmp_path: Path, script: str) -> None:
    with pytest.raises(
        VoiceUnavailable, match="the espeak-ng worker cannot speak: it ended without an answer"
    ):
        await speak_with(script, tmp_path)


async def test_a_worker_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    engine = EspeakSynthesizer(("/nonexistent/python",))
    with pytest.raises(VoiceUnavailable, match="it does not start: no such file or directory"):
        await CachedVoice(engine, SpeechCache(tmp_path)).speak("Hello.", language="en")


async def test_a_worker_that_is_too_slow_is_ended() -> None:
    worker: Worker = await start_worker((sys.executable, "-c", "import time; time.sleep(60)"))
    with pytest.raises(WorkerError, match=r"no answer within 0\.1 s"):
        await worker.greeting(0.1)
    assert not worker.alive


def test_the_worker_runs_as_a_module_too() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "flowlang.voices.espeak_worker"],
        input=b'{"text": "Hi.", "voice": "gmw/en"}\n',
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.stdout.splitlines()[1].startswith(b'{"rate": 22050, "pcm": "')
