"""An activeflow that has to wait for its host, or for a key, keeps its conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

import flowlang
from flowlang.backends.border import Incoming, Refusal
from flowlang.model.action import Action
from flowlang.model.policy import EVERYTHING
from flowlang.store.sqlite import SqliteStore

from .recovering import Carrier

Virtual = trio.testing.MockClock

_TALK = """
route sms => talk
flow talk {
    send "first ${message.text}"
    loop up to 5 {
        let next = wait for message
        PAY
        send "next ${next.text}"
    }
}
"""
_ANN, _BEN = "+14155550100", "+14155550101"


class Trying(Carrier):
    """Keeps what nobody takes now; `receive` gives whether it was taken."""

    def write(self, person: str, text: str) -> Refusal | None:
        host = self._host
        assert host is not None
        data = {"text": text, "subject": None, "id": f"id-{text}"}
        return host.receive(Incoming("sms", "sms:+16062067563", f"sms:{person}", f"in-{text}", data=data))


async def process(folder: Path, messages: str, *, pays: bool, parks: bool) -> tuple[list[str], list[int]]:
    """What went out, and the status of each message that was refused."""

    async def pay() -> None:
        pass

    carrier, refused = Trying(), list[int]()
    with SqliteStore(folder) as store:
        async with flowlang.open_engine([carrier], store=store, policy=EVERYTHING) as engine:
            if pays:
                engine.add_action(Action("pay", "Pays."), pay)
            engine.recover()
            engine.load_text(_TALK.replace("PAY", "pay()" if pays else ""))
            await engine.listen()
            for text in messages:
                answer = carrier.write(_BEN if text.isupper() else _ANN, text)
                refused += [answer.status] if answer is not None else []
                await trio.sleep(1)
            await trio.sleep(75 if parks else 1)
    return carrier.sent, refused


@pytest.mark.parametrize("parks", [False, True])
async def test_what_is_said_to_one_that_is_held_may_be_said_again_and_begins_nothing(
    parks: bool, tmp_path: Path, autojump_clock: Virtual
) -> None:
    assert await process(tmp_path, "ab", pays=True, parks=parks) == (["first a", "next b"], [])
    assert await process(tmp_path, "cX", pays=False, parks=parks) == (["first X"], [503])
    assert await process(tmp_path, "cd", pays=True, parks=parks) == (["next c", "next d"], [])
