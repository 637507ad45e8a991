"""`record`, `start_recording`, `stop_recording`."""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault
from flowlang.model.commands import Record, StopRecording
from flowlang.model.events import CALLER_LEG
from flowlang.model.recordings import RECORDING_FORM, is_recording
from flowlang.model.results import Result
from flowlang.model.values import Duration, Outcome, Value

from ..mailbox import Mailbox
from ..outbox import unheard
from .stage import Stage
from .undoing import Undoing


async def record(stage: Stage) -> Outcome:
    """Records until a key, a pause or the limit ends it. The caller's leaving keeps what there is."""
    file = recording_file(stage.text("to"))
    terminator = stage.text("terminator")
    await stage.answer_first()
    flow = stage.flow
    box: Mailbox[str | Result] = Mailbox(stage.strand)
    flow.digits.collect(stage.strand, box.put)
    command = Record(CALLER_LEG, file, _length(stage, "silence"), _length(stage, "limit"))
    withdraw = stage.begin(command, box.put)
    by_key = False

    def stop() -> None:
        flow.digits.stop_collecting(stage.strand)
        withdraw()

    with Undoing(stop):
        while isinstance(news := await box.get(), str):
            if news == terminator and not by_key:
                by_key = True
                stage.begin(StopRecording(CALLER_LEG, file), unheard)
    match stage.value_of(news):
        case {"duration": Duration() as duration, "by": str(by)} if duration.microseconds > 0:
            fields: dict[str, Value] = {"file": file, "duration": duration, "by": "key" if by_key else by}
            return Outcome("recorded", fields)
        case _:
            return Outcome("silent")


async def start_recording(stage: Stage) -> None:
    """Records both sides from here on."""
    file = recording_file(stage.text("to"))
    flow = stage.flow
    await stop_recording(stage)
    flow.recording = file
    stage.begin(Record(CALLER_LEG, file, None, None, both=True), unheard)


async def stop_recording(stage: Stage) -> None:
    """Ends it."""
    flow = stage.flow
    file, flow.recording = flow.recording, None
    if file is not None:
        await stage.perform(StopRecording(CALLER_LEG, file))


def _length(stage: Stage, name: str) -> int:
    value = stage.given[name]
    if not isinstance(value, Duration) or value.microseconds <= 0:
        raise Fault("value", f"`{name}` of `record` is a duration above zero")
    return value.microseconds


def recording_file(name: str) -> str:
    """A name that leads nowhere but below the folder of recordings."""
    if not is_recording(name):
        raise Fault("value", RECORDING_FORM)
    return name
