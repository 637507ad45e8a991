"""From a language tag to the engine's voice."""

from __future__ import annotations

import pytest

from flowlang.voices import UnknownLanguage
from flowlang.voices.languages import choose_voice

AVAILABLE = {
    "en-gb": "gmw/en",
    "en-us": "gmw/en-US",
    "de": "gmw/de",
    "fr-fr": "roa/fr",
    "cmn": "sit/cmn",
    "english (scotland)": "gmw/en-GB-scotland",
}


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en-GB", "gmw/en"),
        ("EN_us", "gmw/en-US"),
        ("en", "gmw/en"),
        ("en-ZA", "gmw/en"),
        ("de-AT", "gmw/de"),
        ("de-Latn-CH", "gmw/de"),
        ("fr", "roa/fr"),
        ("fr-CA", "roa/fr"),
        ("zh-CN", "sit/cmn"),
    ],
)
def test_a_language_finds_its_voice_or_that_of_its_kin(language: str, voice: str) -> None:
    assert choose_voice(AVAILABLE, language, None) == voice


@pytest.mark.parametrize("language", ["xx", "", "en-GBB", "../../etc", "english", "de\0", "e" * 1000])
def test_an_unknown_language_is_said_in_one_short_line(language: str) -> None:
    with pytest.raises(UnknownLanguage) as caught:
        choose_voice(AVAILABLE, language, None)
    assert str(caught.value).startswith("espeak-ng has no language '")
    assert len(str(caught.value)) < 120
    assert str(caught.value).isprintable()


def test_a_voice_wins_over_the_language_and_only_a_listed_one() -> None:
    assert choose_voice(AVAILABLE, "de", "English (Scotland)") == "gmw/en-GB-scotland"
    with pytest.raises(
        UnknownLanguage, match="has no voice 'englisch \\(scotland\\)'; did you mean 'english"
    ):
        choose_voice(AVAILABLE, "de", "englisch (scotland)")
    with pytest.raises(UnknownLanguage, match="has no voice"):
        choose_voice(AVAILABLE, "de", "../../../etc/passwd")
