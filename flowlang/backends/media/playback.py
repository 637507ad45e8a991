"""One prompt on its way out: a position that moves a packet at a time, and who is told of its end."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import ParamSpec

from .prompts import Prompt

_log = logging.getLogger(__name__)

P = ParamSpec("P")


class Ended(enum.Enum):
    """How a playback ended: all of it was sent, or it was stopped."""

    FINISHED = "finished"
    STOPPED = "stopped"


Done = Callable[[Ended], None]


class Playback:
    """Returned by `MediaPort.play`. Its end is told to `done` exactly once."""

    __slots__ = ("_done", "loop", "position", "prompt")

    def __init__(self, prompt: Prompt, done: Done | None, *, loop: bool) -> None:
        self.prompt = prompt
        self.loop = loop
        self.position = 0  # samples sent
        self._done: Done | None = done or _nobody

    @property
    def active(self) -> bool:
        """False once it has ended."""
        return self._done is not None

    def stop(self) -> None:
        """End it now; after its end this does nothing."""
        self.end(Ended.STOPPED)

    def end(self, how: Ended) -> None:
        """Mark it ended and tell; the second call does nothing."""
        done, self._done = self._done, None
        if done is not None:
            guarded(done, how)


def _nobody(_: Ended) -> None:
    pass


def guarded(callback: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a leg's callback; a fault in it is logged and must not silence the other legs."""
    try:
        callback(*args, **kwargs)
    except Exception:  # noqa: BLE001 - whatever it is, the ticker serves every other call
        _log.exception("a media callback failed")
