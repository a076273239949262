"""Announcements, promises, concerns, phases and posts in the ledger: each thing once, whoever does it when."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.contracts.base import Text
from services.contracts.campaign import Campaign, Channels
from services.contracts.events import AnnouncementKind, Figure, PromiseState
from services.contracts.files import load_campaign, load_items
from services.contracts.topics import TopicName
from services.contracts.tree import Phase
from services.contracts.wire import parse
from services.pulse_bot.announcements import book, calendar, concerns, people, phases, posts, promises
from services.pulse_bot.announcements.book import Approved
from services.pulse_bot.announcements.draft import Draft, NoChannel, steps
from services.pulse_bot.ledger.announcing import AnnouncementState, OutboxRow, PostState
from services.pulse_bot.ledger.invitations import Claim
from services.pulse_bot.ledger.store import Ledger

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ZORG = load_campaign(Path("surveys/zorg.yaml"), load_items(Path("surveys/items.yaml")))
CHANNELS = Channels(nodes={node.id: f"C{n:04d}" for n, node in enumerate(ZORG.tree.nodes) if node.id != "proeftuin"})
CAMPAIGN: Campaign = ZORG.model_copy(update={"channels": CHANNELS})
TWO = CAMPAIGN.model_copy(update={"approvals": 2, "champions": ("U1", "U2", "U3")})
DRAFT = Draft(
    kind=AnnouncementKind.SUCCESS,
    title=Text(nl="30 % sneller", en="30 % faster"),
    story=Text(nl="Het verslag schrijft zich half zelf.", en="The report half writes itself."),
    audience=("administratie", "organisation"),
    figure=Figure(value=30, unit="%", period="maart"),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def events(ledger: Ledger) -> list[object]:
    rows = ledger.read_now(lambda c: c.execute(OutboxRow.__table__.select().order_by(OutboxRow.id)).all())
    return [parse(TopicName(row.topic), row.body.encode()).event for row in rows]


def found(ledger: Ledger) -> book.Announcement:
    announcement = ledger.read_now(lambda c: book.find(c, "a1"))
    assert announcement is not None
    return announcement


def drafted(ledger: Ledger, draft: Draft = DRAFT) -> None:
    assert ledger.write_now(book.put_draft("zorg", "a1", draft, "U9"))


def approve(ledger: Ledger, member: str, campaign: Campaign = TWO, revision: int = 1) -> Approved:
    return ledger.write_now(book.approve("a1", revision, member, campaign, NOW))[0]


def test_two_champions_approve_and_it_goes_out_once(ledger: Ledger) -> None:
    drafted(ledger)
    assert approve(ledger, "U9") is Approved.NOT_A_CHAMPION
    assert approve(ledger, "U1") is Approved.ONE_MORE_NEEDED
    assert approve(ledger, "U1") is Approved.ONE_MORE_NEEDED  # nobody is two people
    assert approve(ledger, "U2") is Approved.GOES_OUT
    assert approve(ledger, "U3") is Approved.ALREADY_OUT
    planned = ledger.read_now(lambda c: posts.of_subject(c, book.subject("a1")))
    assert [(post.channel, post.state) for post in planned] == [("C0000", PostState.DUE), ("C0002", PostState.DUE)]
    assert events(ledger) == []  # nothing is published before a channel has it
    assert ledger.write_now(book.count_as_published("a1", NOW))
    assert not ledger.write_now(book.count_as_published("a1", NOW))
    (published,) = events(ledger)
    assert (published.announcement_id, published.published_at, published.seed) == ("a1", NOW, None)


def test_two_champions_in_the_same_second_publish_once(ledger: Ledger, tmp_path: Path) -> None:
    drafted(ledger)
    others = [Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}") for _ in range(2)]
    with ThreadPoolExecutor(2) as together:
        outcomes = list(together.map(lambda n: approve(others[n], f"U{n + 1}"), range(2)))
    for other in others:
        other.close()
    assert sorted(outcomes) == [Approved.GOES_OUT, Approved.ONE_MORE_NEEDED]
    with ThreadPoolExecutor(2) as together:
        again = list(together.map(lambda n: approve(ledger, f"U{n + 1}"), range(2)))
    assert again == [Approved.ALREADY_OUT] * 2


def test_a_champion_who_leaves_does_not_count_any_more(ledger: Ledger) -> None:
    drafted(ledger)
    assert approve(ledger, "U1") is Approved.ONE_MORE_NEEDED
    without = TWO.model_copy(update={"champions": ("U2", "U3")})
    assert approve(ledger, "U1", without) is Approved.NOT_A_CHAMPION
    assert approve(ledger, "U2", without) is Approved.ONE_MORE_NEEDED
    assert approve(ledger, "U3", without) is Approved.GOES_OUT


def test_other_words_need_approval_anew(ledger: Ledger) -> None:
    drafted(ledger)
    assert approve(ledger, "U1") is Approved.ONE_MORE_NEEDED
    other = DRAFT.model_copy(update={"title": Text(nl="Anders", en="Different")})
    changed = ledger.write_now(book.revise("a1", 1, other))
    assert changed is not None
    assert (changed.revision, changed.draft) == (2, other)
    assert ledger.write_now(book.revise("a1", 1, DRAFT)) is None  # someone was faster
    assert approve(ledger, "U2", revision=1) is Approved.READS_DIFFERENTLY
    assert approve(ledger, "U2", revision=2) is Approved.ONE_MORE_NEEDED


def test_a_correction_changes_what_is_shown_when_it_is_approved_and_says_so(ledger: Ledger) -> None:
    drafted(ledger)
    one = TWO.model_copy(update={"approvals": 1})
    approve(ledger, "U1", one)
    ledger.write_now(book.count_as_published("a1", NOW))
    other = DRAFT.model_copy(update={"figure": None})
    ledger.write_now(book.revise("a1", 1, other))
    assert found(ledger).waits_for_approval
    assert found(ledger).shown == DRAFT
    assert not ledger.write_now(book.discard("a1", 1, "U1"))
    assert found(ledger).draft == other
    assert ledger.write_now(book.discard("a1", 2, "U1"))
    assert (found(ledger).state, found(ledger).draft) == (AnnouncementState.PUBLISHED, DRAFT)
    ledger.write_now(book.revise("a1", found(ledger).revision, other))
    later = NOW + timedelta(days=1)
    ledger.write_now(book.approve("a1", found(ledger).revision, "U1", one, later))
    assert (found(ledger).shown, found(ledger).corrected_at) == (other, later)
    corrected = events(ledger)[-1]
    assert (corrected.type, corrected.published_at, corrected.figure) == ("announcement.corrected", NOW, None)


def test_a_discarded_draft_does_not_come_back(ledger: Ledger) -> None:
    drafted(ledger)
    assert ledger.write_now(book.discard("a1", 1, "U1"))
    assert not ledger.write_now(book.discard("a1", 1, "U1"))
    assert not ledger.write_now(book.put_draft("zorg", "a1", DRAFT, None))
    assert approve(ledger, "U1") is Approved.GONE


def test_champions_are_told_of_a_draft_once(ledger: Ledger) -> None:
    drafted(ledger)
    assert [a.id for a in ledger.write_now(book.take_untold)] == ["a1"]
    assert ledger.write_now(book.take_untold) == ()


def test_a_staggered_release_draws_the_teams_and_can_be_drawn_again(ledger: Ledger) -> None:
    staggered = DRAFT.model_copy(update={"staggered": True, "audience": ("organisation",)})
    without_tryout = CAMPAIGN.model_copy(
        update={"tree": type(ZORG.tree)(nodes=tuple(n for n in ZORG.tree.nodes if n.id != "proeftuin"))}
    )
    drafted(ledger, staggered)
    approve(ledger, CAMPAIGN.champions[0], without_tryout)
    ledger.write_now(book.count_as_published("a1", NOW))
    (published,) = events(ledger)
    teams = [node.id for node in without_tryout.tree.nodes if without_tryout.tree.is_leaf(node.id)]
    random.Random(published.seed).shuffle(teams)
    assert [step.nodes for step in published.steps] == [(team,) for team in teams]
    assert [step.at for step in published.steps] == [NOW + n * timedelta(weeks=2) for n in range(len(teams))]
    due = ledger.read_now(lambda c: posts.due(c, NOW + timedelta(weeks=2)))
    assert [post.channel for post in due] == [CHANNELS.nodes[team] for team in teams[:2]]
    with pytest.raises(NoChannel, match="proeftuin"):
        steps(staggered, CAMPAIGN, NOW, 1)


def test_a_node_without_any_channel_is_named_and_nothing_is_written(ledger: Ledger) -> None:
    drafted(ledger)
    nowhere = TWO.model_copy(update={"channels": Channels(), "approvals": 1})
    with pytest.raises(NoChannel, match="administratie"):
        approve(ledger, "U1", nowhere)
    assert found(ledger).state is AnnouncementState.DRAFT


def test_a_post_is_claimed_by_one_and_an_uncertain_one_waits_for_a_person(ledger: Ledger) -> None:
    ledger.write_now(lambda c: posts.plan(c, "digest:x", [("C1", NOW)]))
    ledger.write_now(lambda c: posts.plan(c, "digest:x", [("C1", NOW + timedelta(days=1))]))
    assert ledger.read_now(lambda c: posts.due(c, NOW - timedelta(seconds=1))) == ()
    (post,) = ledger.read_now(lambda c: posts.due(c, NOW))
    assert ledger.write_now(posts.claim(post, "bot")) is Claim.OURS
    assert ledger.write_now(posts.claim(post, "bot")) is Claim.TAKEN
    assert ledger.read_now(posts.claimed) == (replace(post, state=PostState.CLAIMED),)
    assert ledger.write_now(posts.uncertain(post))
    assert ledger.read_now(lambda c: posts.due(c, NOW)) == ()
    assert ledger.write_now(posts.post_again("digest:x", "C1"))
    assert ledger.read_now(lambda c: posts.due(c, NOW)) == (post,)


def test_every_change_of_a_promise_is_an_event(ledger: Ledger) -> None:
    promise = promises.Promise("p1", "zorg", Text(nl="Training", en="Training"), "HR", date(2026, 4, 1))
    ledger.write_now(promises.put(promise, "U1", NOW))
    ledger.write_now(promises.put(replace(promise, state=PromiseState.KEPT), "U1", NOW + timedelta(days=1)))
    assert [event.state for event in events(ledger)] == [PromiseState.OPEN, PromiseState.KEPT]
    assert len({event.event_id for event in events(ledger)}) == 2
    (kept,) = ledger.read_now(lambda c: promises.of_campaign(c, "zorg"))
    assert kept.state is PromiseState.KEPT


def test_concerns_come_out_in_a_batch_without_their_order_and_are_answered_once(ledger: Ledger) -> None:
    ids = [ledger.write_now(concerns.put("zorg", f"zorg {n}", NOW)) for n in range(8)]
    assert ledger.write_now(concerns.plan_due("zorg", "C1", NOW - timedelta(seconds=1))) == 0
    assert ledger.write_now(concerns.plan_due("zorg", "C1", NOW)) == 8
    assert ledger.write_now(concerns.plan_due("zorg", "C1", NOW)) == 0
    given = concerns.Answer("Wie kijkt er mee?", "Niemand.", "U1")
    answered = ledger.write_now(concerns.answer(ids[0], given, "C9", NOW))
    assert answered is not None
    assert (answered.question, answered.answer) == ("Wie kijkt er mee?", "Niemand.")
    assert ledger.write_now(concerns.answer(ids[0], given, "C9", NOW)) is None
    (event,) = events(ledger)
    assert (event.concern_id, event.question, event.answer) == (ids[0], "Wie kijkt er mee?", "Niemand.")


def test_a_phase_holds_from_its_day_on_and_never_in_an_opened_round() -> None:
    changes = (
        phases.PhaseChange("thuiszorg", Phase.PILOT, date(2026, 3, 2)),
        phases.PhaseChange("thuiszorg", Phase.LIVE, date(2026, 4, 1)),
    )
    day = phases.tree_on(ZORG.tree, changes, date(2026, 3, 2))
    assert day.by_id["thuiszorg"].phase is Phase.PILOT
    assert phases.tree_on(ZORG.tree, changes, date(2026, 3, 1)) == ZORG.tree
    assert phases.tree_on(ZORG.tree, changes, date(2026, 5, 1)).by_id["thuiszorg"].phase is Phase.LIVE
    phases.check(10, date(2026, 3, 3), date(2026, 3, 2))
    with pytest.raises(phases.PhaseRefused, match="too_small"):
        phases.check(9, date(2026, 3, 3), None)
    with pytest.raises(phases.PhaseRefused, match="passed"):
        phases.check(10, date(2026, 3, 2), date(2026, 3, 2))


def test_a_buddy_signs_up_by_name_and_off_again(ledger: Ledger) -> None:
    for member in ("U2", "U1", "U2"):
        ledger.write_now(people.sign_up("T1", member, NOW.date()))
    assert ledger.read_now(lambda c: people.buddies(c, "T1")) == ("U1", "U2")
    ledger.write_now(people.sign_off("T1", "U1"))
    assert ledger.read_now(lambda c: people.buddies(c, "T1")) == ("U2",)


def test_concerns_and_digests_wait_for_a_day_that_is_neither_weekend_nor_public_holiday() -> None:
    hour = ZORG.channels.posts_at
    before_easter = datetime(2026, 4, 3, 8, 0, tzinfo=UTC)  # Good Friday, in the Netherlands an ordinary day
    concern = calendar.next_working_day(ZORG, before_easter).astimezone(ZoneInfo(ZORG.schedule.timezone))
    assert concern == datetime.combine(date(2026, 4, 7), hour, ZoneInfo(ZORG.schedule.timezone)), "after Easter Monday"
    ascension = calendar.post_day(ZORG, date(2026, 5, 14)).astimezone(ZoneInfo(ZORG.schedule.timezone))
    assert ascension.date() == date(2026, 5, 15), "a digest whose Thursday is Ascension Day"
    schedule = ZORG.schedule.model_copy(update={"holidays": None})
    everyday = calendar.post_day(ZORG.model_copy(update={"schedule": schedule}), date(2026, 5, 14))
    assert everyday.date() == date(2026, 5, 14), "a campaign that names no calendar"
