"""The page of the chat in headless Chromium, by keyboard alone, with the names and roles that a screen reader
has; the server is a process of its own that is ended and started again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

_SERVER = Path(__file__).with_name("chat_server.py")
_SLOW = 20_000  # milliseconds: on a machine that others use too


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found is not None, "Chromium is missing: `make setup-peers` installs Debian's package"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def server(folder: Path, port: int) -> Iterator[None]:
    """A `flow` process would do the same; this one needs no voice and no SIP."""
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": root}
    command = [sys.executable, str(_SERVER), str(folder), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("web at")
        yield
    finally:
        process.kill()  # nothing is said goodbye to
        process.wait()
        process.stdout.close()


@pytest.fixture
def port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def texts(page: Page) -> list[str]:
    return page.get_by_role("log", name="Conversation").locator("p").all_text_contents()


def wait_lines(page: Page, count: int) -> list[str]:
    expect(page.get_by_role("log", name="Conversation").locator("p")).to_have_count(count, timeout=_SLOW)
    return texts(page)


def test_by_keyboard_and_names_with_a_restart_in_between_nothing_is_lost(
    browser: Browser, tmp_path: Path, port: int
) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with server(tmp_path, port):
        page.goto(f"http://127.0.0.1:{port}/chat")
        expect(page).to_have_title("Clinic <b>")
        expect(page.get_by_role("heading", name="Clinic <b>")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("Connected.", timeout=_SLOW)
        log = page.get_by_role("log", name="Conversation")
        assert log.get_attribute("aria-live") == "polite"
        page.keyboard.press("Tab")  # the log can be scrolled by keyboard
        expect(log).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
        page.keyboard.type("hi <img src=x onerror=alert(1)>")
        page.keyboard.press("Enter")
        assert wait_lines(page, 3) == [
            "You: hi <img src=x onerror=alert(1)>",
            "They: Welcome, you wrote hi <img src=x onerror=alert(1)>.",
            "They: Your name?",
        ]
        expect(page.locator(".waiting")).to_have_count(0, timeout=_SLOW)
    expect(page.get_by_role("status")).to_contain_text("The connection is lost", timeout=_SLOW)
    page.get_by_role("textbox", name="Your message").focus()
    page.keyboard.type("Ann")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".waiting")).to_have_count(1)
    with server(tmp_path, port):
        assert wait_lines(page, 5)[3:] == ["You: Ann", "They: Hello, Ann."]
        expect(page.locator(".waiting")).to_have_count(0, timeout=_SLOW)
        page.reload()
        assert len(wait_lines(page, 5)) == 5  # shown again, and not doubled
    assert errors == []
    page.close()


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Your message").fill(text)
    page.keyboard.press("Enter")


def connected(page: Page) -> None:
    expect(page.get_by_role("status")).to_have_text("Connected.", timeout=_SLOW)


def test_two_pages_of_one_browser_keep_what_both_said(browser: Browser, tmp_path: Path, port: int) -> None:
    context = browser.new_context()
    one, two = context.new_page(), context.new_page()
    with server(tmp_path, port):
        for page in (one, two):
            page.goto(f"http://127.0.0.1:{port}/chat")
            connected(page)
        say(one, "hi")
        for page in (one, two):
            assert sorted(wait_lines(page, 3)) == [
                "They: Welcome, you wrote hi.", "They: Your name?", "You: hi",
            ]  # fmt: skip
    for page in (one, two):
        expect(page.get_by_role("status")).to_contain_text("The connection is lost", timeout=_SLOW)
    say(two, "Ann")
    say(one, "Bob")
    wait_lines(one, 5)
    two.close()
    with server(tmp_path, port):
        expect(one.locator(".waiting")).to_have_count(0, timeout=_SLOW)
        heard = wait_lines(one, 8)  # the second message begins a conversation of its own
        assert heard[3:5] == ["You: Ann", "You: Bob"]
        assert set(heard[5:]) == {"They: Hello, Ann.", "They: Welcome, you wrote Bob.", "They: Your name?"}
        one.reload()
        assert wait_lines(one, 8) == heard
    context.close()


def test_a_page_hears_a_server_whose_data_are_new(browser: Browser, tmp_path: Path, port: int) -> None:
    context = browser.new_context()
    page = context.new_page()
    with server(tmp_path / "one", port):
        page.goto(f"http://127.0.0.1:{port}/chat")
        connected(page)
        say(page, "hi")
        wait_lines(page, 3)
    with server(tmp_path / "two", port):
        connected(page)
        say(page, "again")
        assert wait_lines(page, 6)[3:] == [
            "You: again", "They: Welcome, you wrote again.", "They: Your name?",
        ]  # fmt: skip
        page.reload()
        assert len(wait_lines(page, 6)) == 6
    context.close()


def test_another_page_can_embed_it(browser: Browser, tmp_path: Path, port: int) -> None:
    page = browser.new_page()
    with server(tmp_path, port):
        page.goto(f"http://127.0.0.1:{port}/chat/chat.css")
        page.set_content(f'<script src="http://127.0.0.1:{port}/chat/embed.js" data-title="Ask us"></script>')
        button = page.get_by_role("button", name="Ask us")
        expect(button).to_have_attribute("aria-expanded", "false", timeout=_SLOW)
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "true")
        frame = page.frame_locator('iframe[title="Ask us"]')
        expect(frame.get_by_role("textbox", name="Your message")).to_be_visible(timeout=_SLOW)
        expect(frame.get_by_role("status")).to_have_text("Connected.", timeout=_SLOW)
    page.close()
