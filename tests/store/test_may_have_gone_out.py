"""A message that a former process may have given away is `unknown`, also where its person has opted out;
one that certainly waited is `opted_out` then, and nobody gets either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import Marking
from flowlang.backends.email import EmailBackend, Sender, Server, Writer
from flowlang.backends.on_wire import OnWire
from flowlang.backends.smpp import Account, SmppBackend, Smsc
from flowlang.backends.sms_gateway import TWILIO, SmsGatewayBackend
from flowlang.model.message_commands import SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from flowlang.store.opt_outs import OptedOut
from flowlang.store.reading import open_archive
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier

Virtual = trio.testing.MockClock

ANN = "+14155550100"
SEND = f"""
policy {{ allow sms "*" }}
flow main {{ let s = sms(to: "{ANN}", text: "hi")
    match s {{ failed as f => log "failed ${{f.reason}}"; unknown => log "unknown"; _ => log "sent" }} }}
"""


class Marked(Carrier):
    """Marks what it gives away, and has no answer to it."""

    def __init__(self, marks: Path, *, gives_away: bool) -> None:
        super().__init__(self._give)
        self._on_wire = OnWire(marks)
        self._gives_away = gives_away

    def may_have_sent(self, key: str) -> bool:
        return self._on_wire.before(key)

    def _give(self, command: SendMessage) -> Result | None:
        if self.may_have_sent(command.key):
            return Done(Outcome("unknown"))
        if self._gives_away:
            self._on_wire.begin(command.key)
        return None


async def process(folder: Path, carrier: Carrier, text: str | None) -> None:
    async def beside(work: Callable[[], None]) -> None:
        work()

    with SqliteStore(folder / "data") as store:
        opted_out = OptedOut(store.folder)
        async with flowlang.open_engine(
            [carrier], store=store, policy=EVERYTHING, beside=beside, opted_out=opted_out
        ) as engine:
            engine.recover()
            if text is not None:
                engine.load_text(text)
                engine.start("main")
            await engine.listen()
            await trio.sleep(10)
            if text is not None:
                opted_out.add(f"sms:{ANN}")
        opted_out.close()


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("gave_away", [False, True])
async def test_what_may_have_gone_out_is_unknown_to_the_outbox_and_in_its_record(
    gave_away: bool, over: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    text = (
        SEND.replace("{ let s", "{ within 1s { let s").replace("} }\n", "} } else { } }\n") if over else SEND
    )
    await process(tmp_path, Marked(tmp_path / "marks", gives_away=gave_away), text)
    second = Marked(tmp_path / "marks", gives_away=True)
    await process(tmp_path, second, None)
    with open_archive(tmp_path / "data") as archive:
        (kept,) = archive.outbox()
        (record,) = archive.messages()
    state = ("unknown", None) if gave_away else ("failed", "opted_out")
    assert (kept.state, kept.reason) == state
    assert (record.unknown is not None, record.failed is not None) == (gave_away, not gave_away)
    assert record.cause == state[1]


@pytest.mark.parametrize(
    "made",
    [
        lambda marks: SmppBackend(Smsc("smsc", 1, Account("desk")), "+16062067563", on_wire=marks),
        lambda marks: SmsGatewayBackend("gateway", TWILIO, source="+16062067563", on_wire=marks),
        lambda marks: EmailBackend(Writer("mailto:a@b.example"), Sender(Server("mx", 25), on_wire=marks)),
    ],
)
def test_each_that_sends_to_who_knows_no_keys_tells_what_may_have_gone_out(
    made: Callable[[OnWire], object], tmp_path: Path
) -> None:
    OnWire(tmp_path / "marks").begin("one")
    backend = made(OnWire(tmp_path / "marks"))
    assert isinstance(backend, Marking)
    assert [backend.may_have_sent(each) for each in ("one", "another")] == [True, False]
