"""Conformance of a store: what every engine relies on, held against one that really keeps.

    async def test_it_conforms() -> None:
        check_store(lambda: PigeonHoles(folder))

`flowlang`'s own stores pass the same checks. Each is a rule with a name; a breach raises
`NonconformingError`. The rules are those of `flowlang.store.protocol`; a store is held to those of the
protocols that it has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from flowlang.store import Store
from flowlang.store.protocol import (
    DialogStore,
    ForgettingStore,
    FullStore,
    LadderStore,
    MessageStore,
    OnceStore,
    OutboxStore,
    ParkingStore,
    RecoverableStore,
    RequestStore,
)

from . import store_more_rules as more
from . import store_rules as rules
from .conformance import NonconformingError
from .store_rules import Open


def check_store(make: Open) -> tuple[str, ...]:
    """The names of the rules that were held; those for which it lacks the protocol are left out. Raises
    `NonconformingError`."""
    held: list[str] = []
    with closing(make()) as store:
        protocols = [each for each, _, _ in _RULES if isinstance(store, each)]
    for protocol, name, rule in _RULES:
        if protocol in protocols:
            try:
                rule(make, f"{len(held)}-")
            except AssertionError as error:
                line = str(error).partition("\n")[0]
                raise NonconformingError(f"{name}: {line or 'it is not so'}") from error
            held.append(name)
    return tuple(held)


_RULES: tuple[tuple[Any, str, Callable[[Open, str], None]], ...] = (
    (Store, "commits what it was given", rules.commits),
    (RecoverableStore, "has one writer", rules.has_one_writer),
    (RecoverableStore, "keeps journals", rules.keeps_journals),
    (RecoverableStore, "goes on where nothing came yet", rules.goes_on_without_entries),
    (RecoverableStore, "drops what was not committed", rules.drops_what_was_not_committed),
    (RecoverableStore, "commits beside", rules.commits_beside),
    (RecoverableStore, "cuts at a handoff", rules.cuts_at_a_handoff),
    (RecoverableStore, "goes on behind a handoff", rules.goes_on_behind_a_handoff),
    (RecoverableStore, "knows what is over", rules.knows_what_is_over),
    (RecoverableStore, "keeps what they run on", rules.keeps_builds),
    (RecoverableStore, "keeps records", rules.keeps_records),
    (RecoverableStore, "keeps secrets", rules.keeps_secrets),
    (OutboxStore, "keeps an outbox", more.keeps_an_outbox),
    (DialogStore, "keeps dialogs", more.keeps_dialogs),
    (OnceStore, "knows what was here", more.knows_what_was_here),
    (RequestStore, "keeps requests", more.keeps_requests),
    (LadderStore, "keeps ladders", more.keeps_ladders),
    (MessageStore, "keeps message records", more.keeps_message_records),
    (ParkingStore, "parks", more.parks),
    (ParkingStore, "wakes by an entry", more.wakes_by_an_entry),
    (ForgettingStore, "forgets", more.forgets),
    (FullStore, "forgets no request", more.forgets_no_request),
    (FullStore, "tells what it has", more.tells_what_it_has),
)

RULES = tuple(name for _, name, _ in _RULES)
"""The names of all rules."""
