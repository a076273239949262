"""A visitor's first minutes on the page of the emulated workspace, in a real browser, with a stub bot."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, Route, async_playwright, expect

from tests.e2e.conftest import LONGEST_MS
from tests.integration.slack_workspace.conftest import ACCESS_KEY, Running, running_workspace
from tests.integration.slack_workspace.stub_bot import question

pytestmark = pytest.mark.needs("chromium")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAUNCH: Final[dict[str, Any]] = {
    "executable_path": shutil.which("chromium"),
    "args": [*ARGUMENTS],
    "timeout": 2 * LONGEST_MS,
}
"""How a browser of the tests is started."""

PATIENT: Final = {"delivery_timeout": 30.0, "trigger_seconds": 30.0}
"""For a workspace where Slack's three seconds are not what is tested: a busy machine may need more."""


@asynccontextmanager
async def visitor(running: Running, locale: str = "nl-NL", refused: str = "-") -> AsyncIterator[Page]:
    """A browser on the page, signed in by the address that the sandbox prints. No script may fail in it, and no request
    but one at an address with ``refused`` in it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**LAUNCH)
        page = await browser.new_page(
            viewport={"width": 1360, "height": 820}, locale=locale, reduced_motion="reduce"
        )  # no colour is on its way to another
        page.set_default_timeout(LONGEST_MS)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))

        def said(message: ConsoleMessage) -> None:
            if message.type == "error" and refused not in message.location["url"]:
                faults.append(message.text)

        page.on("console", said)
        await page.goto(f"{running.url}/?key={ACCESS_KEY}")
        await page.wait_for_selector("html[data-ready]")
        yield page
        await browser.close()
        assert faults == []


class Held:
    """Requests of a page that go on only when the test lets them; ``asked`` is set by the first."""

    def __init__(self, page: Page) -> None:
        self.asked = asyncio.Event()
        self._page = page
        self._may_go = asyncio.Event()
        self._requests: list[Request] = []

    async def hold(self, route: Route) -> None:
        self._requests.append(route.request)
        self.asked.set()
        await self._may_go.wait()
        await route.continue_()

    def go(self) -> None:
        """Let them go on; ends at once."""
        self._may_go.set()

    async def let_go(self) -> None:
        """Ends when the page has the answers, and has done with them what it does."""
        await self.asked.wait()
        self.go()
        for request in self._requests:
            response = await request.response()
            assert response is not None
            await response.finished()
        await self._page.evaluate("() => fetch('/act/people').then((answer) => answer.json())")  # comes after them


async def held(page: Page, address: str) -> Held:
    """What the page asks at an address that begins like this waits from now on."""
    requests = Held(page)
    await page.route(re.compile(re.escape(address)), requests.hold)
    return requests


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_workspace(tmp_path, **PATIENT) as both:
        yield both


async def test_a_visitor_answers_as_a_colleague(running: Running) -> None:
    await running.api.chat_postMessage(channel="U1", text="Vraag 1", blocks=question(1))
    async with visitor(running) as page:
        await expect(page.locator("#welcome li")).to_have_count(5)
        assert "key=" not in page.url
        aisha = page.get_by_role("button", name="Aisha de Boer")
        await expect(aisha.locator(".badge")).to_have_text(re.compile("1"))
        await aisha.click()
        await page.get_by_role("button", name="neutraal").click()
        await expect(page.get_by_role("heading", name="Vraag 2")).to_be_visible()
        await expect(aisha.locator(".badge")).to_have_count(0)
        await page.locator("#inspector > summary").click()
        await expect(page.locator("#requests tr").first).to_contain_text("Aisha de Boer")
    assert running.bot.received[0]["actions"][0]["value"] == "q1=3"


async def test_search_keyboard_and_language(running: Running) -> None:
    await running.api.chat_postMessage(channel="U3", text="Question", blocks=question(1))
    async with visitor(running, locale="en-GB") as page:
        await page.get_by_label("Search name, role, team").last.fill("chloe")
        await expect(page.locator("#people button")).to_have_count(1)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        answer = page.get_by_role("button", name="helemaal niet")
        await answer.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Vraag 2")).to_be_visible()
        await expect(page.locator("article").first).to_be_focused()
        await page.get_by_role("button", name="Nederlands").click()
        await expect(page.get_by_role("tab", name="Berichten")).to_be_visible()
        assert await page.locator("html").get_attribute("lang") == "nl"


async def test_home_modal_and_command(running: Running) -> None:
    async with visitor(running, refused="/act/command") as page:
        await page.get_by_role("button", name="Bram Visser").click()
        box = page.get_by_label("Schrijf een bericht of een opdracht")
        await box.fill("/pulse concern")
        await box.press("Enter")
        dialog = page.get_by_role("dialog", name="Zorg delen")
        await dialog.get_by_role("button", name="Versturen").click()
        await expect(dialog.get_by_text("Vul dit nog in.")).to_be_visible()
        await dialog.get_by_label("Wat houdt je bezig?").fill("nee")
        await dialog.get_by_role("button", name="Versturen").click()
        await expect(dialog.get_by_text("Schrijf iets meer.")).to_be_visible()
        await dialog.get_by_label("Wat houdt je bezig?").fill("Wie kijkt er mee?")
        await dialog.get_by_role("button", name="Versturen").click()
        await expect(dialog).to_be_hidden()
        await box.fill("/pulse help")
        await box.press("Enter")
        await expect(page.get_by_text("Je schreef: help")).to_be_visible()
        await expect(page.get_by_text("Alleen jij ziet dit bericht")).to_be_visible()
        await box.fill("/puls help")
        await box.press("Enter")
        await expect(page.get_by_text("De opdracht /puls bestaat niet")).to_be_visible()
        await expect(box).to_have_value("/puls help")  # to be mended
        await page.get_by_role("button", name=re.compile("^Draagvlak")).click()
        await page.get_by_role("tab", name="Home").click()
        await expect(page.get_by_role("heading", name="Jouw ronde")).to_be_visible()
        async with page.expect_response("**/act/click"):  # with it the bot has had the choice
            await page.get_by_role("combobox", name="Taal").select_option("en")
    assert running.bot.received[-1]["actions"][0]["selected_option"]["value"] == "en"


async def test_a_reaction_is_named_in_the_language_of_the_page(running: Running) -> None:
    await running.api.chat_postMessage(channel="C1", text="Gelukt!")
    async with visitor(running) as page:
        await page.get_by_role("button", name="Bram Visser").click()
        await page.locator("#places").get_by_role("button", name="algemeen").click()
        await page.locator("summary", has_text="☺+").click()
        await page.get_by_role("button", name="duim omhoog").click()
        await expect(page.get_by_role("button", name="duim omhoog: 1", pressed=True)).to_be_visible()
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_role("button", name="thumbs up: 1")).to_be_visible()


async def test_nothing_of_the_colleague_before_is_left_while_one_becomes_another(running: Running) -> None:
    """The places of the next one come slowly: no click or word may go to what was open before."""
    async with visitor(running) as page:
        of_bram = await held(page, "/act/conversations?user=U2")
        box, places = page.get_by_label("Schrijf een bericht of een opdracht"), page.locator("#places")
        await page.get_by_role("button", name="Aisha de Boer").click()
        await expect(places.get_by_role("button", name="algemeen")).to_be_visible()
        await box.fill("Goedemorgen, met Aisha")
        await page.get_by_role("button", name="Bram Visser").click()
        await expect(places.get_by_role("button")).to_have_count(0)
        await expect(box).to_be_disabled()
        await expect(box).to_have_value("")
        await of_bram.let_go()
        await places.get_by_role("button", name="algemeen").click()
        await box.fill("Goedemorgen, met Bram")
        await box.press("Enter")
        said = page.get_by_role("article", name=re.compile("Bram Visser"))
        await expect(said).to_contain_text("Goedemorgen, met Bram")
        await expect(page.locator("#place-name")).to_have_text("# algemeen")


async def test_places_that_come_after_one_has_become_somebody_else_are_not_opened(running: Running) -> None:
    async with visitor(running) as page:
        of_bram = await held(page, "/act/conversations?user=U2")
        for name in ("Aisha de Boer", "Bram Visser"):
            await page.get_by_role("button", name=name).click()
        await of_bram.asked.wait()
        await page.get_by_role("button", name="Aisha de Boer").click()  # twice changed one's mind
        await expect(page.locator("#places").get_by_role("button", name="geheim")).to_be_visible()
        await of_bram.let_go()
        await expect(page.locator("#places").get_by_role("button", name="geheim")).to_be_visible()
        await expect(page.locator("#acting-name")).to_have_text("Aisha de Boer")
        await expect(page.locator("#place-name")).to_have_text("Draagvlak")


async def test_what_comes_while_one_becomes_somebody_is_seen(running: Running) -> None:
    async with visitor(running) as page:
        feed = await held(page, "/act/feed?user=U1")
        await page.get_by_role("button", name="Aisha de Boer").click()
        await feed.asked.wait()
        for _ in range(5):  # whoever does not wait for the feed has read everything by then
            await page.evaluate("() => fetch('/act/people').then((answer) => answer.json())")
        await running.api.chat_postMessage(channel="U1", text="Goedemorgen")
        feed.go()
        await expect(page.get_by_text("Goedemorgen")).to_be_visible()


async def test_messages_that_come_after_one_has_become_somebody_else_are_not_drawn(running: Running) -> None:
    await running.api.chat_postMessage(channel="U1", text="Vraag 1", blocks=question(1))
    async with visitor(running) as page:
        to_aisha = await held(page, "/act/messages?user=U1")
        of_bram = await held(page, "/act/conversations?user=U2")
        await page.get_by_role("button", name="Aisha de Boer").click()
        await to_aisha.asked.wait()
        await page.get_by_role("button", name="Bram Visser").click()
        await to_aisha.let_go()
        await expect(page.get_by_role("button", name="neutraal")).to_have_count(0)
        await expect(page.get_by_label("Schrijf een bericht of een opdracht")).to_be_disabled()
        await of_bram.let_go()
        await expect(page.get_by_label("Schrijf een bericht of een opdracht")).to_be_enabled()
        await expect(page.locator("article")).to_have_count(0)
    assert running.bot.received == []


async def test_views_that_come_after_one_has_become_somebody_else_are_not_drawn(running: Running) -> None:
    """App Home, and a modal that was open."""
    opened = await running.act.post("/act/command", json={"user": "U1", "text": "/pulse concern", "wait_seconds": 15})
    assert opened.json()["effect"] == "modal"
    async with visitor(running) as page:
        of_aisha = await held(page, "/act/views?user=U1")
        of_bram = await held(page, "/act/conversations?user=U2")
        await page.get_by_role("button", name="Aisha de Boer").click()
        await of_aisha.asked.wait()
        async with page.expect_request("**/act/views?user=U1"):
            await page.get_by_role("tab", name="Home").click()
        await page.get_by_role("button", name="Bram Visser").click()
        await of_aisha.let_go()
        await expect(page.get_by_role("heading", name="Jouw ronde")).to_have_count(0)
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await of_bram.let_go()
        await expect(page.get_by_role("heading", name="Jouw ronde")).to_be_visible()  # Bram's own
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_press_that_is_refused_after_one_has_become_somebody_else_opens_nothing(running: Running) -> None:
    posted = await running.api.chat_postMessage(channel="U1", text="Vraag 1", blocks=question(1))
    async with visitor(running, refused="/act/click") as page:
        press = await held(page, "/act/click")
        of_bram = await held(page, "/act/conversations?user=U2")
        await page.get_by_role("button", name="Aisha de Boer").click()
        await page.get_by_role("button", name="neutraal").click()
        await press.asked.wait()
        await running.api.chat_delete(channel=posted["channel"], ts=posted["ts"])
        await page.get_by_role("button", name="Bram Visser").click()
        await press.let_go()
        await expect(page.get_by_label("Schrijf een bericht of een opdracht")).to_be_disabled()
        await expect(page.locator("#notice")).to_have_text("")
        await of_bram.let_go()
        await expect(page.locator("#place-name")).to_have_text("Draagvlak")


async def test_time_moves_and_a_bot_that_is_away_is_told(running: Running) -> None:
    await running.api.chat_postMessage(channel="U1", text="Vraag 1", blocks=question(1))
    async with visitor(running) as page:
        before = running.workspace.clock.now()
        await page.get_by_role("button", name="Volgende dag").click()
        await expect(page.locator("#clock-now")).to_contain_text("10:01")
        assert 0 < (running.workspace.clock.now() - before).total_seconds() <= 38 * 3600
        await page.get_by_role("button", name="Aisha de Boer").click()
        running.workspace.delivery._url = "http://127.0.0.1:9/"
        await page.get_by_role("button", name="neutraal").click()
        await expect(page.get_by_text("De bot antwoordt niet.")).to_be_visible()


@pytest.mark.parametrize("hours", [23, 25])
async def test_the_next_day_begins_at_ten_where_the_clocks_change_on_the_way(running: Running, hours: int) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    eve = running.workspace.clock.now().astimezone(zone).replace(hour=12, minute=0) + timedelta(days=1)

    def length(of: datetime) -> timedelta:
        return (of + timedelta(days=1)).astimezone(UTC) - of.astimezone(UTC)

    while length(eve) != timedelta(hours=hours):
        eve += timedelta(days=1)
    running.workspace.clock.set(eve.astimezone(UTC))
    async with visitor(running) as page:
        await page.get_by_role("button", name="Volgende dag").click()
        await expect(page.locator("#clock-now")).to_contain_text("10:01")
        assert running.workspace.clock.now().astimezone(zone).date() == (eve + timedelta(days=1)).date()


async def test_who_is_in_the_list_and_unchanged_stays_when_it_is_drawn_anew(running: Running) -> None:
    """A press that has begun on somebody counts, though somebody else gets a message before it ends."""
    async with visitor(running) as page:
        bram = page.locator("#people").get_by_role("button", name="Bram Visser")
        await bram.hover()
        await page.mouse.down()
        await running.api.chat_postMessage(channel="U1", text="Goedemorgen")
        await expect(page.locator("#people .badge")).to_have_count(1)
        await page.mouse.up()
        await expect(page.locator("#acting-name")).to_have_text("Bram Visser")


async def test_what_people_and_bots_write_never_becomes_markup(running: Running) -> None:
    hostile = "<https://x.nl|<img src=x onerror=alert(1)>> *<b>vet</b>* <javascript:alert(1)|klik> &lt;script&gt;"
    await running.api.chat_postMessage(channel="U1", text=hostile)
    async with visitor(running) as page:
        await page.get_by_role("button", name="Aisha de Boer").click()
        await expect(page.locator("article")).to_contain_text("<script>")
        assert await page.locator("article img, article script, article b").count() == 0
        assert await page.locator("article a[href^='javascript']").count() == 0


async def test_on_a_telephone_a_conversation_has_room_and_nothing_goes_sideways(running: Running) -> None:
    await running.api.chat_postMessage(channel="U1", text="Vraag 1", blocks=question(1))
    async with visitor(running) as page:
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.get_by_role("button", name="Kijk als medewerker").click()
        messages = page.locator("#messages")
        await expect(messages).to_be_visible()
        room = await messages.bounding_box()
        assert room
        assert room["height"] > 400
        assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_thread_is_read_and_answered(running: Running) -> None:
    first = await running.api.chat_postMessage(channel="C1", text="De uitkomsten van ronde 1")
    await running.api.chat_postMessage(channel="C1", text="Met een toelichting", thread_ts=first["ts"])
    async with visitor(running) as page:
        await page.get_by_role("button", name="Aisha de Boer").click()
        await page.locator("#places").get_by_role("button", name="algemeen").click()
        await expect(page.get_by_text("De uitkomsten van ronde 1")).to_be_visible()
        await expect(page.get_by_text("Met een toelichting")).to_be_hidden()
        await page.get_by_text("1 antwoord", exact=True).click()
        await expect(page.get_by_text("Met een toelichting")).to_be_visible()
        line = page.get_by_role("textbox", name="Schrijf een antwoord").first
        await line.fill("Fijn om te lezen")
        await line.press("Enter")
        await expect(page.get_by_text("2 antwoorden", exact=True)).to_be_visible()
        await expect(page.locator("article article")).to_have_count(2)
        await expect(line).to_be_focused()
        await expect(line).to_have_value("")
        await running.api.chat_postMessage(channel="C1", text="Een ander bericht")
        await expect(page.get_by_text("Een ander bericht")).to_be_visible()
        await expect(page.locator("article article")).to_have_count(2)
        await line.fill("half geschreven")
        await running.api.chat_postMessage(channel="C1", text="Dank je", thread_ts=first["ts"])
        await expect(page.locator("article article")).to_have_count(3)
        await expect(line).to_have_value("half geschreven")


async def test_a_fault_is_armed_and_the_shape_of_requests_is_shown(running: Running) -> None:
    async with visitor(running, locale="en-GB") as page:
        await page.locator("#inspector > summary").click()
        await page.get_by_label("Let something go wrong:").select_option("clickTwice")
        await page.get_by_role("button", name="Arm it").click()
        await expect(page.get_by_text("1 fault is waiting")).to_be_visible()
        await running.api.chat_postMessage(channel="U1", text="Vraag 1", blocks=question(1))
        await page.get_by_role("button", name="Aisha de Boer").click()
        running.bot.answer_clicks = False
        await page.get_by_role("button", name="neutraal").click()
        await expect(page.locator("#requests code", has_text="block_actions")).to_have_count(2)
        await expect(page.get_by_role("button", name="Take all away")).to_be_disabled()
        row = page.locator("#requests tr").filter(has_text="block_actions").first
        await row.locator("summary").click()
        await expect(row.locator("pre")).to_contain_text('"actions"')
        assert "q1=3" not in await page.locator("#requests").inner_text()
    assert running.bot.received[0] == running.bot.received[1]
