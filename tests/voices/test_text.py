"""Text that is spoken is data: bounded, plain, and no part of the cache's key bleeds into another."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.voices import MAX_TEXT, CachedVoice, SpeechCache, TextTooLong
from flowlang.voices.voice import clean_text


@given(st.text(max_size=200))
def test_what_is_spoken_has_no_control_characters_and_is_one_line(text: str) -> None:
    cleaned = clean_text(text)
    assert not any(unicodedata.category(char)[0] == "C" for char in cleaned)
    assert cleaned == " ".join(cleaned.split())
    assert clean_text(cleaned) == cleaned
    cleaned.encode()


def test_words_stay_and_commands_to_the_engine_go() -> None:
    assert clean_text(" Grüß\tGott,\n\x01Ĵ\u200b 你好 \ud800") == "Grüß Gott, Ĵ 你好"


def test_a_text_too_long_is_refused() -> None:
    assert clean_text("a" * MAX_TEXT)
    with pytest.raises(TextTooLong, match=f"{MAX_TEXT + 1} characters are too many"):
        clean_text("a" * (MAX_TEXT + 1))


class Counting:
    """A synthesizer that keeps what it was asked."""

    name = "counting"
    version = "1"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []

    async def synthesize(self, text: str, *, language: str, voice: str | None) -> bytes:
        self.asked.append((text, language, voice))
        return text.encode()


async def test_each_thing_that_changes_the_sound_changes_the_file(tmp_path: Path) -> None:
    engine = Counting()
    voice = CachedVoice(engine, SpeechCache(tmp_path))
    paths = {
        await voice.speak("a b", language="en", voice=None),
        await voice.speak("a  c", language="en", voice=None),
        await voice.speak("a b", language="de", voice=None),
        await voice.speak("a b", language="en", voice=""),
        await voice.speak("a b", language="en", voice="en"),
        await voice.speak("b", language="en1:a", voice=None),
    }
    engine.version = "2"
    paths.add(await voice.speak("a b", language="en", voice=None))
    assert len(paths) == 7
    assert {path.parent for path in paths} == {tmp_path}


async def test_what_sounds_alike_is_one_file(tmp_path: Path) -> None:
    engine = Counting()
    voice = CachedVoice(engine, SpeechCache(tmp_path))
    one = await voice.speak("a b", language="en-GB")
    assert await voice.speak(" a\n\tb ", language="en-gb") == one
    assert engine.asked == [("a b", "en-GB", None)]
