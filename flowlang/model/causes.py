"""Hangup causes: how a call ended, in one word; and the statuses by which we refuse. One table for all.

Statuses are SIP's (RFC 3261 §21), whatever the backend: a simulated phone is refused in the same terms.
"""

from __future__ import annotations

from typing import Literal

HangupCause = Literal[
    "normal",  # one side hung up an answered call
    "cancelled",  # the caller gave up before the answer
    "no_ack",  # our 200 was never acknowledged
    "rejected",  # 603, 607, 608, 403
    "busy",  # 486, 600
    "no_answer",  # 480, or 408 from the callee
    "not_acceptable",  # no common media: 488, 606, 415; or no answer to our offer
    "redirected",  # 3xx
    "transferred",  # who was at the other end has another there now
    "not_found",  # 404, 410, 484, 604
    "timeout",  # nothing came back at all
    "failed",  # any other refusal, and every error of a server's
    "lost",  # the call was up: the peer forgot it (408 or 481 inside it), or our process left it
]

END_OF_FLOW = 480
"""The flow ended and nobody answered: Temporarily Unavailable."""
DECLINED = 603
"""`hangup` or `stop` before the answer."""
FAULT = 500
"""A fault that no `else` flow took over."""
MOVED = 302
"""`redirect`."""
ANSWERED_ELSEWHERE = 200
"""Why the legs that lost are cancelled (RFC 3326 §2)."""
GOING_AWAY = 503
"""The process ends; a proxy tries elsewhere."""

REFUSAL_OF_ENDING = {"done": END_OF_FLOW, "gone": END_OF_FLOW, "stop": DECLINED, "fault": FAULT}
"""How an activeflow ended -> the refusal of a call that it left unanswered."""

CAUSE_OF_STATUS: dict[int, HangupCause] = {
    403: "rejected", 404: "not_found", 408: "no_answer", 410: "not_found", 415: "not_acceptable",
    480: "no_answer", 484: "not_found", 486: "busy", 487: "cancelled", 488: "not_acceptable", 600: "busy",
    603: "rejected", 604: "not_found", 606: "not_acceptable", 607: "rejected", 608: "rejected",
}  # fmt: skip

REFUSAL_OF_CAUSE: dict[HangupCause, int] = {
    "normal": DECLINED, "rejected": DECLINED, "busy": 486, "no_answer": END_OF_FLOW, "not_acceptable": 488,
    "not_found": 404, "failed": FAULT, "lost": GOING_AWAY,
}  # fmt: skip
"""Why we end a call that is not answered yet -> how it is refused; 603 for any other."""


def hangup_cause(status: int) -> HangupCause:
    """What a final response that refused a call means for the call."""
    if status in CAUSE_OF_STATUS:
        return CAUSE_OF_STATUS[status]
    return "redirected" if 300 <= status < 400 else "failed"


_Q850_OF_STATUS = {
    400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127,
    414: 127, 415: 79, 416: 127, 420: 127, 421: 127, 423: 127, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28,
    485: 1, 486: 17, 488: 88, 500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 505: 127, 513: 127, 600: 17,
    603: 21, 604: 1, 606: 88, 607: 21, 608: 21,
}  # fmt: skip
"""RFC 3398 §7.2.4.1; 488 and 606 as incompatible, 607 and 608 as 603."""
_NO_ANSWER, _TIMER_EXPIRED = 19, 102  # Q.850 table 1
_INTERWORKING = 127


def q850_cause(status: int, *, rang: bool = False) -> int:
    """The Q.850 cause of a call that came to nothing with this status; 0 is silence, or where it `rang`
    nobody answered."""
    if status == 0:
        return _NO_ANSWER if rang else _TIMER_EXPIRED
    return _Q850_OF_STATUS.get(status, _INTERWORKING)
