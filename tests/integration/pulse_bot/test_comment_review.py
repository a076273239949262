"""A champion reviews comments in Slack before they are released; ten or more together, or none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import structlog
from fastapi import FastAPI, Header, HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from services.metrics.release.comments import (
    Comment,
    CommentedWave,
    Decision,
    NotReleasable,
    ReviewStatus,
    publishable_comments,
    status_of,
)
from services.metrics.release.review_routes import CommentsReview, CommentToReview, Decisions
from services.pulse_bot.ledger.audit import AuditAction
from services.pulse_bot.ledger.models import AuditRow
from services.runtime.serving import server as plain_server
from tests.integration.pulse_bot.acting import Colleague, Json, words
from tests.integration.pulse_bot.house import CHAMPION, House, listen, member, serving
from tests.integration.pulse_bot.slack_requests import deliver, form

TOKEN = "review-token"
AT = datetime(2026, 1, 12, tzinfo=UTC)
BUTTON = "Opmerkingen bekijken"


def comment_id(number: int) -> str:
    return f"{number:032x}"


@dataclass
class Review:
    """What the release process has: comments by wave, decided by its own rules. ``down``: nothing answers."""

    url: str = ""
    waves: dict[str, list[Comment]] = field(default_factory=dict)
    published: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    def has(self, wave_id: str, number: int) -> None:
        self.waves[wave_id] = [Comment(comment_id(n), "OQ1", f"mening <{n}>", None) for n in range(number)]

    def decided(self, wave_id: str) -> dict[str, Decision | None]:
        return {comment.comment_id: comment.decision for comment in self.waves[wave_id]}

    def decide(self, wave_id: str, decisions: dict[str, Decision]) -> None:
        known = self.waves[wave_id]
        self.waves[wave_id] = [
            Comment(c.comment_id, c.question, c.text, decisions.get(c.comment_id, c.decision)) for c in known
        ]

    def body(self, wave_id: str, *, texts: bool = True) -> CommentsReview:
        if wave_id not in self.waves:
            raise HTTPException(404)
        comments = self.waves[wave_id]
        status = status_of(len(comments), 10, released=wave_id in self.published)
        shown = comments if texts and status is ReviewStatus.TO_REVIEW else []
        return CommentsReview(
            wave=wave_id,
            status=status,
            floor=10,
            comments=[
                CommentToReview(id=c.comment_id, question=c.question, text=c.text, decision=c.decision) for c in shown
            ],
            sha256=None,
        )

    def release(self, wave_id: str) -> None:
        wave = CommentedWave(wave_id, "zorg", AT, 10)
        self.published[wave_id] = publishable_comments(wave, self.waves[wave_id]).content


def review_app(known: Review) -> ASGIApp:
    """The endpoint, with the bodies of the real one."""
    app = FastAPI()

    def allowed(authorization: str) -> None:
        if authorization != f"Bearer {TOKEN}":
            raise HTTPException(401)

    @app.get("/v1/comments")
    async def _all(authorization: Annotated[str, Header()] = "") -> list[CommentsReview]:
        allowed(authorization)
        return [known.body(wave, texts=False) for wave in known.waves]

    @app.get("/v1/comments/{wave}/review")
    async def _one(wave: str, authorization: Annotated[str, Header()] = "") -> CommentsReview:
        allowed(authorization)
        return known.body(wave)

    @app.put("/v1/comments/{wave}/review")
    async def _decide(wave: str, body: Decisions, authorization: Annotated[str, Header()] = "") -> CommentsReview:
        allowed(authorization)
        if known.body(wave).status is not ReviewStatus.TO_REVIEW:
            raise HTTPException(409)
        known.decide(wave, body.decisions)
        return known.body(wave)

    @app.post("/v1/comments/{wave}/release")
    async def _release(wave: str, authorization: Annotated[str, Header()] = "") -> CommentsReview:
        allowed(authorization)
        try:
            known.release(wave)
        except NotReleasable:
            raise HTTPException(409) from None
        return known.body(wave)

    async def or_down(scope: Scope, receive: Receive, send: Send) -> None:
        if known.down and scope["type"] == "http":
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
            return
        await app(scope, receive, send)

    return or_down


@asynccontextmanager
async def reviewing(house: House) -> AsyncIterator[Review]:
    """A planned campaign, a bot, and a review to which it has the token."""
    house.plan()
    known = Review()
    (house.folder / "review_token").write_text(TOKEN)
    listening = listen()
    known.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with (
        serving(review_app(known), listening, plain_server),
        house.bot(review_url=known.url, review_token_file=house.folder / "review_token"),
    ):
        yield known


async def menu_of(me: Colleague) -> Json:
    report = await me.command("/pulse admin")
    shown: Json = report["shown"]
    return shown


def ticking(view: Json) -> str:
    """The id of the page's checkboxes."""
    (box,) = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    return str(box)


async def send_page(me: Colleague, *withheld: int) -> Json:
    field_of = ticking(await me.modal())
    return await me.submit(**({field_of: [comment_id(n) for n in withheld]} if withheld else {}))


async def sent_by(house: House, person: str, callback: str, about: str) -> str:
    """A modal that was signed by Slack and sent by this person; what is answered."""
    chosen = {"round": {"round": {"selected_option": {"value": house.wave_id()}}}}
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": callback,
        "private_metadata": about,
        "state": {"values": chosen},
    }
    payload = {"type": "view_submission", "user": {"id": person}, "team": {"id": "T1"}, "view": view}
    async with httpx.AsyncClient(base_url=house.bot_url, timeout=60) as client:
        answer = await deliver(client, form(payload))
    assert answer.status_code == 200
    return answer.text


async def test_comments_are_read_in_pages_withheld_and_released_after_a_question(house: House) -> None:
    with structlog.testing.capture_logs() as logs:
        async with reviewing(house) as known:
            me = Colleague(house, CHAMPION)
            assert BUTTON not in words(await menu_of(me)), "no comments, no button"
            known.has(house.wave_id(), 23)
            menu = await menu_of(me)
            assert BUTTON in words(menu)
            await me.press("admin.do.review", message=menu)
            first = words(await me.modal())
            assert "pagina 1 van 3" in first
            assert "> mening &lt;0&gt;" in first
            assert "mening &lt;9&gt;" in first
            assert "mening &lt;10&gt;" not in first
            await send_page(me, 4)
            assert "pagina 2 van 3" in words(await me.modal())
            await send_page(me, 10, 19)
            last = words(await me.modal())
            assert "pagina 3 van 3" in last
            assert "Opmerking 23" in last
            assert known.published == {}
            await send_page(me)
            assert "20 opmerkingen worden getoond, 3 niet" in words(await me.modal())
            assert known.published == {}, "only after the question"
            await me.submit()
            assert "zijn vrijgegeven" in words(await me.modal())
            published = known.published[house.wave_id()].decode()
            assert all((f"<{n}>" in published) == (n not in (4, 10, 19)) for n in range(23))
            assert BUTTON not in words(await menu_of(me))
            again = await me.press("admin.do.review", message=menu)
            assert "wachten geen opmerkingen" in words(again["shown"])
            rows = house.ledger().read_now(lambda c: c.execute(AuditRow.__table__.select()).all())
            released = [row for row in rows if row.action == AuditAction.COMMENTS_RELEASED]
            assert [(row.actor, row.subject) for row in released] == [(CHAMPION, house.wave_id())]
    assert "bot ready" in str(logs)
    assert "mening" not in str(logs)
    assert b"mening" not in house.raw_ledger()


async def test_fewer_than_ten_left_are_never_released(house: House) -> None:
    async with reviewing(house) as known:
        known.has(house.wave_id(), 11)
        me = Colleague(house, CHAMPION)
        menu = await menu_of(me)
        await me.press("admin.do.review", message=menu)
        await send_page(me, 1, 2)
        await send_page(me)
        told = await me.modal()
        assert "minder dan 10 over" in words(told)
        assert not told.get("submit"), "there is nothing to send"
        await house.act.post("/act/close", json={"user": CHAMPION, "view_id": told["id"]})
        assert known.published == {}
        await me.press("admin.do.review", message=menu)
        page = await me.modal()
        (box,) = [block["element"] for block in page["blocks"] if block["type"] == "input"]
        assert {chosen["value"] for chosen in box["initial_options"]} == {comment_id(1), comment_id(2)}
        known.has(house.wave_id(), 9)
        assert BUTTON not in words(await menu_of(me)), "fewer than ten are shown to nobody"


async def test_nothing_is_released_that_another_champion_has_just_changed(house: House) -> None:
    async with reviewing(house) as known:
        known.has(house.wave_id(), 12)
        me = Colleague(house, CHAMPION)
        await me.press("admin.do.review", message=await menu_of(me))
        await send_page(me)
        await send_page(me)
        assert "12 opmerkingen worden getoond" in words(await me.modal())
        known.decide(house.wave_id(), {comment_id(3): Decision.WITHHOLD})
        await me.submit()
        shown = words(await me.modal())
        assert "andere kartrekker" in shown
        assert "11 opmerkingen worden getoond, 1 niet" in shown
        assert known.published == {}
        await me.submit()
        assert "<3>" not in known.published[house.wave_id()].decode()


async def test_of_two_rounds_a_champion_chooses_one(house: House) -> None:
    async with reviewing(house) as known:
        known.has(house.wave_id(1), 10)
        known.has(house.wave_id(2), 10)
        known.has("another-campaign-1", 10)
        me = Colleague(house, CHAMPION)
        await me.press("admin.do.review", message=await menu_of(me))
        choice = words(await me.modal())
        assert "ronde 1" in choice
        assert "ronde 2" in choice
        assert "another" not in choice
        await me.submit(round=house.wave_id(2))
        assert "ronde 2" in words(await me.modal())
        await send_page(me, 0)
        assert set(known.decided(house.wave_id(1)).values()) == {None}
        assert known.decided(house.wave_id(2))[comment_id(0)] is Decision.WITHHOLD


async def test_a_review_that_is_away_says_so_and_the_ticks_stay(house: House) -> None:
    async with reviewing(house) as known:
        known.has(house.wave_id(), 10)
        me = Colleague(house, CHAMPION)
        menu = await menu_of(me)
        known.down = True
        assert BUTTON in words(await menu_of(me)), "nobody can say that none wait"
        away = await me.press("admin.do.review", message=menu)
        assert "kunnen nu niet bij de opmerkingen" in words(away["shown"])
        known.down = False
        await me.press("admin.do.review", message=menu)
        field_of = ticking(await me.modal())
        known.down = True
        refused = await send_page(me)
        assert (refused["outcome"], set(refused["errors"])) == ("errors", {field_of})
        known.down = False
        await send_page(me)
        known.down = True
        await me.submit()
        assert "kunnen nu niet bij de opmerkingen" in words(await me.modal())
        assert known.published == {}


async def test_only_champions_and_only_where_it_is_set_up(house: House) -> None:
    async with reviewing(house) as known:
        known.has(house.wave_id(), 10)
        await house.open_and_send()
        other = Colleague(house, member(5))
        message = await house.invitation(member(5))
        forged: dict[str, Any] = {"action_id": "admin.do.review", "block_id": "admin", "value": "-"}
        report = await other.press("admin.do.review", message=message, remembered=forged)
        assert "voor kartrekkers" in words(report["shown"])
        for callback, about in (("review.page", comment_id(0)), ("review.release", "0" * 16), ("review.choose", "")):
            answer = await sent_by(house, member(5), callback, f"{house.wave_id()}|{about}")
            assert "voor kartrekkers" in answer
            assert "mening" not in answer
        assert set(known.decided(house.wave_id()).values()) == {None}
    async with house.bot():
        me = Colleague(house, CHAMPION)
        menu = await menu_of(me)
        assert "Programma beëindigen" in words(menu)
        assert BUTTON not in words(menu)
