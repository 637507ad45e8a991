"""The outbox: what leaves (messages and webhooks) goes out at least once, with a stable key.

Each is on disk together with the input that gave it out, and stays there until it is known what became of it,
whatever becomes of its activeflow meanwhile: a message given out is sent. After a crash what is open is sent
again under the same key, a portion at a time: the others stay there, and of each only its key is in memory.
How often, and how long after each other, a backend tries is the backend's; what it
gave up is kept, to be sent again by hand or dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from flowlang.backends.border import Finish, nothing
from flowlang.core.threads import NOBODY
from flowlang.model.commands import Command, command_from_plain, command_to_plain
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.plain import has_secret
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import MASK
from flowlang.model.values import Outcome
from flowlang.store import Store, StoreError
from flowlang.store.protocol import OutboxStore
from flowlang.store.sending import Sending, SendingState

if TYPE_CHECKING:
    from .engine import Engine


Told = Callable[[Result, Callable[[], None]], None]
"""Told once what became of a command, and what writes that into the outbox: a second time it does nothing."""


def leaves(command: object) -> bool:
    """Whether a command is one that the outbox is for."""
    return isinstance(command, SendMessage) or (isinstance(command, HttpRequest) and command.sign)


class Outbox:
    """Of one engine. With a store in memory nothing is kept."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store if isinstance(store, OutboxStore) else None
        self._open: dict[str, Sending] = {}

    def give_out(self, activeflow: str, command: SendMessage | HttpRequest) -> None:
        """A command leaves as soon as that is on disk."""
        if self._store is not None and leaves(command):
            plain, running = command_to_plain(command), self._engine.living(activeflow)
            now = running.flow.at if running is not None else self._engine.now()
            self._open[command.key] = made = Sending(command.key, activeflow, plain, now)
            self._store.keep_sending(made)
            if isinstance(command, SendMessage):
                self._engine.messages.given_out(activeflow or None, command)

    def written(self, key: str) -> int | None:
        """When one that is open was given out; `None` where nothing is kept of it."""
        found = self._open.get(key)
        return found.since if found is not None else None

    def under_way(self, channel: str) -> bool:
        """Whether a message of that channel is open."""
        return any(each.command.get("channel") == channel for each in self._open.values())

    def tell(self, command: SendMessage) -> None:
        """The same of one that no activeflow sends."""
        self.give_out(NOBODY, command)
        kept = self._open.get(command.key)
        if kept is None:
            self._engine.post.dispatch.send_kept(NOBODY, command, lambda _result: None)
        else:

            def send(_has: bool) -> None:
                self._engine.post.dispatch.send_kept(NOBODY, command, partial(self._settle, command.key))

            self._engine.keeper.after(send)

    def watch(
        self, command: OutsideCommand, finish: Told
    ) -> tuple[Finish, Callable[[Callable[[], None]], Callable[[], None]]]:
        """What to call in place of `finish`, and what makes a `withdraw` of one that leaves: it goes out all
        the same, and nobody is told.

        What is known of one is written with the input that tells its activeflow so: were it written before,
        a crash between the two would have it sent again, as under way and never given out."""
        if self._store is None or not isinstance(command, SendMessage | HttpRequest) or not leaves(command):
            return lambda result: finish(result, nothing), lambda withdraw: withdraw
        asking = True

        def over(result: Result) -> None:
            if asking:
                finish(result, lambda: self._settle(command.key, result))
            else:
                self._settle(command.key, result)

        def detach() -> None:
            nonlocal asking
            asking = False

        return over, lambda _withdraw: detach

    def _settle(self, key: str, result: Result) -> None:
        found = self._open.pop(key, None)
        if found is None or self._store is None:
            return
        if has_secret(found.command):
            result = _without_words(result)
        self._engine.messages.became(key, result)
        state, reason = _became(result)
        if state is None:
            self._store.drop_sending(key)
        else:
            given_up = replace(found, state=state, reason=reason, since=self._engine.now())
            self._store.keep_sending(given_up)
        self._engine.keeper.wake()

    # -- after a crash, and by hand

    def recover(self, under_way: Iterable[tuple[str, Command]], held: Collection[str]) -> None:
        """Sends what is open again, but for those commands: their activeflows do it, and until then they are
        open, whatever was known of them that their activeflows had not heard yet; and but for what
        activeflows sent that are held: they do it when they go on."""
        if self._store is None:
            return
        asked = set[str]()
        for activeflow, command in under_way:
            if not isinstance(command, SendMessage | HttpRequest) or not leaves(command):
                continue
            asked.add(command.key)
            found = self._store.archive.sending(command.key)
            if found is None:
                self.give_out(activeflow, command)
            else:
                self._open[found.key] = again = replace(found, state="open", reason=None)
                if again != found:
                    self._store.keep_sending(again)
                    self._engine.messages.again(found.key)
        for each in self._store.archive.still_open():
            if each.key not in asked and each.activeflow not in held:
                self._send(each)

    def retry(self, key: str) -> bool:
        """Sends one again that was given up; whether there is one. Raises `StoreError` where a secret in it
        cannot be read any more; then it stays as it is."""
        found = self._given_up(key)
        if found is None or self._store is None:
            return False
        if found.unsendable is not None:
            raise StoreError(f"{key} cannot be sent: {found.unsendable}")
        again = replace(found, state="open", reason=None, tries=found.tries + 1)
        self._open[key] = again
        self._store.keep_sending(again)
        self._engine.messages.again(key)
        self._engine.keeper.after(lambda _has: self._send(again))
        return True

    def drop(self, key: str) -> bool:
        """Forgets one that was given up; whether there is one."""
        if self._given_up(key) is None or self._store is None:
            return False
        self._store.drop_sending(key)
        self._engine.keeper.wake()
        return True

    def _given_up(self, key: str) -> Sending | None:
        if self._store is None or key in self._open:
            return None
        found = self._store.archive.sending(key)
        return found if found is not None and found.state != "open" else None

    def _send(self, sending: Sending) -> None:
        """Sends one that is in the store when it is its turn, and reads it then."""
        if sending.unsendable is not None:
            self._open[sending.key] = sending
            self._settle(sending.key, Failed("key_missing", sending.unsendable))
        else:
            self._open.pop(sending.key, None)
            self._engine.post.dispatch.in_turn(_command_of(sending), partial(self._begin, sending.key))

    def _begin(self, key: str, over: Callable[[], None]) -> None:
        found = self._store.archive.sending(key) if self._store is not None else None
        if found is None or found.state != "open":
            over()
            return
        if found.unsendable is not None:  # by now
            self._send(found)
            over()
            return
        self._open[key] = found

        def settle(result: Result) -> None:
            self._settle(key, result)
            self._engine.keeper.after(
                lambda _has: over()
            )  # so that what waits for a commit has its limit too

        self._engine.post.dispatch.send_now(found.activeflow, _command_of(found), settle)


def _command_of(sending: Sending) -> SendMessage | HttpRequest:
    command = command_from_plain(sending.command)
    assert isinstance(command, SendMessage | HttpRequest)
    if sending.tries:  # what was done under the old key is told again by whoever remembers it
        return replace(command, key=f"{sending.key}.{sending.tries}")
    return command


def _without_words(result: Result) -> Result:
    """What became of one that has a secret in it, but nobody's words, which may repeat it."""
    match result:
        case Failed(code="key_missing"):  # our words
            return result
        case Failed(code=code):
            return Failed(code, MASK)
        case Done(Outcome(name=name, fields={"detail": _} as fields)):
            return Done(Outcome(name, dict(fields) | {"detail": MASK}))
        case Done({"reason": _}):
            return Done({"reason": MASK})
        case _:
            return result


def _became(result: Result) -> tuple[SendingState | None, str | None]:
    """What one is from now on, `None` where it is delivered, and why."""
    match result:
        case Failed(text=text):
            return "failed", str(text)
        case Done(Outcome(name="unknown")):
            return "unknown", None
        case Done(Outcome(name="failed", fields=fields)):
            detail = fields.get("detail")
            return "failed", f"{fields.get('reason')}{f': {detail}' if detail else ''}"
        case Done({"status": int(status)}) if not 200 <= status <= 299:
            return "failed", f"status {status}"
        case Done({"reason": str(reason)}):
            return "failed", reason
        case Done():
            return None, None
