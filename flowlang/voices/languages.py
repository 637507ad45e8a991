"""Which of espeak-ng's voices speaks a language. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from flowlang.model.speech import UnknownLanguage

# Language, script, region (RFC 5646): an unknown region of a known language is spoken as the language.
_TAG = re.compile(r"([a-z]{2,3})(-[a-z]{4})?(-[a-z]{2}|-[0-9]{3})?")
# Tags whose voice espeak-ng names otherwise; all others are equal in lower case or found by their first part.
_SPECIAL = {
    "en": "en-gb",
    "fr": "fr-fr",
    "zh": "cmn",
    "zh-cn": "cmn",
    "zh-tw": "cmn",
    "zh-hk": "yue",
    "no": "nb",
}


def choose_voice(available: Mapping[str, str], language: str, voice: str | None) -> str:
    """The engine's own name of the voice. `available` maps names and language tags in lower case to it."""
    if voice is not None:
        if voice.lower() in available:
            return available[voice.lower()]
        raise _unknown("voice", voice, available)
    tag = language.lower().replace("_", "-")
    parts = _TAG.fullmatch(tag)
    first = parts[1] if parts else tag
    for name in (tag, _SPECIAL.get(tag), first, _SPECIAL.get(first)):
        if name is not None and name in available:
            return available[name]
    raise _unknown("language", language, available)


def _unknown(kind: str, name: str, available: Mapping[str, str]) -> UnknownLanguage:
    near = get_close_matches(name.lower(), available, n=1) if len(name) > 3 else []
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return UnknownLanguage(f"espeak-ng has no {kind} {name[:40]!r}{hint}")
