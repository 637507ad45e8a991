"""What the world knows, and no process that is killed can forget: what was given, what was acknowledged, and
what has to be seen of each yet.

Each thing that is begun (`c7`, `o12`) has marks: the webhook, the mail and the text message by which one sees
that it was done. It is open until all were seen, or until its data folder says that nobody knows what became
of one: that is told to the operator, and so not lost.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Mark = tuple[str, str]
"""How a thing is seen (`webhook`, `mail`, `sms`), and as what: the last word of that is its name."""

CONFIRMATION = "You will get no more messages"
"""With what the confirmation of an opt-out begins."""


@dataclass(slots=True)
class Ledger:
    """`acknowledged` are the names of inputs, `unacknowledged` those of inputs that were given and may have
    been taken. `told` is what the peer that knows keys did, `twice` what it was to do under a second key."""

    wanted: dict[str, set[Mark]] = field(default_factory=dict[str, "set[Mark]"])
    seen: Counter[Mark] = field(default_factory=Counter[Mark])
    acknowledged: set[str] = field(default_factory=set[str])
    unacknowledged: set[str] = field(default_factory=set[str])
    answers: dict[str, dict[int, str]] = field(default_factory=dict[str, "dict[int, str]"])
    told: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    twice: int = 0
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Who is who: by the number of a person what he is there for."""

    def give(self, name: str) -> None:
        """An input goes to the service."""
        self.unacknowledged.add(name)

    def took(self, name: str) -> None:
        """It was acknowledged."""
        self.unacknowledged.discard(name)
        self.acknowledged.add(name)

    def want(self, name: str, *marks: Mark) -> None:
        """This has to be seen of a thing, unless it was."""
        left = {each for each in marks if each not in self.seen}
        if left:
            self.wanted.setdefault(name, set()).update(left)

    def came(self, mark: Mark) -> None:
        """This was seen."""
        self.seen[mark] += 1
        self.settle(mark)

    def settle(self, mark: Mark) -> None:
        """Nothing more is to be waited for: it was seen, or is known to be in doubt."""
        name = mark[1].rpartition(" ")[2]
        left = self.wanted.get(name)
        if left is not None:
            left.discard(mark)
            if not left:
                del self.wanted[name]

    def was_told(self, what: dict[str, Any]) -> None:
        """A webhook came under a key of its own: what was told already is told twice."""
        self.twice += what["what"] in self.told
        self.told[what["what"]] = what
        self.came(("webhook", str(what["what"])))

    def open(self, kind: str) -> int:
        """How many of a kind are not over: those whose names begin so."""
        return sum(each.startswith(kind) for each in self.wanted)

    def mark_of(self, command: dict[str, Any]) -> Mark:
        """By what one sees that a command of the outbox was done."""
        match command:
            case {"channel": "email", "subject": str(subject)}:
                return "mail", subject
            case {"channel": "sms", "to": str(to), "text": str(text)}:
                return "sms", self.text_of(to.removeprefix("sms:"), text)
            case {"body": str(body)}:
                return "webhook", str(json.loads(body)["what"])
            case _:
                raise ValueError(f"an unknown command: {command}")

    def text_of(self, person: str, text: str) -> str:
        """A text as it is marked: confirmations are the same for all."""
        return f"stopped {self.names.get(person)}" if text.startswith(CONFIRMATION) else text
