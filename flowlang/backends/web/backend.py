"""The web: webhooks in, and chat with people on a page, both by one HTTP server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.border import Finish, Host, nothing
from flowlang.backends.http_server import HttpServer
from flowlang.backends.once import Once
from flowlang.core.json_values import whole_text
from flowlang.diagnostics import FlowlangError
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.plain import SealedError, Sealing
from flowlang.model.results import Done, Failed
from flowlang.model.secrets import Secret, is_secret
from flowlang.model.values import SECOND, Outcome

from .chat import VISITOR, Chat
from .hooks import Hook, hook_handler
from .mailbox import Mailbox
from .pages import add_chat

_SETTLES = 0.05  # seconds for what is queued to pages


class WebBackend:
    """`chat` is what routes call the chat, `None` where there is none; `data` is where it keeps its messages,
    `None` for memory; `origins` are sites that may show its page inside theirs, `public` is the server's
    address as others see it; without `sealing` it keeps no secrets in `data`. Raises `ValueError` where
    another backend has the paths."""

    name = "web"
    commands: frozenset[str] = frozenset()

    def __init__(
        self,
        server: HttpServer,
        *,
        hooks: Sequence[Hook] = (),
        chat: str | None = None,
        title: str = "Chat",
        origins: tuple[str, ...] = (),
        data: Path | None = None,
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
        pages: int = 10_000,
        newcomers: int = 600,
        public: str | None = None,
        sealing: Sealing | None = None,
    ) -> None:
        self.server = server
        self.channels = frozenset((["webhook"] if hooks else []) + (["chat"] if chat else []))
        self.outlets = frozenset({"chat"} if chat else ())
        self._once = Once()
        self._host: Host | None = None
        for hook in hooks:
            server.add("POST", f"/hooks/{hook.name}", hook_handler(hook, self._given_host, new_id))
        self.chat: Chat | None = None
        if chat is not None:
            self.chat = Chat(
                chat,
                lambda push: Mailbox(data, push, sealing),
                self._given_host,
                new_id,
                pages=pages,
                newcomers=newcomers,
            )
            add_chat(server, self.chat, title, origins, public)

    def _given_host(self) -> Host:
        assert self._host is not None, "nothing comes in before it runs"
        return self._host

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Serves until cancelled."""
        self._host = host
        async with trio.open_nursery() as nursery:
            if self.chat is not None:
                nursery.start_soon(self.chat.mailbox.run, lambda: host.now() // SECOND)
            where = await nursery.start(self.server.run)
            task_status.started(f"web at {where}{'/chat' if self.chat is not None else ''}")

    async def settle(self) -> None:
        """Returns when what was said to pages is on disk, and on its way."""
        if self.chat is not None:
            await self.chat.mailbox.settle()
            await trio.sleep(_SETTLES)

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Says something to a visitor, also to one who is not there: he gets it when he comes back."""
        assert isinstance(command, SendMessage)
        return self._once.send(command.key, finish, lambda over: self._say(command, over))

    def _say(self, command: SendMessage, finish: Finish) -> Callable[[], None]:
        assert self.chat is not None
        if not VISITOR.match(command.to):
            finish(Done(Outcome("failed", {"reason": "unknown_recipient"})))
            return nothing
        sent = Done(Outcome("sent", {"id": command.key}))
        at = self._host.now() // SECOND if self._host is not None else 0
        text = whole_text(command.text)
        text = Secret(text) if is_secret(command.text) else text
        try:
            self.chat.mailbox.add(command.to, command.key, text, at, lambda: finish(sent))
        except (SealedError, FlowlangError) as error:
            finish(Failed("no_key", str(error)))
        return nothing
