"""The ear of a softphone: tells sound from silence, and one thing said from the next.

A sound goes on over short pauses, such as those between sentences; `PAUSE` of silence ends it, or `NOTHING`
at all for longer. Times are places in what came, in seconds, so that a stall of the network is no pause.
"""

from __future__ import annotations

import audioop
from dataclasses import dataclass

import trio

from flowlang.rtp import SAMPLE_RATE

PAUSE = 0.8  # seconds; espeak-ng rests about 0.5 s between two sentences
NOTHING = 2.0  # seconds without a packet: the other side sends no silence
AUDIBLE = 100  # root mean square of 32767: -50 dB, under any speech and over G.711's noise
_FRAME = 2 * SAMPLE_RATE // 50  # bytes of 20 ms
_AFTER_KEY = 0.1  # seconds in which what was said before a key may still come in


class NothingHeard(Exception):  # what it says
    """Nothing was said in the time allowed, or the call ended first."""


@dataclass(slots=True)
class Sound:
    """Something said. `level` is the loudest packet's root mean square, of 32767."""

    start: float
    end: float
    level: int

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.start


class Ear:
    """`sounds` are all that was heard, the last one perhaps still going on; `seconds` is the length of all,
    silence included."""

    def __init__(self) -> None:
        self.sounds: list[Sound] = []
        self.seconds = 0.0
        self._last = -NOTHING  # the clock's time at the latest packet
        self._deaf_until = 0.0
        self._cut = False
        self._heard = trio.lowlevel.ParkingLot()
        self._taken = 0
        self._closed = False

    def hear(self, pcm: bytes) -> None:
        """Take one packet of PCM16, or more where silence was left out before it."""
        for start in range(0, len(pcm), _FRAME):
            self._hear_frame(pcm[start : start + _FRAME])
        self._last = trio.current_time()
        self._heard.unpark_all()

    def _hear_frame(self, pcm: bytes) -> None:
        begin = self.seconds
        self.seconds += len(pcm) / 2 / SAMPLE_RATE
        now, level = trio.current_time(), audioop.rms(pcm, 2)
        if level >= AUDIBLE and begin >= self._deaf_until:
            last = self.sounds[-1] if self.sounds else None
            if last is None or self._cut or begin - last.end >= PAUSE or now - self._last >= NOTHING:
                self.sounds.append(Sound(begin, self.seconds, level))
                self._cut = False
            else:
                last.end = self.seconds
                last.level = max(last.level, level)

    def cut(self) -> None:
        """A key was pressed: what is heard from now on is something new."""
        self._taken = len(self.sounds)
        self._deaf_until = self.seconds + _AFTER_KEY
        self._cut = True

    def close(self) -> None:
        """The call is over."""
        self._closed = True
        self._heard.unpark_all()

    async def wait_sound(self, within: float) -> Sound:
        """The next thing said, as soon as it begins. Raises `NothingHeard`."""
        with trio.move_on_after(within):
            while len(self.sounds) <= self._taken and not self._closed:
                await self._heard.park()
        if len(self.sounds) <= self._taken:
            why = "before the call ended" if self._closed else f"within {within:g} s"
            raise NothingHeard(f"nothing was heard {why}")
        self._taken += 1
        return self.sounds[self._taken - 1]

    async def wait_prompt(self, within: float) -> Sound:
        """The next thing said, when it is over. Raises `NothingHeard`."""
        sound = await self.wait_sound(within)
        await self.wait_quiet()
        return sound

    async def wait_quiet(self) -> None:
        """Returns when nothing has been heard for `PAUSE`, or the call is over."""
        while not self._closed and self.sounds and self.seconds - self.sounds[-1].end < PAUSE:
            with trio.move_on_at(self._last + NOTHING) as patience:
                await self._heard.park()
            if patience.cancelled_caught:
                return
