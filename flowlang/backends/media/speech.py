"""What a leg says: one thing after the other, in the order asked for.

Rules: sound is fetched as soon as it is asked for, heard when its turn comes and the media are connected;
where it cannot be had, that is told at once. What is cancelled is silent from the next packet on. Each
command is finished once: at the end of its last packet, with the fault, or with why nothing more is said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

import trio

from flowlang.backends.border import Finish
from flowlang.model.commands import Play, Say
from flowlang.model.results import Done, Failed, Result

from .playback import Ended
from .prompts import Prompt
from .sounds import SoundFault, Sounds


class Playing(Protocol):
    """A sound that is being heard."""

    def stop(self) -> None:
        """Ends it now; after its end this does nothing."""
        ...


class Speaker(Protocol):
    """Where sound is heard: a `MediaPort`, or what a backend has in its place."""

    def play(self, prompt: Prompt, done: Callable[[Ended], None], /) -> Playing:
        """Lets it be heard now; `done` is told once how it ended."""
        ...


class _Utterance:
    """One command. `prompts` is what of it has not begun yet, `None` while it is being fetched."""

    __slots__ = ("finish", "prompts", "scope")

    def __init__(self, finish: Finish) -> None:
        self.finish = finish
        self.prompts: deque[Prompt] | None = None
        self.scope = trio.CancelScope()


class Speech:
    """One leg's. Nothing is heard before `connect`."""

    def __init__(self, sounds: Sounds, nursery: trio.Nursery) -> None:
        self._sounds = sounds
        self._nursery = nursery
        self._queue: deque[_Utterance] = deque()
        self._port: Speaker | None = None
        self._playback: Playing | None = None

    def add(self, command: Say | Play, finish: Finish) -> Callable[[], None]:
        """Say this after all else; returns how to cancel it."""
        utterance = _Utterance(finish)
        self._queue.append(utterance)
        self._nursery.start_soon(self._fetch, command, utterance)
        return lambda: self._cancel(utterance)

    def connect(self, port: Speaker) -> None:
        """Let it be heard from now on."""
        self._port = port
        self._go_on()

    def end(self, result: Result) -> None:
        """Nothing is said any more; everything asked for is finished with this."""
        queue, self._queue = self._queue, deque()
        self._stop()
        for utterance in queue:
            utterance.scope.cancel()
            utterance.finish(result)

    async def _fetch(self, command: Say | Play, utterance: _Utterance) -> None:
        with utterance.scope:
            try:
                utterance.prompts = deque(await self._sounds.fetch(command))
            except SoundFault as fault:
                self._drop(utterance, fault.failed)
        self._go_on()

    def _drop(self, utterance: _Utterance, failed: Failed) -> None:
        if utterance in self._queue:
            self._queue.remove(utterance)
            utterance.finish(failed)

    def _go_on(self) -> None:
        """Begin the next prompt, unless one is being heard or is not there yet."""
        while self._port is not None and self._playback is None and self._queue:
            utterance = self._queue[0]
            if utterance.prompts is None:
                return
            if utterance.prompts:
                self._playback = self._port.play(utterance.prompts.popleft(), self._over)
                return
            self._queue.popleft()
            utterance.finish(Done())

    def _over(self, how: Ended) -> None:
        if how is Ended.FINISHED:  # else it was stopped from here, or its port was closed
            self._playback = None
            self._go_on()

    def _cancel(self, utterance: _Utterance) -> None:
        if utterance not in self._queue:
            return
        heard = utterance is self._queue[0]
        self._queue.remove(utterance)
        utterance.scope.cancel()
        if heard:
            self._stop()
        self._go_on()

    def _stop(self) -> None:
        playback, self._playback = self._playback, None
        if playback is not None:
            playback.stop()
