"""What colleagues and champions do in Slack, clicked through the workspace's page, in Dutch and in English.

Answer, change, the open question, App Home, a success from draft to channel, a concern and its answer, stop a round,
and the results that come back. With ``DRAAGVLAK_PICTURES`` the pictures of it are kept there.
"""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from services.contracts.base import Text, TextLanguage
from services.pulse_bot.announcements import promises
from services.pulse_bot.ledger.models import WaveState
from tests.e2e.conftest import LONGEST_MS
from tests.e2e.pictures import Pictures
from tests.e2e.test_workspace_page import LAUNCH, PATIENT
from tests.integration.pulse_bot.conftest import create_topics
from tests.integration.pulse_bot.house import CHAMPION, House, Reader, build, eventually, member, write_campaign
from tests.integration.pulse_bot.test_announcing import Json, document, metrics_api
from tests.integration.slack_workspace.conftest import ACCESS_KEY

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(600)]

DEADLINE_SECONDS = 25.0
"""How long the bot may take over a press: more than a second or two on a busy machine, and less than PATIENT."""


@dataclass(frozen=True)
class Words:
    """What the page and the bot say in one language, as far as this path needs it."""

    colleague: str
    champion: str
    thanks: str
    change: str
    open_question: str
    send: str
    comment_kept: str
    home: str
    your_round: str
    title: str
    story: str
    to_draft: str
    handed_in: str
    approve: str
    approved: str
    concern: str
    concern_in: str
    answer: str
    publish: str
    asked: str
    stop: str
    stop_it: str
    stopped: str
    results: str
    extend: str
    extended: str
    first_question: str


WORDS = {
    TextLanguage.NL: Words(
        "Persoon 3", "Persoon 1", "Dank je wel! Je antwoorden zijn binnen.", "Mijn antwoorden veranderen",
        "Eén open vraag beantwoorden", "Versturen", "we hebben je woorden", "Home", "Jouw ronde", "Titel",
        "Het verhaal", "Naar het concept", "Dank je wel dat je dit vertelt!", "Goedkeuren", "Goedgekeurd.",
        "Je zorg of vraag",
        "Je zorg is binnen", "Antwoorden, voor iedereen te lezen", "Publiceren", "Jullie vroegen", "Stoppen",
        "Ja, stoppen", "Gestopt.", "De uitkomsten zijn er", "Verlengen",
        "De ronde blijft open tot woensdag", "1 van 5",
    ),
    TextLanguage.EN: Words(
        "Persoon 4", "Persoon 2", "Thank you! Your answers are in.", "Change my answers", "Answer one open question",
        "Send", "we have your words", "Home", "Your round", "Title", "The story", "To the draft",
        "Thank you for telling this!", "Approve", "Approved.", "Your concern or question", "Your concern is in",
        "Answer for everyone to read", "Publish", "You asked", "Stop", "Stop it", "Stopped.", "The results are in",
        "Extend", "The round stays open until Wednesday", "1 of 5",
    ),
}  # fmt: skip


@asynccontextmanager
async def house_of(folder: Path, broker: str, language: TextLanguage) -> AsyncIterator[House]:
    """A house whose campaign speaks this language and has an open question in every wave."""
    create_topics(broker)
    reader = Reader(broker)
    try:
        async with build(folder, broker, reader, f"e{secrets.token_hex(4)}", **PATIENT) as house:
            write_campaign(folder, house.campaign_id, open_question_every=1, language=language.value)
            yield house
    finally:
        reader.close()


@asynccontextmanager
async def page_of(house: House, language: TextLanguage) -> AsyncIterator[Page]:
    """A browser on the page; no script may fail in it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**LAUNCH)
        locale = "nl-NL" if language is TextLanguage.NL else "en-GB"
        page = await browser.new_page(viewport={"width": 1280, "height": 900}, locale=locale)
        page.set_default_timeout(LONGEST_MS)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{house.act.base_url}/?key={ACCESS_KEY}")
        await page.wait_for_selector("html[data-ready]")
        yield page
        await browser.close()
        assert faults == []


@dataclass
class Visit:
    """One visit to the page, in one language."""

    page: Page
    words: Words
    language: TextLanguage
    pictures: Pictures

    async def be(self, name: str, place: str = "Draagvlak") -> None:
        """Act as somebody, in a conversation."""
        await self.page.locator("#people").get_by_role("button", name=re.compile(f"{name}\\b")).click()
        await expect(self.page.locator("#acting-name")).to_have_text(name)
        await self.page.locator("#places").get_by_role("button", name=re.compile(place)).click()

    def says(self, text: str) -> Locator:
        """The last message that says this."""
        return self.page.locator("article", has_text=text).last

    async def sees(self, text: str) -> Locator:
        """Wait for a message."""
        found = self.says(text)
        await expect(found).to_be_visible()
        return found

    async def type(self, command: str) -> None:
        """Type into the box."""
        await self.page.locator("#compose").fill(command)
        await self.page.keyboard.press("Enter")

    async def menu(self, choice: str) -> Locator:
        """Ask for the menu of champions that has this choice: the newest, where there was one before."""
        await expect(self.page.locator("#messages article").first).to_be_visible()
        menus = self.page.locator("article", has=self.page.get_by_role("button", name=choice, exact=True))
        before = await menus.count()
        await self.type("/pulse admin")
        await expect(menus).to_have_count(before + 1)
        return menus.last

    async def dialog(self) -> Locator:
        """The open modal."""
        found = self.page.locator("#modal")
        await expect(found).to_be_visible()
        return found

    async def sure(self, yes: str) -> None:
        """Answer the question before a click counts."""
        confirm = self.page.locator("#confirm")
        await expect(confirm).to_be_visible()
        await confirm.get_by_role("button", name=yes, exact=True).click()

    async def answer_all(self, point: int) -> None:
        """Answer five questions with the same point."""
        for number in range(1, 6):
            shown = await self.sees(f"{number} van 5" if self.language is TextLanguage.NL else f"{number} of 5")
            await shown.locator(".actions").get_by_role("button").nth(point - 1).click()
        await self.sees(self.words.thanks)

    async def take(self, name: str) -> None:
        """Keep a picture of what is seen now."""
        await self.pictures.keep(self.page, f"slack-{name}-{self.language.value}")


async def answer_and_change(visit: Visit) -> None:
    words = visit.words
    await visit.be(words.colleague)
    await visit.take("invitation")
    await visit.answer_all(2)
    await visit.says(words.thanks).get_by_role("button", name=words.change).click()
    await visit.answer_all(4)


async def open_question_and_home(visit: Visit) -> None:
    words = visit.words
    await visit.says(words.thanks).get_by_role("button", name=words.open_question).click()
    dialog = await visit.dialog()
    await dialog.get_by_role("textbox").fill("Meer tijd voor bewoners. 👍")
    await visit.take("open-question")
    await dialog.get_by_role("button", name=words.send).click()
    await visit.sees(words.comment_kept)
    await visit.page.locator("#tab-home").click()
    await expect(visit.page.get_by_role("heading", name=words.your_round)).to_be_visible()
    await visit.page.locator("#tab-messages").click()


async def success_to_channel(visit: Visit) -> None:
    words = visit.words
    await visit.type("/pulse success")
    dialog = await visit.dialog()
    await dialog.get_by_label(words.title, exact=True).fill("30 % sneller")
    await dialog.get_by_label(re.compile(f"^{words.story}")).fill(
        "De administratie schrijft het verslag met AI. De verpleegkundige leest het na en houdt het laatste woord."
    )
    await visit.take("success-modal")
    await dialog.get_by_role("button", name=words.to_draft).click()
    await expect(dialog).to_be_hidden()
    await visit.sees(words.handed_in)
    await visit.be(words.champion)
    draft = await visit.sees("30 % sneller")
    await visit.take("draft")
    await draft.get_by_role("button", name=words.approve, exact=True).click()
    await visit.sure(words.approve)
    await visit.sees(words.approved)
    await visit.be(words.colleague, "algemeen")
    await visit.sees("30 % sneller")


async def concern_and_answer(visit: Visit, house: House) -> None:
    words = visit.words
    await visit.be(words.colleague)
    await visit.type("/pulse concern")
    dialog = await visit.dialog()
    await dialog.get_by_label(words.concern).fill("Wie leest mee met wat ik aan AI vraag? <!channel> & co")
    await dialog.get_by_role("button", name=words.send).click()
    await visit.sees(words.concern_in)
    await house.clock_to(house.campaign.schedule.opens_at(1) + timedelta(days=1, hours=3))
    await visit.be(words.champion, "luisteraars")
    asked = await visit.sees("Wie leest mee")
    await visit.take("concern")
    await asked.get_by_role("button", name=words.answer).click()
    dialog = await visit.dialog()
    await dialog.get_by_role("textbox").last.fill("Niemand leest mee. Dat hebben we met de leverancier afgesproken.")
    await dialog.get_by_role("button", name=words.publish).click()
    await expect(dialog).to_be_hidden()
    await visit.be(words.colleague, "algemeen")
    await visit.sees(words.asked)
    await visit.take("answer")


async def stop_the_round(visit: Visit, house: House) -> None:
    words = visit.words
    await visit.be(words.champion)
    menu = await visit.menu(words.stop)
    await visit.take("admin")
    await menu.get_by_role("button", name=words.stop, exact=True).click()
    await visit.sure(words.stop_it)
    await visit.sees(words.stopped)

    async def closed() -> bool:
        return (await house.wave()).state is WaveState.CLOSED

    await eventually(closed, 120)


async def extend_the_round(visit: Visit, house: House) -> None:
    words, closes_at = visit.words, (await house.wave()).closes_at
    await visit.be(words.champion)
    menu = await visit.menu(words.extend)
    await menu.get_by_role("button", name=words.extend, exact=True).click()
    dialog = await visit.dialog()
    await dialog.locator("select").select_option("2")
    await visit.take("extend")
    await dialog.get_by_role("button", name=words.extend, exact=True).click()
    await expect(dialog).to_be_hidden()
    await visit.sees(words.extended)
    assert (await house.wave()).closes_at == closes_at + timedelta(days=2)


async def the_next_round_speaks_the_language_that_was_chosen(visit: Visit, house: House) -> None:
    other = TextLanguage.EN if visit.language is TextLanguage.NL else TextLanguage.NL
    await visit.be(visit.words.colleague)
    await visit.type(f"/pulse language {other.value}")
    await visit.sees("in English" if other is TextLanguage.EN else "in het Nederlands")
    await house.open_and_send(2)
    await visit.sees(WORDS[other].first_question)
    await visit.take("next-language")


@pytest.mark.parametrize("language", TextLanguage)
async def test_the_path_of_a_colleague_and_a_champion(tmp_path: Path, broker: str, language: TextLanguage) -> None:
    released: dict[str, Json] = {}
    pictures = Pictures(tmp_path)
    async with house_of(tmp_path, broker, language) as house, metrics_api(released) as url:
        (house.folder / "metrics_token").write_text("token")
        house.plan()
        async with house.bot(
            metrics_url=url,
            metrics_token_file=house.folder / "metrics_token",
            answer_deadline_seconds=DEADLINE_SECONDS,
        ):
            await house.open_and_send()
            await house.invitation(member(4))
            async with page_of(house, language) as page:
                visit = Visit(page, WORDS[language], language, pictures)
                await answer_and_change(visit)
                await open_question_and_home(visit)
                await success_to_channel(visit)
                await concern_and_answer(visit, house)
                said = Text(nl="We weten te weinig van AI.", en="We know too little of AI.")
                text = Text(nl="Een training voor iedereen", en="A training for everyone")
                starts_on = house.campaign.schedule.starts_on
                promise = promises.Promise("p1", house.campaign_id, text, "HR", starts_on + timedelta(30), said=said)
                now = house.campaign.schedule.opens_at(1)
                house.ledger().write_now(promises.put(promise, CHAMPION, now))
                await extend_the_round(visit, house)
                await stop_the_round(visit, house)
                closed_at = (await house.wave()).closed_at
                assert closed_at is not None
                released[house.wave_id()] = document(house.wave_id(), house.campaign_id, closed_at.isoformat())
                await visit.be(visit.words.colleague, "algemeen")
                results = await visit.sees(visit.words.results)
                await expect(results.locator("img.large")).to_have_js_property("complete", value=True)
                await visit.take("results")
                await visit.be(visit.words.colleague)
                await page.locator("#tab-home").click()
                await expect(page.get_by_role("heading", name=visit.words.your_round)).to_be_visible()
                await expect(page.locator("#home")).to_contain_text("61")
                await visit.take("home")
                await page.locator("#tab-messages").click()
                await the_next_round_speaks_the_language_that_was_chosen(visit, house)
    pictures.require_small()


async def test_a_team_beyond_the_hundredth_can_be_chosen_as_audience(tmp_path: Path, broker: str) -> None:
    """Slack takes a hundred choices in a menu, and an organisation has more teams."""
    pictures = Pictures(tmp_path)
    async with house_of(tmp_path, broker, TextLanguage.NL) as house:
        nodes = [{"id": "organisation", "parent": None, "name": {"nl": "Zorg", "en": "Care"}}]
        nodes += [
            {"id": node, "parent": "organisation", "name": {"nl": name, "en": name}}
            for node, name in [("noord", "Noord"), ("zuid", "Zuid"), ("proef", "Proef")]
            + [(f"t{number}", f"Team {number}") for number in range(1, 131)]
        ]
        write_campaign(tmp_path, house.campaign_id, tree={"nodes": nodes})
        house.plan()
        async with house.bot(answer_deadline_seconds=DEADLINE_SECONDS), page_of(house, TextLanguage.NL) as page:
            visit = Visit(page, WORDS[TextLanguage.NL], TextLanguage.NL, pictures)
            words = visit.words
            await visit.be(words.colleague)
            await visit.type("/pulse success")
            dialog = await visit.dialog()
            await dialog.get_by_label(words.title, exact=True).fill("Team 125 deelt")
            await dialog.get_by_label(re.compile(f"^{words.story}")).fill("Een goed gesprek.")
            audience = dialog.locator("select[multiple]")
            await expect(audience.locator("option")).to_have_count(134)
            await audience.select_option(["t125"])
            await dialog.get_by_role("button", name=words.to_draft).click()
            await visit.sees(words.handed_in)
            await visit.be(words.champion)
            draft = await visit.sees("Team 125 deelt")
            await expect(draft).to_contain_text("Voor: \u2068Team 125\u2069")
            await visit.take("audience")
    pictures.require_small()
