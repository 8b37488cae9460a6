"""A browser without a network, and pages that say what they asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request, sync_playwright

from tests.browser.opening import Opened, Opener

CHROMIUM = "/usr/bin/chromium"
"""Debian's package; no browser is downloaded."""
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; tests are skipped, with the reason, where it is absent."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens a document as a file, at a width of the window, with a part after the # if any."""
    contexts = []

    def open_it(document: str, *, width: int = 1280, part: str = "", script: bool = True) -> Opened:
        file = tmp_path / "page.html"
        file.write_text(document, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("request", lambda request: _note(found, request))
        found.page.on("console", lambda message: _complain(found, message))
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.goto(file.as_uri() + part)
        return found

    yield open_it
    for context in contexts:
        context.close()


def _note(found: Opened, request: Request) -> None:
    found.asked.append(request.url)


def _complain(found: Opened, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        found.complaints.append(message.text)
