"""The call records against what the phones saw: each answered call has one record, with its times.

A call is matched by its Call-ID. One that was placed, and of whose answer the service never learned, has a
record without: it is matched by its number, and each such record by one call alone. Who picks up when the
process that called him is gone is acknowledged and hung up on by the next: his record tells of no answer
(`cdr_picked_up_late`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from .phones import SeenCall

SLACK = 5.0  # seconds that a phone of a busy machine may see something later, or sooner
MOMENT = 1.0  # seconds from the ACK to the BYE of one who picked up late
SECOND = 1_000_000  # microseconds
Record = dict[str, Any]


def judged(records: Sequence[Record], calls: Iterable[SeenCall], kills: Sequence[float]) -> dict[str, Any]:
    """How many records are missing, twice there, open, without the answer that a phone saw, or at odds with
    its times; `cdr_wrong` is all of these. `kills` is when, in seconds since 1970-01-01 UTC."""
    found, missing = _matched(records, calls)
    twice = Counter(each["call_id"] for each in records)
    silent = [(call, record) for call, record in found if record["answered"] is None]
    unanswered = [call.call_id for call, record in silent if not _is_late(call, record, kills)]
    untimely = {str(record["leg"]): why for record in records if (why := _at_odds(record)) is not None}
    for call, record in found:
        if record["leg"] not in untimely and (why := _differs(call, record)) is not None:
            untimely[record["leg"]] = why
    doubled = sum(times - 1 for times in twice.values())
    still_open = sum(each["ended"] is None or not each["cause"] for each in records)
    return {
        "calls_answered": len(found) + len(missing),
        "calls_held": sum(call.held is not None for call, _ in found),
        "records": len(records),
        "cdr_wrong": len(missing) + doubled + still_open + len(unanswered) + len(untimely),
        "cdr_missing": len(missing),
        "cdr_by_number": sum(call.call_id != record["call_id"] for call, record in found),
        "cdr_doubled": doubled,
        "cdr_open": still_open,
        "cdr_picked_up_late": len(silent) - len(unanswered),
        "cdr_not_answered": len(unanswered),
        "cdr_untimely": len(untimely),
        "cdr_names": [*(each.call_id for each in missing), *unanswered, *untimely.items()][:10],
    }


def _matched(
    records: Sequence[Record], calls: Iterable[SeenCall]
) -> tuple[list[tuple[SeenCall, Record]], list[SeenCall]]:
    """Each call with its record; and those that have none."""
    named = {each["call_id"]: each for each in records}
    nameless: dict[str, list[Record]] = defaultdict(list)
    for each in records:
        if each["direction"] == "out" and each["call_id"] == each["leg"]:
            nameless[_number(each["to"])].append(each)
    found: list[tuple[SeenCall, Record]] = []
    missing: list[SeenCall] = []
    for call in sorted(calls, key=lambda each: each.answered):
        record = named.get(call.call_id)
        if record is None and call.direction == "out":
            fits = [each for each in nameless[call.number] if each["started"] <= _at(call.answered + SLACK)]
            record = fits[-1] if fits else None
            if record is not None:
                nameless[call.number].remove(record)
        if record is None or record["direction"] != call.direction:
            missing.append(call)
        else:
            found.append((call, record))
    return found, missing


def _number(to: str) -> str:
    """Of an address that was called."""
    return to.removeprefix("sip:").partition("@")[0]


def _is_late(call: SeenCall, record: Record, kills: Sequence[float]) -> bool:
    """Whether who was called picked up when the process was gone, and was hung up on at once."""
    killed = any(record["started"] <= _at(each) <= _at(call.answered) for each in kills)
    at_once = call.ended is not None and call.ended - call.answered <= MOMENT
    return killed and at_once and call.direction == "out" and record["cause"] == "lost"


def _at_odds(record: Record) -> str | None:
    """What is wrong with the times of a record in itself."""
    times = [record[each] for each in ("started", "rang", "answered", "ended") if record[each] is not None]
    if times != sorted(times):
        return "its times are not in order"
    talked = record["ended"] - record["answered"] if record["answered"] and record["ended"] else 0
    if not 0 <= record["held"] <= talked:
        return f"held for {record['held']} of {talked}"
    return None


def _differs(call: SeenCall, record: Record) -> str | None:
    """How the times of a record differ from those that a phone saw."""
    if record["answered"] is not None and not _near(record["answered"], call.answered):
        return f"answered at {record['answered']}, seen at {_at(call.answered)}"
    if record["ended"] is None or record["answered"] is None:
        return None
    if call.held is None and record["held"] and (call.ended or record["cause"] != "lost"):
        return f"held for {record['held']}, and never was"
    if record["cause"] == "lost":  # as of when the process was last known to be there
        late = call.ended is not None and record["ended"] > _at(call.ended + SLACK)
        return f"ended at {record['ended']}, seen at {_at(call.ended or 0)}" if late else None
    if call.ended is not None and not _near(record["ended"], call.ended):
        return f"ended at {record['ended']}, seen at {_at(call.ended)}"
    if call.held is not None and call.resumed is not None:
        seen = call.resumed - call.held
        if not 0 < record["held"] <= _at(seen + SLACK):
            return f"held for {record['held']}, seen for {_at(seen)}"
    return None


def _near(at: int, seen: float) -> bool:
    return abs(at - _at(seen)) <= _at(SLACK)


def _at(seconds: float) -> int:
    return round(seconds * SECOND)
