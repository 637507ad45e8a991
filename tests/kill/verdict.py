"""The ledgers against the data folder: what was lost, what came twice, which records are wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flowlang.store.reading import Archive, open_archive

from .world import World


def verdict(world: World) -> dict[str, Any]:
    """When the last process has ended politely, and all phones are silent."""
    with open_archive(world.folder / "data", world.folder / "keys") as archive:
        wrong = _message_records(world, archive)
        return {**_messages(world, archive), **_calls(world, archive), "messages_wrong": wrong}


def _messages(world: World, archive: Archive) -> dict[str, Any]:
    ledger = world.ledger
    outbox = Counter(each.state for each in archive.outbox())
    given_up = {_name_of(each.command) for each in archive.outbox() if each.state != "open"}
    mails = Counter(str(each["subject"]) for each in world.mailbox.mails)
    done = [each for each in ledger.told if each.startswith("told ")]
    wanted = {f"half {each.split()[1]}" for each in done}
    wanted |= {each for each in ledger.told if each.startswith("paid ")}
    no_mail = wanted - mails.keys() - given_up
    texts = {text for _, text in world.smsc.delivered}
    no_text = {f"done {each.split()[1]}" for each in done} - texts - given_up
    posted = Counter(world.http.posted)
    ends = {name.split()[1]: each["how"] for name, each in ledger.told.items() if name.startswith("ended ")}
    no_post = {name for name, how in ends.items() if how == "ok" and f"posted {name}" not in posted}
    mixed_up = [
        each
        for each in done
        if [str(a) for a in ledger.told[each]["answers"]]
        != [ledger.answers[each.split()[1]].get(number) for number in (1, 2, 3)]
    ]
    left = [each.id for each in archive.activeflows()]
    lost = sorted({*ledger.missing(), *no_mail, *no_text, *no_post})
    unkeyed: tuple[Counter[Any], ...] = mails, world.smsc.delivered, posted
    return {
        "acknowledged": len(ledger.acknowledged),
        "told": len(ledger.told),
        "lost": len(lost) + len(left),
        "lost_names": [*lost, *left][:10],
        "doubled": ledger.twice + world.http.mixed,
        "sent_again_by_key": world.http.again,
        "doubled_without_keys": sum(times - 1 for each in unkeyed for times in each.values()),
        "unknown_without_keys": sum(how == "unknown" for how in ends.values()) + outbox["unknown"],
        "failed": outbox["failed"] + outbox["open"],
        "inputs_mixed_up": len(mixed_up),
        "mixed_names": [(each, ledger.told[each]["answers"]) for each in mixed_up[:5]],
        "unanswered_again": world.smsc.again,
        "refused_for_now": world.smsc.refused,
    }


def _name_of(command: dict[str, Any]) -> str:
    """As the ledgers call it."""
    return str(command.get("subject") or command.get("text") or "")


def _message_records(world: World, archive: Archive) -> int:
    """How many message records there are too few or too many: of each person those that came from him, and
    those that he got or may have got; of the mails those that went out."""
    came: Counter[str] = Counter()
    certain: Counter[str] = Counter()
    doubtful: Counter[str] = Counter()
    for each in archive.messages():
        whom = (
            "mail"
            if each.channel == "email"
            else _number(each.to if each.direction == "out" else each.source)
        )
        if each.direction == "in":
            came[whom] += 1
        elif each.sent is not None:
            certain[whom] += 1
        elif each.unknown is not None:
            doubtful[whom] += 1
    got: Counter[str] = Counter({"mail": len(world.mailbox.envelopes)})
    for (person, _), times in world.smsc.delivered.items():
        got[person] += times
    wrote = Counter(world.smsc.writers)
    wrong = sum(abs(came[person] - wrote[person]) for person in came | wrote)
    for whom in got | certain:
        wrong += max(0, certain[whom] - got[whom]) + max(0, got[whom] - certain[whom] - doubtful[whom])
    return wrong


def _number(address: str | None) -> str:
    return (address or "").removeprefix("sms:")


def _calls(world: World, archive: Archive) -> dict[str, Any]:
    records = list(archive.records())
    by_call = Counter(each["call_id"] for each in records)
    answered = set(world.phones.answered())
    unnamed = sum(each["call_id"] == each["leg"] and each["cause"] == "lost" for each in records)
    missing = max(0, len(answered - by_call.keys()) - unnamed)
    doubled = sum(times - 1 for times in by_call.values())
    open_ = sum(each["ended"] is None or not each["cause"] for each in records)
    untold = {each["call_id"] for each in records if each["answered"] is None} & answered
    return {
        "calls_answered": len(answered),
        "records": len(records),
        "cdr_wrong": missing + doubled + open_,
        "cdr_missing": missing,
        "cdr_unnamed": unnamed,
        "cdr_doubled": doubled,
        "cdr_open": open_,
        "answers_not_recorded": len(untold),
    }
