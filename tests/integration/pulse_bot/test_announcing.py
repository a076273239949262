"""From a story to the channels: drafts, approval, correction, promises, concerns, results, digests, reactions."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import orjson
import pytest
from fastapi import FastAPI, Response
from kafka import KafkaConsumer, KafkaProducer

from sandbox import broker as brokers
from services.contracts.base import Text
from services.contracts.events import (
    AnnouncementCorrected,
    AnnouncementDrafted,
    AnnouncementKind,
    AnnouncementPublished,
    ConcernAnswered,
    Figure,
    ReactionsCounted,
)
from services.contracts.topics import TopicName
from services.contracts.wire import encode, parse
from services.pulse_bot.announcements import book, posts, promises
from services.pulse_bot.ledger import contacts, leases
from services.pulse_bot.ledger.announcing import PostState
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.writer import LedgerAway, LedgerFault
from services.runtime import kafka
from services.runtime.serving import server as plain_server
from tests.integration.pulse_bot.acting import Colleague, Json, words
from tests.integration.pulse_bot.conftest import create_topics
from tests.integration.pulse_bot.house import (
    CHAMPION,
    GENERAL,
    LISTENERS,
    NORTH,
    House,
    eventually,
    listen,
    member,
    serving,
    write_campaign,
)

SUCCESS = {
    "title": "30 % sneller",
    "story": "Het verslag schrijft zich half zelf. De verpleegkundige houdt het laatste woord.",
    "figure": "30",
    "unit": "% sneller",
    "period": "maart",
    "audience": ["organisation"],
}


def told(house: House, kind: type, about: str = "") -> list[Any]:
    """The events of a kind that this house wrote; the broker is shared."""
    found = []
    for record in house.reader.records(TopicName.ANNOUNCEMENTS):
        event = parse(TopicName.ANNOUNCEMENTS, record.value).event
        if isinstance(event, kind) and about in orjson.dumps(event.model_dump(mode="json")).decode():
            found.append(event)
    return found


async def hand_in(house: House, person: str, **changes: Any) -> Colleague:
    """Write a success in the modal."""
    me = Colleague(house, person)
    assert (await me.command("/pulse success"))["effect"] == "modal"
    sent = await me.submit(**(SUCCESS | changes))
    assert sent["outcome"] == "closed", sent
    return me


async def test_a_success_goes_from_the_modal_over_a_champion_to_the_channel(house: House) -> None:
    house.plan()
    title = f"Sneller {house.campaign_id}"
    async with house.bot():
        author = await hand_in(house, member(5), title=title)
        await author.sees("Dank je wel dat je dit vertelt")
        champion = Colleague(house, CHAMPION)
        draft = await champion.sees(title)
        assert "30 % sneller" in words(draft).replace("\u2068", "").replace("\u2069", "").replace("*", "")
        assert await author.messages(GENERAL) == []
        assert told(house, AnnouncementPublished, house.campaign_id) == []
        await champion.press("announcement.approve", message=draft)
        post = await author.sees(title, GENERAL)
        (event,) = await eventually(lambda: _async(told(house, AnnouncementPublished, title)))
        assert (event.kind, event.audience, event.figure.value) == (AnnouncementKind.SUCCESS, ("organisation",), 30.0)
        other = Colleague(house, member(2))
        late = await other.sees(title)
        report = await other.press("announcement.approve", message=late)
        assert "already" in words(report["shown"])
        assert len([m for m in await author.messages(GENERAL) if title in words(m)]) == 1
        english = await other.press("post.language", message=post)
        assert english["effect"] == "ephemeral"
        assert "Success" in words(english["shown"])
        assert "Lees dit in het Nederlands" in words(english["shown"])


async def _async(value: Any) -> Any:
    return value


async def test_two_champions_at_the_same_second_publish_once_and_a_correction_changes_the_post(house: House) -> None:
    write_campaign(house.folder, house.campaign_id, approvals=2)
    house.plan(approve=False)
    title = f"Twee {house.campaign_id}"
    async with house.bot():
        await hand_in(house, member(5), title=title, audience=["organisation", "noord", "zuid"])
        first, second = Colleague(house, CHAMPION), Colleague(house, member(2))
        drafts = [await first.sees(title), await second.sees(title)]
        await asyncio.gather(
            first.press("announcement.approve", message=drafts[0]),
            second.press("announcement.approve", message=drafts[1]),
        )
        for channel in (GENERAL, NORTH):
            await first.sees(title, channel)
            assert len([m for m in await first.messages(channel) if title in words(m)]) == 1
        await eventually(lambda: _async(told(house, AnnouncementPublished, title)))
        # a correction: from the champion's draft list on, approved by both again
        ledger = house.ledger()
        (announcement_id,) = {e.announcement_id for e in told(house, AnnouncementPublished, title)}
        before = (await first.sees(title, GENERAL))["ts"]
        found = ledger.read_now(lambda c: book.find(c, announcement_id))
        assert found is not None
        better = found.draft.model_copy(update={"story": Text(nl="Het was 25 %, niet 30 %.", en="It was 25 %.")})
        assert ledger.write_now(book.revise(announcement_id, found.revision, better)) is not None
        for champion in (first, second):
            draft = await champion.sees("25 %")
            await champion.press("announcement.approve", message=draft)
        for channel in (GENERAL, NORTH):
            corrected = await first.sees("25 %", channel)
            assert "verbeterd" in words(corrected)
        assert (await first.sees("25 %", GENERAL))["ts"] == before
        (event,) = await eventually(lambda: _async(told(house, AnnouncementCorrected, title)))
        assert event.story.en == "It was 25 %."


async def test_each_decision_on_words_is_told_as_it_is(house: House) -> None:
    house.plan()
    title = f"Stap {house.campaign_id}"
    async with house.bot():
        await hand_in(house, member(5), title=title, audience=["noord"], staggered=["staggered"])
        champion = Colleague(house, CHAMPION)
        await champion.press("announcement.edit", message=await champion.sees(title))
        assert (await champion.submit(story="Zo klopt het."))["outcome"] == "closed"
        await champion.sees("Je versie is bewaard")
        await champion.press("announcement.approve", message=await champion.sees("Zo klopt het."))
        await champion.sees("elke ronde naar één team")
        await champion.sees("Zo klopt het.", NORTH)
        for story in ("Het was iets minder.", "Toch niet minder."):
            (event,) = await eventually(lambda: _async(told(house, AnnouncementPublished, title)))
            ledger = house.ledger()
            found = ledger.read_now(lambda c, about=event.announcement_id: book.find(c, about))
            assert found is not None
            better = found.draft.model_copy(update={"story": Text(nl=story, en=story)})
            assert ledger.write_now(book.revise(found.id, found.revision, better)) is not None
            draft = await champion.sees(story)
            if story == "Toch niet minder.":
                await champion.press("announcement.discard", message=draft)
                await champion.sees("De verbetering is weggegooid. Het bericht blijft zoals het was.")
            else:
                await champion.press("announcement.approve", message=draft)
                await champion.sees("Het bericht wordt nu verbeterd")
        assert "Het was iets minder." in words(await champion.sees(title, NORTH))


async def test_a_modal_that_lacks_something_says_what(house: House) -> None:
    house.plan()
    async with house.bot():
        me = Colleague(house, member(5))
        await me.command("/pulse success")
        sent = await me.submit(**(SUCCESS | {"figure": "veel", "unit": "", "period": ""}))
        assert sent["outcome"] == "errors"
        assert set(sent["errors"]) == {"figure", "unit", "period"}
        assert "getal" in sent["errors"]["figure"]


async def test_a_colleague_who_is_no_champion_cannot_approve_discard_or_change(house: House) -> None:
    house.plan()
    title = f"Nee {house.campaign_id}"
    async with house.bot():
        author = await hand_in(house, member(5), title=title)
        draft = await Colleague(house, CHAMPION).sees(title)
        carried = next(
            element["value"] for block in draft["blocks"] if block["type"] == "actions" for element in block["elements"]
        )
        mine = (await author.messages())[0]
        for action in ("announcement.approve", "announcement.discard", "announcement.edit"):
            forged = {"action_id": action, "block_id": "announcement.draft", "value": carried}
            report = await author.press(action, message=mine, remembered=forged)
            assert "Alleen kartrekkers van dit programma kunnen dit" in words(report["shown"])
        assert await author.messages(GENERAL) == []


async def test_under_an_old_draft_nobody_discards_words_that_they_have_not_seen(house: House) -> None:
    house.plan()
    title, newer = f"Oud {house.campaign_id}", f"Nieuw {house.campaign_id}"
    async with house.bot():
        await hand_in(house, member(5), title=title)
        first, second = Colleague(house, CHAMPION), Colleague(house, member(2))
        old = await first.sees(title)
        await second.press("announcement.edit", message=await second.sees(title))
        assert (await second.submit(**(SUCCESS | {"title": newer})))["outcome"] == "closed"
        draft = await first.sees(newer)
        report = await first.press("announcement.discard", message=old)
        assert "intussen aangepast" in words(report["shown"])
        await first.press("announcement.approve", message=draft)
        await second.sees(newer, GENERAL)


@contextmanager
def drafted_by_a_system(house: House) -> Iterator[None]:
    """A broker of its own with one draft: every bot reads all drafts, and would show this one in other tests."""
    with brokers.running() as other:
        create_topics(other)
        house.settings = house.settings.model_copy(update={"kafka_bootstrap": other})
        house.plan()
        house.plan_next_year()
        draft = AnnouncementDrafted(
            announcement_id=f"his-{house.campaign_id}",
            kind=AnnouncementKind.SUCCESS,
            title=Text(nl=f"Uit het systeem {house.campaign_id}", en="From the system"),
            story=Text(nl="2 uur per week", en="2 hours a week"),
            audience=("organisation",),
            figure=Figure(value=1.5, unit="hours", period="maart"),
        )
        producer: KafkaProducer = kafka.producer(house.settings, "test-gateway")
        try:
            key = draft.announcement_id.encode()
            producer.send(TopicName.ANNOUNCEMENTS.value, value=encode(draft), key=key).get(timeout=60)
        finally:
            kafka.end_producer(producer, 5.0)
        yield


async def test_drafts_come_up_after_a_ledger_that_was_away_and_the_bot_stays_live(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_put, real_close, faults = (
        book.put_draft,
        KafkaConsumer.close,
        iter([LedgerAway("away"), LedgerFault("locked")]),
    )

    def put(*given: Any) -> Any:
        for fault in faults:
            raise fault
        return real_put(*given)

    def close(consumer: KafkaConsumer, *given: Any, **more: Any) -> None:
        real_close(consumer, *given, **more)
        raise RuntimeError("closed in the middle of something")

    monkeypatch.setattr(book, "put_draft", put)
    monkeypatch.setattr(KafkaConsumer, "close", close)
    with drafted_by_a_system(house):
        async with house.bot() as client:
            await Colleague(house, CHAMPION).sees(f"Uit het systeem {house.campaign_id}")
            assert (await client.get("/healthz/live")).status_code == 200
    assert next(faults, None) is None


async def test_a_draft_from_a_business_system_comes_up_once_and_can_be_discarded(house: House) -> None:
    with drafted_by_a_system(house):
        async with house.bot():
            champion = Colleague(house, CHAMPION)
            shown = await champion.sees(f"Uit het systeem {house.campaign_id}")
            assert "1,5 uur" in words(shown)
            await champion.press("announcement.discard", message=shown)
            await champion.sees("Het bericht is weggegooid. Er is niets geplaatst.")
            assert await Colleague(house, member(7)).messages() == [], "a champion of next year's campaign"
        async with house.bot():  # reads the topic from its beginning again
            await champion.told("/pulse status")
            again = [m for m in await champion.messages() if f"Uit het systeem {house.campaign_id}" in words(m)]
            assert again == []


async def test_a_concern_is_asked_without_a_name_on_a_later_day_and_answered_for_everyone(house: House) -> None:
    house.plan()
    text = f"Wie leest mee? & <!channel> {house.campaign_id}"
    async with house.bot():
        asker = Colleague(house, member(7))
        assert (await asker.command("/pulse concern"))["effect"] == "modal"
        assert (await asker.submit(text=text))["outcome"] == "closed"
        await asker.sees("Je zorg is binnen")
        listener = Colleague(house, CHAMPION)
        assert await listener.messages(LISTENERS) == []
        assert member(7).encode() not in house.raw_ledger()
        await house.clock_to(house.campaign.schedule.opens_at(1) + timedelta(hours=3))
        asked = await listener.sees(house.campaign_id, LISTENERS)
        assert "<!channel>" not in words(asked)
        await listener.press("concern.answer", message=asked)
        assert (await listener.submit(question="Wie leest mee?", text="Niemand kan zien wie wat zegt."))[
            "outcome"
        ] == "closed"
        public = await asker.sees("Niemand kan zien wie wat zegt.", GENERAL)
        assert "Jullie vroegen" in words(public)
        await listener.sees("Beantwoord, voor iedereen te lezen", LISTENERS)
        events = await eventually(lambda: _async(told(house, ConcernAnswered, "Niemand kan zien wie wat zegt.")))
        assert events[-1].question == "Wie leest mee?"
        assert member(7) not in orjson.dumps(events[-1].model_dump(mode="json")).decode()


async def test_a_listener_whose_answer_nobody_can_read_is_told_so(house: House) -> None:
    write_campaign(house.folder, house.campaign_id, channels={"nodes": {"noord": NORTH}, "listeners": LISTENERS})
    house.plan()
    async with house.bot():
        asker = Colleague(house, member(7))
        await asker.command("/pulse concern")
        assert (await asker.submit(text=f"Wie leest mee? {house.campaign_id}"))["outcome"] == "closed"
        await house.clock_to(house.campaign.schedule.opens_at(1) + timedelta(hours=3))
        listener = Colleague(house, CHAMPION)
        await listener.press("concern.answer", message=await listener.sees(house.campaign_id, LISTENERS))
        sent = await listener.submit(question="Wie leest mee?", text="Niemand.")
        assert sent["outcome"] == "errors", sent
        assert "geen kanaal voor de hele organisatie" in sent["errors"]["text"]


async def test_a_fourth_concern_on_one_day_is_refused_kindly(house: House) -> None:
    house.plan()
    await house.clock_to(house.campaign.schedule.opens_at(1) - timedelta(hours=20))  # the day does not end meanwhile
    async with house.bot():
        asker = Colleague(house, member(7))
        for number in range(4):
            await asker.command("/pulse concern")
            await asker.submit(text=f"zorg {number}")
        await asker.sees("drie zorgen per dag")


def document(wave_id: str, campaign_id: str, closed_at: str) -> Json:
    """A release as the metrics API serves it."""
    cells = [
        {"node_id": "organisation", "measure": "trust", "status": "shown", "score": 61.4, "score_label": "61.4",
         "low": 55.0, "high": 67.0, "n": None, "n_band": "12-19", "response_band": "70+ %"},
        {"node_id": "organisation", "measure": "resistance", "status": "shown", "score": 35.0, "score_label": "35",
         "low": 30.0, "high": 40.0, "n": None, "n_band": "12-19", "response_band": "70+ %"},
        {"node_id": "noord", "measure": "trust", "status": "too few answers"},
    ]  # fmt: skip
    return {
        "wave": wave_id,
        "campaign": campaign_id,
        "title": {"nl": "AI bij Zorg · ronde 1", "en": "AI at Care · round 1"},
        "closed_at": closed_at,
        "nodes": [
            {"id": "organisation", "parent": None, "name": {"nl": "Zorg", "en": "Care"}},
            {"id": "noord", "parent": "organisation", "name": {"nl": "Noord", "en": "North"}},
        ],
        "cells": cells,
    }


@asynccontextmanager
async def metrics_api(released: dict[str, Json]) -> AsyncIterator[str]:
    """A metrics API that has these releases."""
    app = FastAPI()

    @app.get("/v1/releases/{wave}")
    async def release(wave: str) -> Response:
        if wave not in released:
            return Response(b'{"type":"not-released"}', 404)
        return Response(orjson.dumps(released[wave]), media_type="application/json")

    @app.get("/v1/trends")
    async def trends() -> list[Json]:
        return [{"wave": wave, "measure": "trust", "verdict": "clearly up"} for wave in released]

    listening = listen()
    async with serving(app, listening, plain_server):
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


async def test_a_released_wave_is_told_with_picture_and_promises_and_reactions_are_counted(house: House) -> None:
    house.plan()
    house.plan_next_year()
    title = f"Klaar {house.campaign_id}"
    (house.folder / "metrics_token").write_text("token")
    released: dict[str, Json] = {}
    async with (
        metrics_api(released) as url,
        house.bot(metrics_url=url, metrics_token_file=house.folder / "metrics_token"),
    ):
        await hand_in(house, member(5), title=title)
        champion = Colleague(house, CHAMPION)
        await champion.press("announcement.approve", message=await champion.sees(title))
        post = await champion.sees(title, GENERAL)
        for number in (1, 2, 3):
            await Colleague(house, member(number)).react(post, "tada")
        await house.open_and_send()
        await house.invitation(member(3))
        words_of = Text(nl="Training voor iedereen", en="Training for everyone")
        promise = promises.Promise("p1", house.campaign_id, words_of, "HR", house.campaign.schedule.starts_on)
        house.ledger().write_now(promises.put(promise, CHAMPION, house.campaign.schedule.opens_at(1)))
        await house.clock_to(house.campaign.schedule.closes_at(1))

        async def closed() -> bool:
            return (await house.wave()).state is WaveState.CLOSED

        await eventually(closed)
        assert "Er zijn nog geen uitkomsten" in words(await champion.home())
        released[house.wave_id()] = document(
            house.wave_id(), house.campaign_id, house.campaign.schedule.closes_at(1).isoformat()
        )
        results = await champion.sees("De uitkomsten zijn er", GENERAL)
        shown = words(results)
        for part in (
            "*Vertrouwen*: 61,4 van 100",
            "duidelijk hoger",
            "Training voor iedereen",
            "Antwoorden: 12–19 · 70 % of meer deed mee",
        ):
            assert part in shown, shown
        (image,) = [block for block in results["blocks"] if block["type"] == "image"]
        assert "Vertrouwen" in image["alt_text"]
        picture = await house.act.get(f"/files/{image['slack_file']['id']}")
        assert picture.content.startswith(b"\x89PNG")
        assert len(picture.content) < 150_000
        team = await champion.sees("De uitkomsten zijn er", NORTH)
        assert "te weinig antwoorden" in words(team)
        english = words(await Colleague(house, member(2)).home())
        assert "*Trust*: 61.4 of 100" in english
        (event,) = await eventually(lambda: _async(_reactions(house, title)))
        assert event.reactions == {"tada": 3}
        await house.clock_to(house.campaign.schedule.closes_at(1) + timedelta(days=11))
        digest = await champion.sees("afgelopen weken", GENERAL)
        assert title in words(digest)
        for text in ("De uitkomsten zijn er", "afgelopen weken"):
            assert len([m for m in await champion.messages(GENERAL) if text in words(m)]) == 1


def _reactions(house: House, title: str) -> list[Any]:
    published = {event.announcement_id for event in told(house, AnnouncementPublished, title)}
    return [event for event in told(house, ReactionsCounted) if event.announcement_id in published]


async def test_a_channel_that_is_gone_keeps_no_other_channel_waiting(house: House) -> None:
    channels = {"nodes": {"organisation": GENERAL, "noord": NORTH, "zuid": "C0GONE"}, "listeners": LISTENERS}
    write_campaign(house.folder, house.campaign_id, channels=channels)
    house.plan()
    title = f"Weg {house.campaign_id}"
    async with house.bot():
        await hand_in(house, member(5), title=title, audience=["organisation", "noord", "zuid"])
        champion = Colleague(house, CHAMPION)
        await champion.press("announcement.approve", message=await champion.sees(title))
        for channel in (GENERAL, NORTH):
            await champion.sees(title, channel)
        (event,) = await eventually(lambda: _async(told(house, AnnouncementPublished, title)))
        subject = f"announcement:{event.announcement_id}"
        made = house.ledger().read_now(lambda c: posts.of_subject(c, subject))
        assert {post.channel: post.state for post in made}["C0GONE"] is PostState.FAILED


async def test_a_post_that_a_crash_left_open_is_asked_about_and_not_made_again_by_itself(house: House) -> None:
    house.plan()
    title = f"Knal {house.campaign_id}"
    async with house.bot():
        await hand_in(house, member(5), title=title)
        champion = Colleague(house, CHAMPION)
        draft = await champion.sees(title)
    ledger = house.ledger()
    announcement_id, revision = draft["blocks"][-1]["elements"][0]["value"].rsplit("|", 1)
    now = house.campaign.schedule.opens_at(1)
    ledger.write_now(book.approve(announcement_id, int(revision), CHAMPION, house.campaign, now))
    (post,) = ledger.read_now(lambda c: posts.due(c, now))
    ledger.write_now(posts.claim(post, "killed"))
    ledger.write_now(leases.release("killed"))  # as after a minute: here the process was killed
    await house.clock_to(now)
    async with house.bot():
        asked = await champion.sees("Slack zei niet of een bericht")
        assert await champion.messages(GENERAL) == []
        await champion.press("post.again", message=asked)
        await champion.sees(title, GENERAL)
        assert len(await champion.messages(GENERAL)) == 1


async def test_what_champions_are_told_counts_in_their_week_and_a_reminder_yields_to_it(house: House) -> None:
    house.plan()
    opens = house.campaign.schedule.opens_at(1)
    async with house.bot():
        await house.open_and_send()
        for person in (CHAMPION, member(3)):
            await house.invitation(person)
        for number in (1, 2):  # an invitation and two drafts: three messages that nobody asked for
            await hand_in(house, member(5), title=f"Bericht {number} {house.campaign_id}")
            await Colleague(house, CHAMPION).sees(f"Bericht {number}")
        await house.clock_to(opens + timedelta(days=4, hours=2))
        reminder = f"reminder:{house.wave_id()}"

        async def reminded(person: str) -> bool:
            return reminder in [m["blocks"][0].get("block_id") for m in await house.messages(person) if m.get("blocks")]

        for person in (member(3), member(12)):
            await eventually(lambda person=person: reminded(person))
        assert not await reminded(CHAMPION)
        ledger = house.ledger()
        days = ledger.read_now(lambda c: contacts.spent(c, "T1", CHAMPION, (opens + timedelta(days=4)).date()))
        assert days == 4, "the reminder counts for everybody, so that the count tells of nobody who had answered"
