"""A server of the chat as a process: `chat_server.py FOLDER PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from flowlang import open_engine
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.web import WebBackend
from flowlang.model.policy import EVERYTHING
from flowlang.store.sqlite import SqliteStore

SCRIPT = """
route chat to "web" => main
flow main {
    say "Welcome, you wrote ${message.text}."
    let name = ask("Your name?")
    say "Hello, ${name.text}."
}
"""


async def main(folder: Path, port: int) -> None:
    web = WebBackend(
        HttpServer(Listen(f"127.0.0.1:{port}")), chat="web", title="Clinic <b>", data=folder,
        origins=(f"http://127.0.0.1:{port}",),
    )  # fmt: skip
    with SqliteStore(folder) as store:
        async with open_engine([web], policy=EVERYTHING, store=store) as engine:
            engine.recover()
            engine.load_text(SCRIPT)
            print(*await engine.listen(), flush=True)
            await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), int(sys.argv[2]))
