"""Constant addresses: what is wrong with one, said before anything runs.

An address is an E.164 number, or a text with a scheme. In a route it may also be a pattern (`*`, `?`) or an
extension, which is any short word without spaces, brackets and hyphens.
"""

from __future__ import annotations

import re

from flowlang.model.addresses import SCHEMES, is_e164

_MAX_LENGTH = 512
_NUMBER = re.compile(r"\+?[0-9*?]+(;[!-~]+)?\Z")
_NUMBERS = re.compile(r"\+(?=[0-9]*[*?])[0-9*?]{1,32}\Z")
"""E.164 numbers that begin, end or read alike."""
_SIP = re.compile(
    r"([^\s@<>\"]+@)?([A-Za-z0-9.*?_-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(;[^\s<>\"]*)?(\?[^\s<>\"]*)?\Z"
)
_MAIL = re.compile(r"[^\s@<>\"(),;:]+@[A-Za-z0-9.*?-]+\Z")
_EXTENSION = re.compile(r"[A-Za-z0-9_.*?#+]+\Z")
_WRITTEN_OUT = re.compile(r"\+?[0-9 ().\-/]+\Z")


def fault_of(text: str) -> str | None:
    """Why a text is no address that a route can match; `None` for one that is."""
    if not text or len(text) > _MAX_LENGTH:
        return "it is empty" if not text else f"it has more than {_MAX_LENGTH} characters"
    scheme, colon, rest = text.partition(":")
    if not colon:
        return _bare(text)
    if scheme not in SCHEMES:
        known = ", ".join(f"`{each}:`" for each in SCHEMES)
        return f"`{scheme}:` is no scheme; there are {known}"
    match scheme:
        case "tel" | "sms":
            return (
                None
                if _NUMBER.match(rest)
                else f"`{scheme}:` is followed by digits only, as in `{scheme}:+14155550100`"
            )
        case "sip" | "sips":
            return (
                None
                if _SIP.match(rest)
                else f"it reads `{scheme}:user@host`, as in `{scheme}:desk@clinic.example`"
            )
        case "mailto":
            return (
                None
                if _MAIL.match(rest)
                else "it reads `mailto:name@host`, as in `mailto:desk@clinic.example`"
            )
        case _:
            return (
                None
                if rest and not re.search(r"\s", rest)
                else f"`{scheme}:` is followed by a name without spaces"
            )


def _bare(text: str) -> str | None:
    if text.startswith("+") and not is_e164(text) and not _NUMBERS.match(text):
        if _WRITTEN_OUT.match(text) and not text[1:].isdigit():
            return "an E.164 number is a plus and digits, without spaces, brackets and hyphens"
        return "an E.164 number is a plus and 5 to 15 digits, the first of which is not 0"
    if _EXTENSION.match(text):
        return None
    if "@" in text:
        return (
            f"an address has a scheme, as in `sip:{text}`" if not re.search(r"\s", text) else "it has spaces"
        )
    return "an extension has no spaces, brackets or hyphens"
