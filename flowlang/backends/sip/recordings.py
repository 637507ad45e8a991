"""What is recorded of one leg: each file by its name, ended by a pause, a limit, the script or the leg."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowlang.backends.border import Finish, nothing
from flowlang.backends.media import CallRecording, MediaPort, Recorded, Recorder, RecordingFile
from flowlang.model.commands import Record
from flowlang.model.results import Done, Failed
from flowlang.model.values import SECOND, Duration


class LegRecordings:
    """`folder` is where they go, `None` where this server keeps none. What is finished is on disk."""

    def __init__(self, folder: Path | None, recorder: Recorder) -> None:
        self._folder = folder
        self._recorder = recorder
        self._live: dict[str, CallRecording] = {}

    def begin(self, command: Record, port: MediaPort, finish: Finish) -> Callable[[], None]:
        """Record, and return how to end it without a word. One of the same name ends."""
        if self._folder is None:
            finish(Failed("no_recordings", "this server has no folder for recordings"))
            return nothing
        self.stop(command.file)
        wanted = True

        def done(recorded: Recorded) -> None:
            if self._live.get(command.file) is recording:
                del self._live[command.file]
            if wanted:
                finish(_result(command, recorded))

        def cancel() -> None:
            nonlocal wanted
            wanted = False
            recording.stop()

        recording = CallRecording(
            self._recorder,
            RecordingFile(self._folder, command.file),
            done,
            both=command.both,
            silence=None if command.silence is None else command.silence / SECOND,
            limit=None if command.limit is None else command.limit / SECOND,
        )
        self._live[command.file] = recording
        port.record_call(recording)
        return cancel

    def stop(self, file: str) -> None:
        """End that one, where there is one."""
        recording = self._live.pop(file, None)
        if recording is not None:
            recording.stop()

    def end(self) -> None:
        """End all."""
        for file in tuple(self._live):
            self.stop(file)


def _result(command: Record, recorded: Recorded) -> Done | Failed:
    if recorded.error is not None:
        return Failed("recording_failed", f"the recording is not whole: {recorded.error}")
    length = Duration(round(recorded.seconds * SECOND))
    return Done({"file": command.file, "duration": length, "by": recorded.by})
