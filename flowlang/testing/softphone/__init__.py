"""A softphone of ours, for tests and demonstrations: it calls, hears, records, presses keys and hangs up.

    async with open_softphone() as phone:
        call = await phone.call("sip:+16062067563@127.0.0.1:5060", record=Path("heard.wav"))
        await call.wait_answered()              # CallFailed, with its status, where it is refused
        prompt = await call.wait_prompt()       # Sound(start, end, level): the next thing said, to its end
        call.press("1")                         # RFC 4733
        await call.wait_prompt()
        await call.hang_up()

It is called, too:

    await phone.register(OwnAccount("sip:20@office", [server], Credentials("20", "secret")))
    called = await phone.next_call()
    called.ring()
    called.answer()
    called.speak(prompt)

As a program: `python -m flowlang.testing.softphone sip:… --script "wait-for-prompt; press 1; hangup"`.
"""

from __future__ import annotations

from .call import CallFailed, PhoneCall
from .called import CalledCall
from .ear import Ear, NothingHeard, Sound
from .phone import Softphone, open_softphone

__all__ = [
    "CallFailed",
    "CalledCall",
    "Ear",
    "NothingHeard",
    "PhoneCall",
    "Softphone",
    "Sound",
    "open_softphone",
]
