"""What it means that somebody who was called did not answer, and which of several such words counts.

A 6xx speaks for the person, wherever he is (RFC 3261 §16.7 step 5); then busy, no answer, rejected, failed.
For a `dial` of several and for the phones of one account it is the same.
"""

from __future__ import annotations

from typing import Literal

UnansweredName = Literal["busy", "no_answer", "rejected", "failed"]

_BUSY = frozenset({486, 600})  # RFC 3261 §21.4.24, §21.6.1
_REJECTED = frozenset({603, 607, 608})  # RFC 3261 §21.6.2, RFC 8197, RFC 8688
_ORDER: tuple[UnansweredName, ...] = ("busy", "no_answer", "rejected", "failed")


def unanswered_name(status: int, *, rang: bool = False, late: bool = False) -> UnansweredName:
    """The outcome's name; `status` is 0 where nothing came, `late` where it rang for too long. A 408 is the
    callee's only where it rang: else nothing was there."""
    if late or status == 480 or (status == 408 and rang):
        return "no_answer"
    if status in _BUSY:
        return "busy"
    return "rejected" if status in _REJECTED else "failed"


def unanswered_rank(status: int, *, rang: bool = False, late: bool = False) -> tuple[bool, int, bool]:
    """The least counts; of two that failed, whoever said something."""
    return (status < 600, _ORDER.index(unanswered_name(status, rang=rang, late=late)), status == 0)
