"""How other languages and systems call what an action of ours does."""

from __future__ import annotations

from collections.abc import Collection

_OURS = {
    "print": "log", "echo": "log", "puts": "log", "debug": "log",
    "speak": "say", "talk": "say", "tell": "say", "tts": "say",
    "gather": "ask", "prompt": "ask", "input": "ask", "collect": "ask",
    "playback": "play", "stream_file": "play",
    "forward": "dial", "connect": "dial", "ring_to": "dial",
    "pickup": "answer", "pick_up": "answer",
    "hang_up": "hangup", "disconnect": "hangup", "terminate": "hangup",
    "mail": "email", "text_message": "sms", "send_sms": "sms", "send_email": "email",
    "set": "put", "save": "put", "write": "put", "update": "put",
    "read": "get", "load": "get", "fetch": "get",
    "increment": "add", "incr": "add", "inc": "add",
    "len": "length", "size": "length", "count": "length", "str": "text", "int": "number", "float": "number",
    "contains": "has", "join": "joined", "sort": "sorted", "reverse": "reversed", "substring": "slice",
    "uppercase": "upper", "lowercase": "lower", "strip": "trim",
}  # fmt: skip


def meant(written: str, known: Collection[str]) -> str | None:
    """What of ours a word of others means, where that is known here."""
    ours = _OURS.get(written.lower())
    return ours if ours in known else None
