"""The ledgers against the data folder: what was lost, what came twice, what is open, which records are wrong.

What was acknowledged and is neither done, nor open in the outbox, nor told there to have failed or to be in
doubt, is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from flowlang.store.reading import Archive, open_archive
from flowlang.store.sending import Sending

from .call_records import judged
from .ledger import Ledger, Mark
from .smsc import Smsc
from .world import World

WRONG = (
    "lost", "doubled", "cdr_wrong", "messages_wrong", "open", "failed", "standing", "inputs_mixed_up",
    "written_to_opted_out", "unconfirmed",
)  # fmt: skip
"""What has to be 0."""
_SHOWN = 10


def verdict(world: World) -> dict[str, Any]:
    """When the last process has ended politely, and all phones are silent."""
    with open_archive(world.folder / "data", world.folder / "keys") as archive:
        return {
            **_things(world, archive.outbox()),
            **_peers(world, archive),
            **judged(list(archive.records()), world.phones.calls(), world.kills),
            **_message_records(world, archive),
        }


def _things(world: World, outbox: Iterable[Sending]) -> dict[str, Any]:
    """What was given, and what became of it."""
    ledger = world.ledger
    outbox = list(outbox)
    rows = {ledger.mark_of(each.command): each.state for each in outbox}
    states = Counter(each.state for each in outbox if not is_over(each))
    lost, waits = lost_of(ledger, rows)
    unconfirmed = [each for each in lost if each.startswith("sms stopped ")]
    lost = [each for each in lost if each not in unconfirmed]
    done = {name.split()[1] for name, each in ledger.told.items() if each.get("how") == "ok"}
    lost += sorted(done - {each.split()[1] for each in world.http.posted})
    waits += [f"not acknowledged: {each}" for each in sorted(ledger.unacknowledged)]
    waits += [" ".join(mark) for mark, state in rows.items() if state == "open"]
    answers = [each for each in ledger.told if each.startswith("told ")]
    mixed_up = [each for each in answers if not _is_as_answered(ledger, each)]
    return {
        "acknowledged": len(ledger.acknowledged),
        "told": len(ledger.told),
        "lost": len(lost),
        "lost_names": lost[:_SHOWN],
        "open": len(waits),
        "open_names": waits[:_SHOWN],
        "failed": states["failed"],
        "unknown_without_keys": sum(each.state == "unknown" for each in outbox)
        + sum(each.get("how") == "unknown" for each in ledger.told.values()),
        "unconfirmed": len(unconfirmed),
        "inputs_mixed_up": len(mixed_up),
        "mixed_names": [(each, ledger.told[each]["answers"]) for each in mixed_up[:_SHOWN]],
    }


def is_over(sending: Sending) -> bool:
    """Whether nobody is to send one of the outbox again: it may have arrived, or its person wants none."""
    return sending.state == "unknown" or (sending.state == "failed" and sending.reason == "opted_out")


def lost_of(ledger: Ledger, rows: Mapping[Mark, str]) -> tuple[list[str], list[str]]:
    """Of what was not seen yet, by its marks: what is lost, and what may come, as not all that it needs was
    acknowledged. `rows` are the states of what is in the outbox, which is not lost."""
    lost: list[str] = []
    waits: list[str] = []
    for name, marks in ledger.wanted.items():
        for mark in sorted(marks - rows.keys()):
            (lost if _is_acknowledged(ledger, name, mark) else waits).append(" ".join(mark))
    return lost, waits


def _is_acknowledged(ledger: Ledger, name: str, mark: Mark) -> bool:
    """All that was given for it."""
    if mark[1].startswith("and "):
        return mark[1] in ledger.acknowledged
    answers = ledger.answers.get(name, {}).values()
    return name in ledger.acknowledged and not any(each in ledger.unacknowledged for each in answers)


def _is_as_answered(ledger: Ledger, told: str) -> bool:
    given = ledger.answers.get(told.split()[1], {})
    return [str(each) for each in ledger.told[told]["answers"]] == [given.get(n) for n in (1, 2, 3)]


def _peers(world: World, archive: Archive) -> dict[str, Any]:
    """What came twice, and what came to those who wanted no more."""
    posted = Counter(world.http.posted)
    unkeyed: tuple[Counter[Any], ...] = world.mailbox.subjects, world.smsc.delivered, posted
    standing = [f"{each.id} {each.opening['flow']} is {each.state}" for each in archive.activeflows()]
    written = sum(world.texts[person] - before for person, before in world.stopped.items())
    return {
        "standing": len(standing),
        "standing_names": standing[:_SHOWN],
        "doubled": world.ledger.twice + world.http.mixed,
        "sent_again_by_key": world.http.again,
        "doubled_without_keys": sum(times - 1 for each in unkeyed for times in each.values()),
        "written_to_opted_out": written,
        "opted_out": len(world.stopped),
        "reports": len(world.smsc.reported),
        "unanswered_again": world.smsc.again,
        "refused_for_now": world.smsc.refused,
        "mails_refused": world.mailbox.refused,
    }


def _message_records(world: World, archive: Archive) -> dict[str, Any]:
    """The message records that are missing or too many: of each person those that came from him, and those
    that he got or may have got; of the mails those that went out. And the receipts of which none tells."""
    came: Counter[str] = Counter()
    certain: Counter[str] = Counter()
    doubtful: Counter[str] = Counter()
    delivered: dict[str | None, bool] = {}
    for each in archive.messages():
        other = each.to if each.direction == "out" else each.source or ""
        whom = "mail" if each.channel == "email" else other.removeprefix("sms:")
        if each.direction == "in":
            came[whom] += 1
            continue
        certain[whom] += each.sent is not None
        # One that a former process had sent is refused as its person opted out, and no backend asked.
        in_doubt = each.unknown is not None or each.cause == "opted_out"
        doubtful[whom] += each.sent is None and in_doubt
        delivered[each.message] = each.delivered is not None
    got: Counter[str] = Counter({"mail": world.mailbox.subjects.total()})
    for (person, _), times in world.smsc.delivered.items():
        got[person] += times
    wrote = Counter(world.smsc.writers)
    wrong = {f"from {each}": came[each] - wrote[each] for each in came | wrote}
    for whom in got | certain:
        too_many = certain[whom] - got[whom]
        wrong[f"to {whom}"] = too_many if too_many > 0 else min(0, too_many + doubtful[whom])
    told = {
        f"receipt {each}": not _is_told(world.smsc, each, delivered, doubtful) for each in world.smsc.reported
    }
    names = {name: count for name, count in {**wrong, **told}.items() if count}
    return {
        "messages_wrong": sum(map(abs, names.values())),
        "messages_names": list(names.items())[:_SHOWN],
    }


def _is_told(
    smsc: Smsc, message: str, delivered: Mapping[str | None, bool], doubtful: Mapping[str, int]
) -> bool:
    """Whether a record tells that a message was delivered. None can of one whose id nobody ever heard: then
    it tells that nobody knows what became of it."""
    return delivered.get(message, doubtful.get(smsc.submitted[message], 0) > 0)
