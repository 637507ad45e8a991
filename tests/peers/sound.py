"""Tones that peers say and hear, told apart by Goertzel's filter: what came through a call and a peer's own
decoder, jitter buffer and file is no longer known to the sample, its pitch is."""

from __future__ import annotations

import math
from array import array

from tests.call.prompts import FRAME, RATE, Prompt, tone

PROMPT = tone("prompt", 410, 0.6)
LONG = tone("long", 470, 30.0)
VOICES = {
    "alice": tone("alice", 600, 30.0),
    "bob": tone("bob", 850, 30.0),
    "carol": tone("carol", 1100, 30.0),
}
PITCHES = {PROMPT.name: 410, LONG.name: 470, "alice": 600, "bob": 850, "carol": 1100}

ALMOST_ALL = 0.7  # of a frame's energy; a frame of 20 ms blurs a tone over some 50 Hz
LOUD = 500.0  # a frame's root mean square, of 32768; the tones have 6400


def seconds_of(prompt: Prompt | str, pcm: bytes) -> float:
    """For how long a tone is what is heard in 16-bit samples at 8 kHz."""
    name = prompt if isinstance(prompt, str) else prompt.name
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    frames = [samples[at : at + FRAME] for at in range(0, len(samples) - FRAME + 1, FRAME)]
    return sum(_is(PITCHES[name], frame) for frame in frames) * FRAME / RATE


def _is(hertz: float, frame: array[int]) -> bool:
    energy = float(sum(each * each for each in frame))
    if energy < LOUD**2 * len(frame):
        return False
    coefficient = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for each in frame:
        before, last = last, each + coefficient * last - before
    power = before**2 + last**2 - coefficient * before * last
    return 2 * power / len(frame) > ALMOST_ALL * energy
