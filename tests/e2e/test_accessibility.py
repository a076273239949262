"""axe-core looks at every state of the pages; a serious or critical fault fails, with where it is and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from conftest import JUDGES
from tests.e2e.test_workspace_page import PATIENT, visitor
from tests.integration.slack_workspace.conftest import Running
from tests.integration.slack_workspace.stub_bot import question
from tests.integration.slack_workspace.test_results import StubMetrics, connected

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.needs("node")]
AXE: Final = JUDGES / "node_modules" / "axe-core" / "axe.min.js"
GRAVE: Final = frozenset({"serious", "critical"})


async def faults(page: Page) -> list[str]:
    """Serious and critical faults that axe finds now: rule, place, reason."""
    if not await page.evaluate("typeof window.axe === 'object'"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"], "axe looked at nothing"
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with connected(tmp_path, StubMetrics(), **PATIENT) as both:
        yield both


@pytest.mark.parametrize("locale", ["nl-NL", "en-GB"])
async def test_the_workspace_in_every_state(running: Running, locale: str) -> None:
    nl = locale == "nl-NL"
    posted = await running.api.chat_postMessage(channel="U1", text="Vraag 1", blocks=question(1))
    result = await running.api.chat_postMessage(
        channel="C1", text="Uitkomsten", blocks=[{"type": "divider"}, *question(2)]
    )
    await running.api.chat_postMessage(channel="C1", text="Toelichting", thread_ts=result["ts"])
    await running.act.post(
        "/act/react", json={"user": "U2", "channel": "C1", "message_ts": posted["ts"], "name": "tada"}
    )
    async with visitor(running, locale) as page:
        assert await faults(page) == [], "the first page"
        await page.get_by_role("button", name="Aisha de Boer").click()
        await expect(page.get_by_role("button", name="neutraal")).to_be_visible()
        assert await faults(page) == [], "a question"
        await page.get_by_role("button", name="neutraal").click()
        await expect(page.get_by_role("heading", name="Vraag 2")).to_be_visible()
        await page.locator("#inspector > summary").click()
        await expect(page.locator("#requests tr").first).to_be_visible()
        assert await faults(page) == [], "the inspector"
        await page.locator("#inspector > summary").click()

        box = page.get_by_label("Schrijf een bericht of een opdracht" if nl else "Write a message or a command")
        await box.fill("/pulse help")
        await box.press("Enter")
        await expect(page.get_by_text("Je schreef: help")).to_be_visible()
        assert await faults(page) == [], "a message for one person"
        await box.fill("/pulse concern")
        await box.press("Enter")
        dialog = page.get_by_role("dialog", name="Zorg delen")
        await dialog.get_by_role("button", name="Versturen").click()
        await expect(dialog.locator(".error").first).not_to_be_empty()
        assert await faults(page) == [], "a modal with an error"
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()

        await page.get_by_role("tab", name="Home").click()
        await expect(page.get_by_role("heading", name="Jouw ronde")).to_be_visible()
        assert await faults(page) == [], "App Home"
        await page.locator("#places").get_by_role("button", name="algemeen").click()
        await expect(page.locator("article").first).to_be_visible()
        assert await faults(page) == [], "a channel"
        await page.get_by_text("1 antwoord" if nl else "1 reply", exact=True).click()
        await expect(page.get_by_text("Toelichting")).to_be_visible()
        assert await faults(page) == [], "a thread"
        await page.set_viewport_size({"width": 600, "height": 900})
        assert await faults(page) == [], "a narrow window"


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_results_and_documents(running: Running, language: str) -> None:
    async with visitor(running) as page:
        for path in ("/results", "/dashboards", "/metrics-api"):
            await page.goto(f"{running.url}{path}?language={language}")
            await expect(page.locator("h1")).to_be_visible()
            assert await faults(page) == [], path


async def test_axe_does_find_a_fault(running: Running) -> None:
    async with visitor(running) as page:
        await page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        assert any(fault.startswith("button-name") for fault in await faults(page))
