"""What each built-in action does: a coroutine each, actions of a kind in one file; and what they share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from flowlang.model.values import Value

from . import ask, call, call_control, dial, http, log, messages, recording, speaking, sql, store
from .stage import Stage

ActionBody = Callable[[Stage], Awaitable[Value]]

ACTION_BODIES: Mapping[str, ActionBody] = {
    "answer": call_control.answer,
    "ring": call_control.ring,
    "reject": call_control.reject,
    "hangup": call_control.hangup,
    "say": speaking.say,
    "play": speaking.play,
    "ask": ask.ask,
    "log": log.log,
    "sms": messages.sms,
    "email": messages.email,
    "chat": messages.chat,
    "send": messages.send,
    "notify": messages.notify,
    "webhook": http.webhook,
    "http.get": http.get,
    "http.post": http.post,
    "http.put": http.put,
    "http.delete": http.delete,
    "store.get": store.get,
    "store.put": store.put,
    "store.add": store.add,
    "sql.query": sql.query,
    "sql.run": sql.run,
    "dial": dial.dial,
    "call": call.call,
    "record": recording.record,
    "start_recording": recording.start_recording,
    "stop_recording": recording.stop_recording,
    "redirect": call_control.redirect,
    "transfer": call_control.transfer,
    "hold": call_control.hold,
    "unhold": call_control.hold,
    "mute": call_control.mute,
    "unmute": call_control.mute,
    "press": call_control.press,
}
