"""Media: what a call leg hears and says. Sockets and the one ticker, under trio.

    plane = MediaPlane(MediaConfig(ports=(16384, 32766)))
    await nursery.start(plane.run)                        # one task for all legs; cancel it to stop

    port = plane.open("192.0.2.1")                        # an even UDP port; port.address goes into the SDP
    port.connect(("198.51.100.7", 4000), PCMU, ptime=20, event_payload_type=101)
    port.on_digit = lambda digit: ...                     # "0".."9", "*", "#", "A".."D", once a key press
    prompt = await plane.prompts.load(Path("hello.wav"))  # PromptError names file and fault
    playback = port.play(prompt, done=lambda end: ...)    # end: Ended.FINISHED or Ended.STOPPED, told once
    playback.stop()
    port.close()

Rules for callers
- Everything but `plane.run` and `prompts.load` is synchronous, must be called in the trio thread and never
  blocks.
- `open` raises `NoPortLeft` or `MediaError`, `connect` raises `MediaError` for an address that cannot be sent
  to.
- `connect` may be called again at any time (re-INVITE, UPDATE): the sound goes on where it is. An address of
  0.0.0.0 or ::, or port 0, is hold: nothing is sent, digits are still heard, playbacks run on unheard.
  `sending=False` is the same for `a=sendonly` or `a=inactive` of the peer.
- Until `connect`, nothing is sent and every packet that comes is dropped.
- While nothing plays, a little silence is sent (`MediaConfig.silence`), which keeps NAT bindings and media
  timers alive; what is to be heard follows by its timestamp.
- One playback a port: `play` stops the one before it. `done` is told FINISHED when the last packet time is
  over (a script's timeouts run from there), STOPPED at `stop()`, at the next `play` and at `close()`.
- `done` and `on_digit` are called from the ticker or from the call that causes them; they must be quick and
  not raise (what they raise is logged, and the other legs go on).
- `pass_to(other)` sends on by another port what this one hears; two that do it are a bridge. A prompt of our
  own, or what is played `behind`, is heard in place of the other.
- Packets that are not accepted by `flowlang.rtp.SourceGuard` are neither heard nor answered.
- The clock is trio's, so `trio.testing.MockClock` drives the ticker.
"""

from __future__ import annotations

from flowlang.rtp import PCMA, PCMU, Address, Codec, PromptError

from .call_recording import CallRecording, Recorded
from .errors import MediaError, NoPortLeft
from .plane import MediaConfig, MediaPlane, PlaneStats
from .playback import Ended, Playback
from .port import MediaPort
from .prompts import Prompt, PromptCache, read_prompt
from .recorder import Recorder, RecordingFile
from .recording import Recording
from .stats import PortStats
from .tones import hold_music, ringing_tone

__all__ = [
    "PCMA",
    "PCMU",
    "Address",
    "CallRecording",
    "Codec",
    "Ended",
    "MediaConfig",
    "MediaError",
    "MediaPlane",
    "MediaPort",
    "NoPortLeft",
    "PlaneStats",
    "Playback",
    "PortStats",
    "Prompt",
    "PromptCache",
    "PromptError",
    "Recorded",
    "Recorder",
    "Recording",
    "RecordingFile",
    "hold_music",
    "read_prompt",
    "ringing_tone",
]
