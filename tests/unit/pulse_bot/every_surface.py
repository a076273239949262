"""Every message, modal and App Home of the bot, in one language, for values of all kinds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from services.contracts.base import ROOT_ID, Language, Text
from services.contracts.events import AnnouncementKind, Figure, PromiseState
from services.contracts.files import load_campaign, load_items
from services.contracts.tree import Node
from services.pulse_bot.announcements.book import Announcement, Approved
from services.pulse_bot.announcements.draft import Draft
from services.pulse_bot.announcements.promises import Promise
from services.pulse_bot.announcements.published import (
    SHARES,
    Advice,
    Comment,
    Effect,
    Everything,
    Number,
    Outcome,
    Participation,
    Reason,
)
from services.pulse_bot.announcements.releases import Move, Released, ReleasedCell, ReleasedNode
from services.pulse_bot.announcements.reviews import CommentsReview, Decision, ReviewedComment, ReviewStatus
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.ledger.announcing import AnnouncementState
from services.pulse_bot.ledger.live_share import LiveShare
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.ledger.stored import StoredRow
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.locales import languages
from services.pulse_bot.messages import (
    announcements,
    commands,
    comment_review,
    comments,
    concerns,
    digest,
    home,
    notices,
    preferences,
    published,
    pulse,
    results,
)
from services.pulse_bot.messages.admin import first_run, menu, rounds, teams, telling
from services.pulse_bot.messages.admin import promises as admin_promises
from services.pulse_bot.messages.admin.done import Done, done
from services.pulse_bot.messages.message import Json, Message

BANK = load_items(Path("surveys/items.yaml"))
CAMPAIGN = load_campaign(Path("surveys/zorg.yaml"), BANK)
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WAVE = "w" * 63


@dataclass(frozen=True)
class Sample:
    """What people write, and how it is called in a test."""

    name: str
    text: str


PLAIN = Sample("plain", "Het verslag schrijft zich half zelf.")
SAMPLES = (
    PLAIN,
    Sample("mentions", "<!channel> <!here> <@U1> <https://x.nl|klik> & co > niets <"),
    Sample("ampersands", "&" * 5_000),
    Sample("emoji", "👩🏽‍⚕️ :tada: 🎉" * 500),
    Sample("long", "Een heel lang verhaal. " * 220),
    Sample("one word", "x" * 5_000),
    Sample("right to left", "مرحبا بالعالم \u202e שלום " * 150),
    Sample("lines", "regel\n" * 800),
    Sample("markup", "*vet* _schuin_ ```code``` > citaat\n> nog een\n• punt"),
)


def draft(text: str, **more: Any) -> Draft:
    """An announcement in which everything that people write is ``text``."""
    return Draft(
        kind=AnnouncementKind.SUCCESS,
        title=Text(nl=text[:3000], en=text[:3000]),
        story=Text(nl=text[:3000], en=text[:2999]),
        audience=("organisation", "thuiszorg"),
        figure=Figure(value=-1234.5, unit=text[:60], period=text[:120]),
        **more,
    )


def announcement(text: str, **more: Any) -> Announcement:
    """Published and corrected."""
    known: dict[str, Any] = {"shown": draft(text), "corrected_at": AT, "published_at": AT, "shown_revision": 2}
    return Announcement(
        "a" * 127, "zorg", AnnouncementState.PUBLISHED, draft(text, staggered=True), 3, author="U1", **(known | more)
    )


def released(text: str) -> Released:
    """A release with a large, a small and a hidden team."""
    cells = [
        ReleasedCell(node_id=ROOT_ID, measure="trust", status="shown", score=61.0, low=57.2, high=64.9, n=104,
                     response_band="70+ %"),
        ReleasedCell(node_id=ROOT_ID, measure="resistance", status="shown", score=35.0, score_label="35", low=31.0,
                     high=39.0, n_band="50+"),
        ReleasedCell(node_id="klein", measure="trust", status="too few answers"),
        ReleasedCell(node_id="groot", measure="trust", status="shown", score=90.0, score_label="≥ 90", n_band="12-19",
                     response_band="50-69 %"),
    ]  # fmt: skip
    names = [Text(nl=text[:300], en=text[:300])] * 3
    nodes = [ReleasedNode(id=node, name=name) for node, name in zip((ROOT_ID, "klein", "groot"), names, strict=True)]
    moves = (Move(measure="trust", verdict="clearly up"), Move(measure="resistance", verdict="no clear change"))
    pictures = {language: f"F{language}" for language in languages()}
    return Released(
        wave=WAVE,
        title=CAMPAIGN.title_of(3),
        closed_at=AT,
        nodes=tuple(nodes),
        cells=tuple(cells),
        moves=moves,
        pictures=pictures,
    )


def promise(text: str, state: PromiseState = PromiseState.OPEN) -> Promise:
    """One promise."""
    words = Text(nl=text[:500], en=text[:500])
    return Promise(f"p-{state.value}", "zorg", words, text[:120], date(2026, 4, 1), state, words)


PROMISES_OF = tuple(PromiseState)
ROWS = tuple(StoredRow("invitation", '{"wave_id":"w","fault":"<&>' + "x" * 400 + '"}') for _ in range(104))
CHOSEN = Preferences(Language.EN, time(8, 30), (1, 3), date(2026, 5, 1))


def every_message(language: Language, text: str) -> Iterator[tuple[str, Message]]:
    """All messages, each with a name."""
    for kind in MessageKind:
        shown = pulse.Pulse(kind, WAVE, BANK.items, language, "OQ1")
        yield f"pulse {kind}", pulse.invitation(shown, AT, 5)
        yield f"thanks {kind}", pulse.thanks(shown)
    yield "notice", notices.fault(language, "0123abcd")
    promised = [promise(text, state) for state in PROMISES_OF] * 9
    for node in (ROOT_ID, "klein", "groot"):
        told = results.Results(released(text), node, promised, "alt " * 700, "F1")
        yield f"results {node}", results.results_post(told, language)
    told_of = digest.Digest("digest:zorg:2026-03-12", released(text), [announcement(text)] * 9, promised)
    yield "digest", digest.digest_post(told_of, language)
    yield "post", announcements.post(announcement(text), language)
    for fault in (None, announcements.no_channel(text[:300], language)):
        preview = announcements.Preview(announcement(text), [text[:300]] * 30, ["C1"] * 40, 1, 2, "U1", fault)
        yield "draft", announcements.draft_for_champions(preview, language)
    for outcome in Approved:
        yield f"decided {outcome}", announcements.decided(outcome, announcement(text), language)
        yield f"decided {outcome} gone", announcements.decided(outcome, None, language)
        first = announcement(text, corrected_at=None)
        yield f"decided {outcome} team after team", announcements.decided(outcome, first, language)
        at_once = replace(first, draft=draft(text))
        yield f"decided {outcome} at once", announcements.decided(outcome, at_once, language)
    for made in (announcements.handed_in, announcements.revised, announcements.changed_meanwhile):
        yield made.__name__, made(language)
    yield "discarded", announcements.discarded(language, correction=False)
    yield "correction discarded", announcements.discarded(language, correction=True)
    yield "uncertain", announcements.uncertain_post("s" * 160, "C1", language)
    yield "again", announcements.posted_again(language, done=True)
    yield "not again", announcements.posted_again(language, done=False)
    yield "concern", concerns.for_listeners("c" * 32, text, language)
    yield "answered", concerns.answered_for_listeners(text, text, language)
    yield "public answer", concerns.public_answer(text, text, language)
    for note in (
        concerns.received,
        concerns.too_many,
        concerns.no_listeners,
        concerns.no_channel,
        concerns.already_answered,
    ):
        yield note.__name__, note(language)
    for note in (comments.thanks, comments.try_again, comments.given_before, comments.closed, comments.no_names):
        yield note.__name__, note(language)
    yield "preferences", preferences.saved(CHOSEN, language)
    for note in (home.forgotten_notice, home.not_forgotten_yet, home.back_again):
        yield note.__name__, note(language)
    yield from _for_champions(language, text)


def review(text: str, number: int, decision: Decision | None = Decision.WITHHOLD) -> CommentsReview:
    """So many comments of two thousand characters to review."""
    found = [
        ReviewedComment(id=f"{n:032x}", question=("OQ1", "OQ2", text[:64])[n % 3], text=text[:2000], decision=decision)
        for n in range(number)
    ]
    return CommentsReview(wave=WAVE, status=ReviewStatus.TO_REVIEW, floor=10, comments=tuple(found))


def _for_champions(language: Language, text: str) -> Iterator[tuple[str, Message]]:
    for state in (WaveState.PLANNED, WaveState.OPEN, WaveState.CLOSING):
        wave = Wave(WAVE, "zorg", 3, state, AT, AT, BANK.items[:5])
        others = [(text[:3000], "d" * 50)] * 20
        desk = menu.Desk(language, text[:3000], wave, AT, AT, 1, 2, 3, "", True, "c" * 50, others)
        yield f"menu {state}", menu.menu(desk)
    yield "menu", menu.menu(menu.Desk(language, "AI", None))
    yield "first run", first_run.first_run(language, file=None)
    yield "first run with file", first_run.first_run(language, file=text[:255])
    yield "planned", first_run.planned(8, language)
    yield (
        "dry run",
        rounds.dry_run(
            rounds.DryRun(2000, AT, AT, dict.fromkeys(["guest", "paused", "bot"], 3), [text[:300]] * 60, 2000), language
        ),
    )
    yield "visibility", rounds.visibility([(text[:300], shown) for shown in rounds.Shown] * 100, language)
    yield "no review", comment_review.line(comment_review.none_wait(language))
    yield "buddies", teams.buddies([f"U{n:09d}" for n in range(600)], language)
    yield "no buddies", teams.buddies([], language)
    yield "extended", rounds.extended(AT, language)
    for what in Done:
        yield f"done {what}", done(what, language)


def every_view(language: Language, text: str) -> Iterator[tuple[str, Json]]:
    """All modals and App Homes, each with a name."""
    nodes = list(CAMPAIGN.tree.nodes)
    crowd = [Node(id=f"n{n}", parent=ROOT_ID, name=Text(nl=text[:300], en=text[:300])) for n in range(250)]
    yield "announcement", announcements.announcement_modal(announcements.Editing(language, nodes, about="new|x"))
    changed = announcements.Editing(language, [*nodes, *crowd], draft=draft(text, staggered=True), about="1|x")
    yield "announcement changed", announcements.announcement_modal(changed)
    yield "concern", concerns.concern_modal(language)
    yield "answer", concerns.answer_modal("c" * 32, text[: concerns.LONGEST], language)
    for question in ("OQ1", "OQ2"):
        yield f"comment {question}", comments.comment_modal(WAVE, question, language)
    for chosen in (CHOSEN, Preferences()):
        yield "preferences", preferences.preferences_modal(chosen, time(10), language)
    yield "extend", rounds.extend_modal(WAVE, AT, language)
    yield "promise", admin_promises.promise_modal(date(2026, 3, 2), language, "c" * 50)
    yield "settle", admin_promises.settle_modal([promise(text)] * 300, language, "c" * 50)
    yield "phase", teams.phase_modal([*nodes, *crowd], date(2026, 3, 2), language, "c" * 50)
    yield "correct", telling.correct_modal([announcement(text)] * 300, language)
    groups = [(f"S{n}", text[:300]) for n in range(300)]
    yield "set up", first_run.set_up_modal(groups, date(2026, 3, 2), "U1", language)
    yield from _review_views(language, text)
    yield from _published_views(language, text)
    yield "stored", home.stored_modal(ROWS, language)
    yield "nothing stored", home.stored_modal([], language)
    promised = [promise(text, state) for state in PROMISES_OF] * 9
    for my_round in (
        None,
        *(home.MyRound(state, AT, LiveShare(AT.date(), 30 if n else 0)) for n, state in enumerate(home.RoundState)),
    ):
        page = home.Page(
            language,
            my_round,
            results.Results(released(text), ROOT_ID, (), "alt", "F1") if my_round else None,
            promised if my_round else (),
            CHOSEN if my_round else Preferences(),
            time(10),
            ROWS if my_round else (),
            forgotten=False,
            buddy=bool(my_round),
            champion=bool(my_round),
        )
        yield f"home {my_round.state if my_round else 'empty'}", home.home(page)
    yield "home forgotten", home.home(home.Page(language, forgotten=True))


def _published_views(language: Language, text: str) -> Iterator[tuple[str, Json]]:
    """All that is published of a large organisation, and of one of which nothing is shown."""
    names = tuple(
        ReleasedNode(id=f"n{n}", name=Text(nl=f"{n} {text}"[:300], en=f"{n} {text}"[:300])) for n in range(900)
    )
    crowd = released(text).model_copy(update={"nodes": names})
    hidden = Number(team="n1", measure="trust", status="too few answers")
    shown = Number(
        team="n0",
        team_name=text[:300],
        measure="resistance",
        status="shown",
        score=61.0,
        score_label="≥ 90",
        low=57.2,
        high=64.9,
        n_band="50+",
        response_band="70+ %",
        verdict="clearly up",
    )
    reasons = [Reason(**{**vars(shown), "measure": one}, time=AT, earlier_score=4.5) for one in ("usage", "newer")]
    told = Everything(
        numbers=[shown, hidden, Number(**{**vars(shown), "measure": SHARES[0], "score_label": "< 10 %"})],
        participation=Participation(response_band="< 30 %", warning=text[:500]),
        reasons=reasons,
        advice=[Advice(why=text[:1_000], practice=text[:1_000])] * 13,
        phases=[shown, hidden],
        effects=[Effect(time=AT, title=text[:300], measure=one, text=text[:900], warning=text[:900])
                 for one in ("trust", "resistance")] * 90,
        outcomes=[Outcome(team_name=text[:300], measure=text[:100], value=1.5, unit=text[:40], period_start=AT.date(),
                          period_end=AT.date())] * 900,
    )  # fmt: skip
    comments = [Comment(question=text[:200] or "?", text=text[:3_000])] * 400
    yield "published", published.everything_modal(crowd, told, language)
    yield "teams published", published.teams_modal(crowd, {one.id: [shown, hidden] for one in names}, language)
    yield "team published", published.team_modal(crowd, "n1", [shown, hidden], reasons, language)
    yield "hidden team published", published.team_modal(crowd, "gone", [hidden], [], language)
    yield "comments published", published.comments_modal(crowd, comments, language)
    yield "no comments published", published.comments_modal(crowd, [], language)
    yield "no teams published", published.teams_modal(crowd, {}, language)
    yield "nothing published", published.nothing_modal(language)
    yield "published away", published.away_modal(language)


def _review_views(language: Language, text: str) -> Iterator[tuple[str, Json]]:
    about = "|".join([WAVE, ",".join(f"{n:032x}" for n in range(10))])
    for start in (0, 110):
        page = comment_review.Page(review(text, 115), text[:300], start, about)
        yield f"review page {start}", comment_review.page_modal(page, language)
    yield "review choose", comment_review.choose_modal([(f"w{n}", text[:300]) for n in range(150)], language)
    for decision in Decision:
        known = review(text, 12, decision)
        shown = comment_review.sum_up_modal(known, text[:300], about, language, changed=True)
        yield f"review sum {decision}", shown
    for said in (comment_review.released, comment_review.changed, comment_review.away, comment_review.none_wait):
        yield f"review {said.__name__}", comment_review.end_modal(said(language), language)


def every_line(language: Language, text: str) -> Iterator[tuple[str, str]]:
    """All texts that ``/pulse`` answers with."""
    yield "help", commands.help_text(language, champion=True)
    yield "unknown", commands.unknown(text, language)
    for state in home.RoundState:
        told = commands.Status(home.MyRound(state, AT), AT, "2 maart 2026", forgotten=True)
        yield f"status {state}", commands.status(told, language)
    yield "status", commands.status(commands.Status(), language)
    yield "buddy", commands.buddy(language, signed_up=True)
    yield "no buddy", commands.buddy(language, signed_up=False)
    yield "not known", commands.not_known(language)
    yield "no such team", commands.no_such_team(text, language)
    yield "champions only", commands.champions_only(language)
    yield "language", preferences.language_set(language)
    yield "no language", preferences.language_unknown(language)
    yield "paused", preferences.paused(date(2026, 3, 2), language)
    yield "not paused", preferences.not_paused(language)
    yield "no pause", preferences.pause_unknown(language)
