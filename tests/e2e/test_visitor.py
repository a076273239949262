"""`make demo`, then a browser: a visitor is one of the employees and answers in the round that was left open."""

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import clickhouse_connect
import pytest
from playwright.sync_api import Locator, Page, Playwright, expect, sync_playwright

from sandbox.played import addresses_of
from sandbox.processes.ports import LOOPBACK
from sandbox.stack.plan import processes
from sandbox.stack.ports import Ports, url
from sandbox.stack.process import ProcessSpec
from sandbox.stack.rounds import rounds_of
from sandbox.stack.running import Options, Stack, running
from sandbox.stack.secret_files import SecretFiles
from sandbox.stack.state import StateFolder
from sandbox.story import driver
from sandbox.story.simulation import Simulation, simulation_of
from sandbox.story.stage import set_stage, start_clock
from tests.e2e.conftest import LONGEST_MS
from tests.e2e.pictures import Pictures
from tests.e2e.test_workspace_page import LAUNCH, PATIENT
from tests.low_ports import free_port_base

pytestmark = [pytest.mark.timeout(900), pytest.mark.needs("chromium")]
OPEN_WAVE: Final = "zorg-w02"
ROUND_MS: Final = 200_000
"""How long a round may take to close and be released: the page waits twice 90 s itself."""


@dataclass(frozen=True)
class Visited:
    """A sandbox in which one wave was played and the next is open; ``member`` has not answered it yet."""

    stack: Stack
    member: str
    name: str

    def query(self, statement: str) -> list[Any]:
        client = clickhouse_connect.get_client(
            host=LOOPBACK,
            port=self.stack.ports.store,
            username="admin",
            password=(self.stack.secrets.folder / "clickhouse_admin").read_text().strip(),
        )
        return list(client.query(statement).named_results())

    def ballots(self) -> set[Any]:
        """The ballots of the open wave that are stored."""
        rows = self.query(f"SELECT DISTINCT ballot_id FROM pulse_ballots.answers WHERE wave_id = '{OPEN_WAVE}'")
        return {row["ballot_id"] for row in rows}

    def browse(self, playwright: Playwright, height: int, width: int = 1280, path: str = "/") -> Page:
        """The workspace's page, signed in, with everything on it that is there at first."""
        page = playwright.chromium.launch(**LAUNCH).new_page(
            viewport={"width": width, "height": height}, locale="nl-NL"
        )
        page.set_default_timeout(LONGEST_MS)
        page.goto(url(self.stack.ports.workspace, f"{path}?key={self.stack.secrets.access_key.read_text().strip()}"))
        page.wait_for_selector("html[data-ready]")
        return page

    def answered(self) -> int:
        """The people whose answers counted when the open wave had closed."""
        counts = f"SELECT sum(acknowledged) AS people FROM pulse_ballots.unit_counts WHERE wave_id = '{OPEN_WAVE}'"
        return int(self.query(counts)[0]["people"])


def patient(ports: Ports, state: StateFolder, secrets: SecretFiles) -> tuple[ProcessSpec, ...]:
    """The demo's processes on a machine that may be busy: they start slowly, and Slack waits longer for the bot."""
    more = {
        "workspace": {f"DRAAGVLAK_SANDBOX_{name.upper()}": str(value) for name, value in PATIENT.items()},
        "bot": {"DRAAGVLAK_ANSWER_DEADLINE_SECONDS": "2.9"},
    }
    return tuple(
        replace(one, ready_seconds=240.0, environment={**one.environment, **more.get(one.name, {})})
        for one in processes(ports, state, secrets, approved=lambda: 2)
    )


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    simulation = simulation_of()
    wave = simulation.wave(2)
    answering = {sheet.member for sheet in wave.sheets}
    person = next(p for p in wave.organisation.people if p.member not in answering and p.language == "nl")
    options = Options(
        path=tmp_path_factory.mktemp("visit") / "state",
        base=free_port_base(),
        say=lambda _: None,
        prepare=lambda state: start_clock(set_stage(simulation.organisation, state.path), state.workspace),
        plan=patient,
    )
    with running(options) as stack:
        outcome = driver.play(
            *addresses_of(stack),
            simulation=simulation,
            waves=[1],
            then_open=2,
        )
        visited = Visited(stack, person.member, person.real_name)
        on_the_first_day = sum(sheet.day == 0 for sheet in wave.sheets)
        deadline = time.monotonic() + 180
        while len(visited.ballots()) < on_the_first_day:
            assert time.monotonic() < deadline, "ingest has not stored the story's answers"
            time.sleep(0.1)
        with accompanied(stack, simulation, outcome.opened):
            yield visited


@contextmanager
def accompanied(stack: Stack, simulation: Simulation, opened: tuple[int, int] | None) -> Iterator[None]:
    """The simulated colleagues beside the visitor, as in the demo."""
    ended = threading.Event()
    complaints: list[str] = []

    def accompany() -> None:
        driver.accompany(*addresses_of(stack), simulation, rounds, complaints.append, ended=ended.is_set, opened=opened)

    with rounds_of(stack.state.path, simulation.organisation.plan.campaign.id) as rounds:
        thread = threading.Thread(target=accompany, name="company")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(120)
    assert not thread.is_alive()
    assert complaints == []


def test_an_answer_in_dutch_is_thanked_for_and_stored_without_the_person(visited: Visited) -> None:
    statement = f"SELECT * FROM pulse_ballots.answers FINAL WHERE wave_id = '{OPEN_WAVE}'"
    before = visited.ballots()
    with sync_playwright() as playwright:
        page = visited.browse(playwright, 900, width=1360)
        page.get_by_label("Zoek naam, functie, team").last.fill(visited.name)
        page.get_by_role("button", name=visited.name).first.click()
        shown = [page.get_by_text(f"Vraag {question} van 5") for question in range(1, 6)]
        shown.append(page.get_by_text("Dank je wel! Je antwoorden zijn binnen.").last)
        expect(shown[0]).to_be_visible()
        for asked, behind in itertools.pairwise(shown):
            agree(page, asked, behind)

    rows: list[Any] = []
    deadline = time.monotonic() + 60
    while len(rows) < 5 and time.monotonic() < deadline:
        rows = [row for row in visited.query(statement) if row["ballot_id"] not in before]
    assert len({row["ballot_id"] for row in rows}) == 1
    assert [row["value"] for row in rows] == [5] * 5
    assert set(rows[0]) == {"wave_id", "ballot_id", "node_id", "item_id", "value", "revision"}
    text = json.dumps(rows, default=str)
    assert visited.member not in text
    assert visited.name not in text


def agree(page: Page, asked: Locator, behind: Locator) -> None:
    """Agree with what is asked until it is gone: on a busy machine the bot may say "once more"."""
    for _ in range(4):
        page.get_by_role("button", name=re.compile("^(Sterk voor|Helemaal mee eens|Helemaal eens)$")).last.click()
        with suppress(AssertionError):
            expect(asked).to_be_hidden(timeout=30_000)
            break
    expect(asked).to_be_hidden()
    expect(behind).to_be_visible()


def command(page: Page, text: str, answer: Locator) -> None:
    """Give a command until its answer is there: on a busy machine the bot may miss Slack's three seconds.

    Or the box is emptied under the typing, where one has just become another.
    """
    for _ in range(5):
        page.get_by_label("Schrijf een bericht of een opdracht").fill(text)
        page.keyboard.press("Enter")
        with suppress(AssertionError):
            expect(answer.or_(page.locator("#notice.bad")).first).to_be_visible(timeout=10_000)
        if answer.is_visible():
            return
    raise AssertionError(f"the bot never answered {text}")


def press_until_seen(button: Locator, seen: Callable[..., None]) -> None:
    """Press, and again when nothing came of it in Slack's three seconds and as many more: a busy machine."""
    for _ in range(4):
        button.click()
        try:
            seen(timeout=10_000)
        except AssertionError:
            continue
        return
    seen()


def test_no_log_line_holds_the_visitor(visited: Visited) -> None:
    logs: Path = visited.stack.state.logs
    for log in sorted(logs.iterdir()):
        said = log.read_text(encoding="utf-8", errors="replace")
        assert not re.search(rf"\b{visited.member}\b", said), log.name
        assert visited.name not in said, log.name


def test_nothing_of_the_open_round_is_published(visited: Visited) -> None:
    assert [row["wave_id"] for row in visited.query("SELECT wave_id FROM pulse_release.releases")] == ["zorg-w01"]
    assert visited.query(f"SELECT * FROM pulse_release.cells WHERE wave_id = '{OPEN_WAVE}'") == []


def test_a_newcomer_is_an_employee_a_champion_and_a_leader_and_sees_the_round_released(
    visited: Visited, tmp_path: Path
) -> None:
    # It closes the round that the tests above need open; those below need it released.
    pictures = Pictures(tmp_path)
    with sync_playwright() as playwright:
        page = visited.browse(playwright, 800)
        expect(page.locator("#welcome li")).to_have_count(5)
        languages = page.get_by_role("button", name="Nederlands").bounding_box()
        heading = page.get_by_role("heading", level=1).bounding_box()
        assert languages
        assert heading
        assert languages["y"] < heading["y"] + heading["height"], "the bar is one line at 1280 points in Dutch"
        pictures.take(page, "newcomer-1-welcome")

        page.get_by_role("button", name="Kijk als medewerker").click()
        expect(page.get_by_text("Vraag 1 van 5")).to_be_visible()
        pictures.take(page, "newcomer-2-employee")
        agree(page, page.get_by_text("Vraag 1 van 5"), page.get_by_text("Vraag 2 van 5"))

        page.get_by_role("link", name="Wat is dit?").click()
        page.get_by_role("button", name="Kijk als kartrekker").click()
        expect(page.locator("#acting-hint")).to_contain_text("Kartrekkers")
        command(page, "/pulse help", page.get_by_text("Alleen jij ziet dit bericht").last)
        pictures.take(page, "newcomer-3-champion")

        key = visited.stack.secrets.access_key.read_text().strip()
        leaders = page.context.browser.new_page(viewport={"width": 1280, "height": 900})
        leaders.set_default_timeout(LONGEST_MS)
        leaders.goto(url(visited.stack.ports.workspace, f"/?key={key}&to=/dashboards"))
        pictured = leaders.get_by_alt_text(re.compile("^Leadership: support for AI at work"))
        expect(pictured).to_be_visible(timeout=ROUND_MS)
        expect(leaders.locator("#standing")).to_be_empty()
        assert pictured.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 1440
        expect(leaders.locator(".dashboard img:visible")).to_have_count(5)
        first = pictured.get_attribute("src")

        page.get_by_role("button", name="Ronde sluiten").click()
        released = page.locator("#round-line").get_by_role("link", name="Bekijk de uitkomsten")
        expect(released).to_be_visible(timeout=ROUND_MS)
        expect(pictured).not_to_have_attribute("src", first or "", timeout=ROUND_MS)
        expect(leaders.locator("#standing")).to_be_empty()
        assert pictured.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 1440
        pictures.take(leaders, "dashboards-preview-en")
        leaders.close()
        on_all_days = len(simulation_of().wave(2).sheets)
        assert visited.answered() >= on_all_days, "colleagues answered on the days that went by"
        expect(page.get_by_role("button", name="Volgende ronde")).to_be_disabled()
        expect(page.locator("#round-line")).to_contain_text("wacht op goedkeuring door een kartrekker")
        page.locator("#round-line").get_by_role("button", name="Kijk als kartrekker").click()
        expect(page.locator("#place-name")).to_be_focused()
        command(page, "/pulse admin", page.get_by_role("button", name="Goedkeuren").last)
        dialog = page.get_by_role("dialog")
        press_until_seen(page.get_by_role("button", name="Goedkeuren").last, expect(dialog).to_be_visible)
        press_until_seen(dialog.get_by_role("button", name="Goedkeuren"), expect(dialog).to_be_hidden)
        page.get_by_role("button", name="Volgende ronde").click(timeout=ROUND_MS)
        expect(page.get_by_role("button", name="Ronde sluiten")).to_be_enabled(timeout=ROUND_MS)
        page.get_by_role("button", name="Ronde sluiten").click()
        expect(page.locator("#round-line")).to_contain_text("ronde 3", timeout=ROUND_MS)
        expect(released).to_be_visible(timeout=ROUND_MS)
        released.click()
        expect(page.get_by_role("heading", name="Uitkomsten")).to_be_visible()
        expect(page.locator("svg.trend").first.locator(".mark.resistance")).to_have_count(3)
        expect(page.locator("svg.trend.small").get_by_text("1–3").first).to_be_visible()
        expect(page.get_by_text("In het echt kijkt de leiding in Grafana")).to_be_visible()
        pictures.take(page, "newcomer-4-leader")
        page.get_by_role("link", name="De metrics-API").click()
        page.get_by_role("link", name="/v1/trends").click()
        page.wait_for_url(re.compile("/metrics-api/trends"))
        assert json.loads(page.locator("pre").inner_text())[0]["team"] == "organisation"
    pictures.require_small()


def press_until(page: Page, button: Locator, modal: Locator, told: str) -> None:
    """Press, and again as long as the champion is told that the comments cannot be reached now: a busy machine."""
    away = page.get_by_text("We kunnen nu niet bij de opmerkingen.")
    for _ in range(5):
        button.click()
        with suppress(AssertionError):
            expect(modal).to_contain_text(told, timeout=20_000)
            return
        if not away.count():
            break
    expect(modal).to_contain_text(told)


def test_a_champion_reads_the_comments_before_anybody_else_and_releases_them(visited: Visited, tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    stored = f"SELECT comment_id, text FROM pulse_ballots.comments WHERE wave_id = '{OPEN_WAVE}'"
    written = {row["comment_id"]: row["text"] for row in visited.query(stored)}
    assert len(written) >= 20, "people of the story answered the open question"
    published = f"SELECT document FROM pulse_release.comment_releases FINAL WHERE wave_id = '{OPEN_WAVE}'"
    assert visited.query(published) == []
    with sync_playwright() as playwright:
        page = visited.browse(playwright, 900)
        page.locator("#welcome [data-role=champion]").click()
        review = page.get_by_role("button", name="Opmerkingen bekijken").last
        command(page, "/pulse admin", review)
        modal = page.locator("#modal")
        press_until(page, review, modal, "pagina 1 van")
        modal.get_by_role("checkbox").first.check()
        pictures.take(page, "comments-review-nl")
        pages = -(-len(written) // 10)
        ahead = modal.get_by_role("button", name="Verder", exact=True)
        for number in range(2, pages + 1):
            press_until(page, ahead, modal, f"pagina {number} van {pages}")
        press_until(page, ahead, modal, f"{len(written) - 1} opmerkingen worden getoond, 1 niet")
        assert visited.query(published) == []
        pictures.take(page, "comments-release-nl")
        modal.get_by_role("button", name="Vrijgeven", exact=True).click()
        expect(modal).to_contain_text("zijn vrijgegeven")
    (row,) = visited.query(published)
    shown = json.loads(row["document"])["comments"]
    assert len(shown) == len(written) - 1
    assert {comment["text"] for comment in shown} <= set(written.values())
    pictures.require_small()
